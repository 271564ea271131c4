/**
 * While somebody looks at the page, connected parts are asked for their status every second; otherwise they are left
 * in peace and report by themselves, which is seldom. In: a part's call. Out: its latest answer.
 */

import type { Clock } from '@sluice/common/clock';
import type { CallRequest } from '../link/session';
import { type Answered, statusOf } from './device-status';
import type { FlashSlice } from './state';

export interface WatchOptions {
  connected(): { part: string; boot: string }[];
  call(part: string, request: CallRequest): Promise<unknown>;
  answered(part: string, answer: Answered): void;
  /** A run of sectors of the part's flash, as it is now. */
  flash(part: string, slice: FlashSlice): void;
  clock: Clock;
}

const period = 1000;
/** Milliseconds without an answer after which a part counts as away. */
const patience = 3000;
const deadline = 5000;
/** Flashes with more sectors are not drawn. */
const mostSectors = 8192;

export class Watch {
  readonly #options: WatchOptions;
  readonly #answers = new Map<string, Answered>();
  readonly #asked = new Set<string>();
  /** Where the next slice of the flash map begins. */
  readonly #nextSector = new Map<string, number>();
  /** Wall milliseconds of the first question since the last answer. */
  readonly #unanswered = new Map<string, number>();
  #watchers = 0;
  #cancel: (() => void) | undefined;

  constructor(options: WatchOptions) {
    this.#options = options;
  }

  /** Somebody looks; @returns what to call when they have gone. */
  begin(): () => void {
    this.#watchers++;
    if (this.#watchers === 1) {
      this.#unanswered.clear();
      this.#ask();
    }
    let over = false;
    return () => {
      if (over) return;
      over = true;
      this.#watchers--;
      if (this.#watchers === 0) this.#cancel?.();
    };
  }

  /**
   * Since when a part that has a session answers nothing: its WiFi may be gone without a word. Undefined when it
   * answers, or nobody looks.
   */
  silentSince(part: string): number | undefined {
    const asked = this.#unanswered.get(part);
    const silent = this.#watchers > 0 && asked !== undefined && this.#options.clock.wall() - asked > patience;
    return silent ? asked : undefined;
  }

  latest(part: string): Answered | undefined {
    return this.#answers.get(part);
  }

  #ask(): void {
    const { connected, clock } = this.#options;
    for (const { part, boot } of connected()) {
      if (this.#asked.has(part)) continue;
      this.#asked.add(part);
      this.#askOne(part, boot)
        // The part has gone, or is too busy: its last answer stands, with its age.
        .catch(() => undefined)
        .finally(() => this.#asked.delete(part));
    }
    this.#cancel = clock.after(period, () => this.#ask());
  }

  async #askOne(part: string, boot: string): Promise<void> {
    const { call, clock } = this.#options;
    const ask = (method: string, parameters: Record<string, unknown>) =>
      call(part, { resource: '', method, arguments: parameters, deadline });
    if (!this.#unanswered.has(part)) this.#unanswered.set(part, clock.wall());
    const status = statusOf(await ask('Status', {}));
    this.#unanswered.delete(part);
    const answer: Answered = { boot, at: clock.wall(), status };
    this.#answers.set(part, answer);
    this.#options.answered(part, answer);
    const from = this.#nextSector.get(part) ?? 0;
    const slice = (await ask('FlashMap', { from })) as FlashSlice;
    if (!isSlice(slice)) return;
    this.#options.flash(part, slice);
    const next = slice.from + slice.epochs.length;
    this.#nextSector.set(part, next < slice.sectors ? next : 0);
  }
}

/** What a part answers must not disturb the page. */
function isSlice(told: FlashSlice | null): boolean {
  const { sectors = 0, from = 0, epochs = [], wear, live } = told ?? ({} as Partial<FlashSlice>);
  return (
    Number.isInteger(sectors) &&
    sectors > 0 &&
    sectors <= mostSectors &&
    Number.isInteger(from) &&
    [epochs, wear, live].every((list) => Array.isArray(list) && list.every(Number.isFinite)) &&
    epochs.length > 0 &&
    wear?.length === epochs.length &&
    live?.length === epochs.length &&
    from >= 0 &&
    from + epochs.length <= sectors
  );
}
