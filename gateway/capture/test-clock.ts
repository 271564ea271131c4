/** A clock that goes on when it is told to; what is due runs in its order, and promises settle between. */
import type { Clock } from '@sluice/common/clock';

interface Timer {
  at: number;
  action: () => void;
}

export class TestClock implements Clock {
  time = 0;
  /** Wall ms at monotonic 0. */
  epoch = Date.UTC(2026, 10, 21);
  readonly #timers = new Set<Timer>();

  now(): number {
    return this.time;
  }

  wall(): number {
    return this.epoch + this.time;
  }

  after(delay: number, action: () => void): () => void {
    const timer = { at: this.time + delay, action };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** @param by ms */
  async run(by: number): Promise<void> {
    const end = this.time + by;
    for (;;) {
      let next: Timer | undefined;
      for (const timer of this.#timers) if (!next || timer.at < next.at) next = timer;
      if (!next || next.at > end) break;
      this.#timers.delete(next);
      this.time = Math.max(this.time, next.at);
      next.action();
      for (let turn = 0; turn < 4; turn++) await Promise.resolve();
    }
    this.time = Math.max(this.time, end);
  }
}
