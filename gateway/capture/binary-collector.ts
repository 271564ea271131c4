/** A collector whose readings are files: images, point clouds. The next is not asked for before this one is durable. */
import type { BinaryReading } from '../resources/apis/api';
import { Collector, type CollectorOptions, type Tick } from './collector';

/** A file that was captured, with the time of its reading. */
export interface CapturedFile extends BinaryReading {
  /** Monotonic ms. */
  requested: number;
  received: number;
}

export interface BinaryCollectorOptions extends CollectorOptions {
  /** The number by which the page tells it from its streams. */
  number: number;
  /** Keeps a file. Resolves when it is durable. */
  store(collector: BinaryCollector, file: CapturedFile): Promise<void>;
}

export class BinaryCollector extends Collector {
  readonly number: number;
  readonly #store: BinaryCollectorOptions['store'];
  /** Files that are durable. */
  acknowledged = 0;
  /** Resolves when the files of the last reading are durable, or have failed. */
  stored: Promise<void> = Promise.resolve();

  constructor(options: BinaryCollectorOptions) {
    super(options);
    this.number = options.number;
    this.#store = options.store;
  }

  protected override get refused(): number {
    return 0;
  }

  protected override keep(answer: unknown, { requested }: Tick): void {
    const files = this.captured.files!(answer, this.plan.identity.parameters);
    const received = this.now();
    this.stored = this.#storeAll(files, requested, received).then(
      () => this.taken(),
      (error: Error) => this.fail(error),
    );
  }

  async #storeAll(files: readonly BinaryReading[], requested: number, received: number): Promise<void> {
    for (const file of files) {
      await this.#store(this, { ...file, requested, received });
      this.acknowledged++;
    }
  }
}
