/** Plain data of those who know the parts, kept beside the blocks: one file, replaced as a whole. */
import { systemCode } from '@sluice/common/errors';
import type { Storage } from '@sluice/common/storage';
import { Turn } from './turn';

export class KeptData {
  /** What was kept last, also by a gateway before this one. */
  data: unknown;
  readonly #storage: Storage;
  readonly #path: string;
  readonly #onProblem: (path: string, error: Error) => void;
  readonly #turn = new Turn();

  constructor(storage: Storage, path: string, onProblem: (path: string, error: Error) => void) {
    this.#storage = storage;
    this.#path = path;
    this.#onProblem = onProblem;
  }

  /** What cannot be read is as on a first start. */
  async read(): Promise<void> {
    try {
      this.data = JSON.parse(new TextDecoder().decode(await this.#storage.read(this.#path)));
    } catch (error) {
      if (systemCode(error) !== 'ENOENT') this.#onProblem(this.#path, error as Error);
    }
  }

  /** Never rejects. */
  async keep(data: unknown): Promise<void> {
    this.data = data;
    const bytes = new TextEncoder().encode(JSON.stringify(data));
    await this.#turn
      .run(() => this.#storage.replace(this.#path, bytes))
      .catch((error: Error) => this.#onProblem(this.#path, error));
  }

  /** Resolves when everything that was given is written. */
  idle(): Promise<void> {
    return this.#turn.run(async () => undefined);
  }
}
