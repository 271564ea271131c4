/**
 * Restarts a device whose program turns but which captures nothing.
 *
 * In: by how much the next tick is overdue. Out: a restart with its reason.
 * Holds: it is fed by readings due being taken, not by the event loop alone; a hanging loop is the hardware
 * watchdog's (README).
 */
import type Timer from 'timer';

const lookInterval = 10_000;
/** ms by which a tick may be overdue: far more than an erase, a handshake or a slow sensor takes. */
const longestOverdue = 60_000;

export class Watchdog {
  private timer: Timer | undefined;
  private readonly capture: { readonly overdue: number };
  private readonly bite: (reason: string) => void;
  private readonly timers: Pick<typeof Timer, 'repeat' | 'clear'>;

  /** @param capture `overdue`: ms, 0 when nothing is due @param bite called when there was no progress */
  constructor(
    timers: Pick<typeof Timer, 'repeat' | 'clear'>,
    capture: { readonly overdue: number },
    bite: (reason: string) => void,
  ) {
    this.timers = timers;
    this.capture = capture;
    this.bite = bite;
    this.timer = timers.repeat(() => this.look(), lookInterval);
  }

  close(): void {
    if (this.timer !== undefined) this.timers.clear(this.timer);
    this.timer = undefined;
  }

  private look(): void {
    const late = this.capture.overdue;
    if (late > longestOverdue)
      this.bite(`no reading was taken although one has been due for ${Math.round(late / 1000)} s`);
  }
}
