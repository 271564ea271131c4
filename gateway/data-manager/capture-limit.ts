/**
 * Keeps the capture directory to a size that was stated, whatever becomes of what should take it. In: what is there.
 * Out: the oldest complete files go, counted as deleted. What holds: within one look it is below the size again, but for
 * the log and open files, which bound themselves.
 */
import { type Clock, repeat } from '@sluice/common/clock';
import type { Logger } from 'pino';
import type { Deletable } from '../disk-guard';

export interface CaptureLimitOptions<File> {
  /** Bytes. */
  limit: number;
  files: Deletable<File>;
  clock: Clock;
  log: Logger;
}

const period = 10_000;
/** Share of the limit that is left when something had to go. */
const rest = 0.9;

export class CaptureLimit<File> {
  readonly #options: CaptureLimitOptions<File>;
  #end: (() => void) | undefined;

  constructor(options: CaptureLimitOptions<File>) {
    this.#options = options;
  }

  start(): void {
    const { clock, log } = this.#options;
    this.#end = repeat(
      clock,
      period,
      () => this.check(),
      ({ message: error }) => log.error({ error }, 'nothing could be deleted'),
    );
  }

  /** @returns files deleted */
  async check(): Promise<number> {
    const { limit, files, log } = this.#options;
    const before = files.bytes();
    if (before <= limit) return 0;
    let deleted = 0;
    for (const file of files.list()) {
      if (files.bytes() <= rest * limit) break;
      if (await files.discard(file)) deleted += 1;
    }
    log.warn({ limit, before, after: files.bytes(), deleted }, 'the limit is reached: the oldest files went');
    return deleted;
  }

  close(): void {
    this.#end?.();
  }
}
