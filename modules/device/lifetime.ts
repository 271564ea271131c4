/**
 * How long the boot before this one lived, as far as it noted: so a board that was switched off for a weekend is not
 * taken for one that captured through it.
 *
 * In: NVS. Out: the last note of the boot before. Holds: a note each `period` while nobody else knows that the board
 * lives, so that at most that much of a life is not known, and the flash is hardly worn: 52,000 notes in a year
 * without a gateway, over NVS's pages.
 */
import type Timer from 'timer';
import type { Clock } from './clock';
import { note, type Preferences } from './settings';

/** ms; gateway/link/part-state reckons with it. */
const period = 600_000;
const key = 'alive';

export class Lifetime {
  /** ms of uptime that the boot before noted last, 0: none yet; undefined: it made no notes. */
  readonly previous: number | undefined;
  private readonly timers: Pick<typeof Timer, 'repeat' | 'clear'>;
  private timer: Timer | undefined;

  /** @param device `waiting` while nobody hears of it */
  constructor(
    preferences: Preferences,
    timers: Pick<typeof Timer, 'repeat' | 'clear'>,
    device: { readonly clock: Pick<Clock, 'now'>; readonly waiting: unknown },
  ) {
    const seconds = preferences.get(key);
    this.previous = typeof seconds === 'number' ? seconds * 1_000 : undefined;
    this.timers = timers;
    if (seconds !== 0) note(preferences, key, 0);
    this.timer = timers.repeat(() => {
      if (device.waiting !== undefined) note(preferences, key, Math.floor(device.clock.now() / 1_000));
    }, period);
  }

  close(): void {
    if (this.timer !== undefined) this.timers.clear(this.timer);
    this.timer = undefined;
  }
}
