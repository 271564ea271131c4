/** Moddable's timers over virtual time, for tests in Node; the program may take time, in which nothing fires. */
import type Timer from 'timer';

interface Armed {
  callback: (timer: Timer) => void;
  time: number;
  /** Undefined: one-shot. */
  repeat: number | undefined;
}

export class VirtualTimer {
  #time = 0;
  readonly #timers = new Set<Armed>();

  now(): number {
    return this.#time;
  }

  /** Time passes while the program is busy. */
  busy(milliseconds: number): void {
    this.#time += milliseconds;
  }

  set(callback: (timer: Timer) => void, delay = 0, repeat?: number): Timer {
    const armed = { callback, time: this.#time + delay, repeat };
    this.#timers.add(armed);
    return armed as unknown as Timer;
  }

  repeat(callback: (timer: Timer) => void, interval: number): Timer {
    return this.set(callback, interval, interval);
  }

  schedule(timer: Timer, delay = 0, repeat?: number): void {
    const armed = timer as unknown as Armed;
    if (!Number.isInteger(delay) || delay < 0) throw new RangeError(`delay ${delay}`);
    if (!this.#timers.has(armed)) throw new Error('timer is gone');
    armed.time = this.#time + delay;
    armed.repeat = repeat;
  }

  clear(timer?: Timer | null): void {
    this.#timers.delete(timer as unknown as Armed);
  }

  /** Lets time go on to `end`, firing as the SDK does: a repeat is armed from the time it was due. */
  run(end: number): void {
    for (;;) {
      let next: Armed | undefined;
      for (const armed of this.#timers) if (!next || armed.time < next.time) next = armed;
      if (!next || next.time > end) break;
      if (next.time > this.#time) this.#time = next.time;
      if (next.repeat === undefined) this.#timers.delete(next);
      else next.time += next.repeat;
      next.callback(next as unknown as Timer);
    }
    if (this.#time < end) this.#time = end;
  }
}
