/** Moddable's timer over virtual time, for tests in Node: one timer, and reads that may take time. */
import type Timer from 'timer';

interface Armed {
  callback: () => void;
  time: number;
  repeat: number;
}

export class VirtualTimer {
  private time = 0;
  private armed: Armed | undefined;

  now(): number {
    return this.time;
  }

  /** Time passes while the program is busy: nothing can fire. */
  busy(milliseconds: number): void {
    this.time += milliseconds;
  }

  set(callback: () => void, delay: number, repeat: number): Timer {
    this.armed = { callback, time: this.time + delay, repeat };
    return this.armed as unknown as Timer;
  }

  schedule(_timer: Timer, delay: number, repeat: number): void {
    if (!Number.isInteger(delay) || delay < 0) throw new RangeError(`delay ${delay}`);
    this.armed!.time = this.time + delay;
    this.armed!.repeat = repeat;
  }

  clear(): void {
    this.armed = undefined;
  }

  /** Lets time go on to `end`, firing as the SDK does: a repeat is armed from the time it was due. */
  run(end: number): void {
    while (this.armed && this.armed.time <= end) {
      const { armed } = this;
      if (armed.time > this.time) this.time = armed.time;
      armed.time += armed.repeat;
      armed.callback();
    }
    if (this.time < end) this.time = end;
  }
}
