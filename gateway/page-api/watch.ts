/**
 * While somebody looks at the page, connected parts are asked every second for what changes of their status; otherwise
 * they are left in peace and report by themselves, which is seldom. Whoever has been away is asked for all again: its log
 * says why. In: a part's call. Out: its latest answer.
 */

import type { Clock } from '@sluice/common/clock';
import type { CallRequest } from '../link/calls';
import { type Answered, type DeviceStatus, statusOf, withFigures } from './device-status';
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
/** A slice of the flash map, which is dear to the part and changes slowly, goes with each so-many-th question. */
const untilDrawn = 2;
const onceDrawn = 10;
/** Milliseconds without an answer after which a part counts as away. */
const patience = 3000;
const deadline = 5000;
/** Flashes with more sectors are not drawn. */
const mostSectors = 8192;

/** Of one boot of a part: how many, whether it knows `Figures`, whether its whole flash map was told. */
interface Questions {
  boot: string;
  count: number;
  figures: boolean;
  drawn: boolean;
}

type Ask = (method: string, parameters: Record<string, unknown>) => Promise<unknown>;

export class Watch {
  readonly #options: WatchOptions;
  readonly #answers = new Map<string, Answered>();
  readonly #asked = new Set<string>();
  readonly #questions = new Map<string, Questions>();
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
      for (const asked of this.#questions.values()) asked.count = 0;
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
    const here = new Map(connected().map(({ part, boot }) => [part, boot]));
    for (const [part, asked] of this.#questions) if (!here.has(part)) asked.count = 0;
    for (const [part, boot] of here) {
      if (this.#asked.has(part)) continue;
      this.#asked.add(part);
      this.#askOne(part, boot)
        // The part has gone, or is too busy: its last answer stands, with its age.
        .catch(() => undefined)
        .finally(() => this.#asked.delete(part));
    }
    this.#cancel = clock.after(period, () => this.#ask());
  }

  /** Whole at first, then what has changed of it. */
  async #statusOf(part: string, boot: string, ask: Ask): Promise<DeviceStatus> {
    let asked = this.#questions.get(part);
    if (asked?.boot !== boot) {
      asked = { boot, count: 0, figures: true, drawn: false };
      this.#questions.set(part, asked);
    }
    const before = this.#answers.get(part);
    const follows = asked.count++ > 0 && before?.boot === boot;
    if (follows && asked.figures)
      try {
        return withFigures(before.status, await ask('Figures', {}));
      } catch (error) {
        if (!isUnknownMethod(error)) throw error;
        asked.figures = false;
      }
    return statusOf(await ask('Status', {}));
  }

  async #askOne(part: string, boot: string): Promise<void> {
    const { call, clock } = this.#options;
    const ask: Ask = (method, parameters) =>
      call(part, { resource: '', method, arguments: parameters, deadline });
    if (!this.#unanswered.has(part)) this.#unanswered.set(part, clock.wall());
    const status = await this.#statusOf(part, boot, ask);
    this.#unanswered.delete(part);
    const answer: Answered = { boot, at: clock.wall(), status };
    this.#answers.set(part, answer);
    this.#options.answered(part, answer);
    const asked = this.#questions.get(part)!;
    if (asked.count % (asked.drawn ? onceDrawn : untilDrawn) !== 1) return;
    const from = this.#nextSector.get(part) ?? 0;
    const slice = (await ask('FlashMap', { from })) as FlashSlice;
    if (!isSlice(slice)) return;
    this.#options.flash(part, slice);
    const next = slice.from + slice.epochs.length;
    this.#nextSector.set(part, next < slice.sectors ? next : 0);
    if (next >= slice.sectors) asked.drawn = true;
  }
}

function isUnknownMethod(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'unknown-method';
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
