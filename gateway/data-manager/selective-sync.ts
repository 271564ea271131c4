/**
 * `selective_syncer_name`: a sensor says by its reading `should_sync` whether the scheduled sync may go on
 * (specification, "Sync data conditionally"). While it cannot be read nothing is synced but what somebody asks for.
 */
import type { Clock } from '@sluice/common/clock';
import { asError } from '@sluice/common/errors';
import type { Logger } from 'pino';

export interface SelectiveSyncOptions {
  /** The readings of the sensor of that name, within a bounded time. @throws when there is none, or it fails */
  read(sensor: string): Promise<unknown>;
  clock: Clock;
  log: Logger;
}

/** Milliseconds for which an answer holds. */
const holds = 1_000;

export class SelectiveSync {
  readonly #options: SelectiveSyncOptions;
  #sensor: string | undefined;
  #mayGo = false;
  #asked = Number.NEGATIVE_INFINITY;
  #asking: Promise<void> | undefined;
  /** What was logged last. */
  #said: string | undefined;

  constructor(options: SelectiveSyncOptions, sensor: string | undefined) {
    this.#options = options;
    this.#sensor = sensor;
  }

  /** @param sensor undefined: nothing holds the sync back */
  configure(sensor: string | undefined): void {
    if (sensor === this.#sensor) return;
    this.#sensor = sensor;
    this.#mayGo = false;
    this.#asked = Number.NEGATIVE_INFINITY;
    this.#said = undefined;
  }

  /** Whether another item may go. An answer that is old is asked for anew meanwhile. */
  get mayGo(): boolean {
    if (this.#sensor === undefined) return true;
    if (this.#options.clock.now() - this.#asked > holds) void this.ask();
    return this.#mayGo;
  }

  /** Asks the sensor now. Never rejects. */
  ask(): Promise<void> {
    const sensor = this.#sensor;
    if (sensor === undefined) return Promise.resolve();
    this.#asking ??= this.#ask(sensor).finally(() => {
      this.#asking = undefined;
    });
    return this.#asking;
  }

  async #ask(sensor: string): Promise<void> {
    const { read, clock, log } = this.#options;
    this.#asked = clock.now();
    let mayGo = false;
    let problem: string | undefined;
    try {
      const readings = (await read(sensor)) as { should_sync?: unknown } | undefined;
      if (typeof readings?.should_sync === 'boolean') mayGo = readings.should_sync;
      else problem = 'has no reading should_sync that is true or false';
    } catch (error) {
      problem = asError(error).message;
    }
    if (sensor !== this.#sensor) return;
    this.#mayGo = mayGo;
    const says = problem ?? (mayGo ? 'go' : 'wait');
    if (says === this.#said) return;
    this.#said = says;
    if (problem === undefined)
      log.info({ sensor, should_sync: mayGo }, 'the scheduled sync follows its sensor');
    else log.warn({ sensor, problem }, 'nothing is synced by schedule: its sensor does not say whether to');
  }
}
