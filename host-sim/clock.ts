/**
 * The clock that devices and everything simulated beside them share: milliseconds from 0, running on through reboots.
 *
 * A virtual clock moves all devices in lock step: it grants each a horizon, which is the next thing that anybody has
 * planned, and a device stops there. Something planned while a device is in a call shortens that device's horizon at
 * once. Several devices meet at least every `quantum`. So a run is the same each time, and as fast as the machine.
 */
export interface Clock {
  readonly kind: 'virtual' | 'real';
  /** While a device calls: the device's time. */
  now(): number;
  /** Runs `action` at `time` (at once when that has passed); a promise it returns is waited for. Returns cancel. */
  at(time: number, action: () => void | Promise<void>): () => void;
  /** Virtual time goes no further until the promise has settled. */
  hold(promise: Promise<unknown>): void;
  /** Lets `ms` pass. */
  run(ms: number): Promise<void>;
}

/** What a clock moves: a device that is running. */
export interface Participant {
  /** Its own time; after a stall it may be ahead of the clock. */
  readonly now: number;
  /** When it next has something to do, as far as it knows. */
  readonly wake: number;
  readonly running: boolean;
  /** Runs until `horizon`, or to an earlier one set by `shorten`, or until it stops. */
  advance(horizon: number): Promise<void>;
  shorten(horizon: number): void;
}

interface Entry {
  readonly time: number;
  readonly action: () => void | Promise<void>;
}

/** What is planned; of one time what was planned first. */
class Agenda {
  /** Latest first: what comes and goes is mostly near, and moves no others. */
  readonly #entries: Entry[] = [];

  get first(): Entry | undefined {
    return this.#entries.at(-1);
  }

  add(entry: Entry): void {
    let index = this.#entries.length;
    while (index > 0 && this.#entries[index - 1]!.time <= entry.time) index--;
    this.#entries.splice(index, 0, entry);
  }

  remove(entry: Entry): void {
    const at = this.#entries.lastIndexOf(entry);
    if (at >= 0) this.#entries.splice(at, 1);
  }
}

function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

export class VirtualClock implements Clock {
  readonly kind = 'virtual';
  #time = 0;
  readonly #agenda = new Agenda();
  readonly #holds = new Set<Promise<unknown>>();
  readonly #participants = new Set<Participant>();
  #caller: Participant | undefined;
  #callTime = 0;
  #running: Promise<void> | undefined;
  readonly #quantum: number;

  /** `quantum`: ms within which several devices meet. */
  constructor(quantum = 1) {
    this.#quantum = quantum;
  }

  now(): number {
    return this.#caller ? Math.max(this.#callTime, this.#time) : this.#time;
  }

  at(time: number, action: () => void | Promise<void>): () => void {
    // whole microseconds, as in the host: a time between two of them would never be met
    const entry = { time: Math.max(Math.ceil(time * 1000) / 1000, this.now()), action };
    this.#agenda.add(entry);
    this.#caller?.shorten(entry.time);
    return () => this.#agenda.remove(entry);
  }

  hold(promise: Promise<unknown>): void {
    this.#holds.add(promise);
    const release = () => this.#holds.delete(promise);
    promise.then(release, release);
    this.#caller?.shorten(this.now());
  }

  join(participant: Participant): void {
    this.#participants.add(participant);
  }

  leave(participant: Participant): void {
    this.#participants.delete(participant);
  }

  /** For devices: does the `work` of a call made at `time`; `now` is that time until it is done. */
  during<T>(participant: Participant, time: number, work: () => T | Promise<T>): T | Promise<T> {
    this.#caller = participant;
    this.#callTime = time;
    let result: T | Promise<T> | undefined;
    try {
      result = work();
      return result instanceof Promise ? result.finally(this.#called) : result;
    } finally {
      if (!(result instanceof Promise)) this.#called();
    }
  }

  readonly #called = (): void => {
    this.#caller = undefined;
  };

  async run(ms: number): Promise<void> {
    if (this.#running) throw new Error('the clock is running already');
    this.#running = this.#runUntil(this.#time + ms);
    try {
      await this.#running;
    } finally {
      this.#running = undefined;
    }
  }

  async #runUntil(end: number): Promise<void> {
    for (;;) {
      while (this.#holds.size > 0) await Promise.allSettled([...this.#holds]);
      const entry = this.#agenda.first;
      if (entry && entry.time <= this.#time) {
        this.#agenda.remove(entry);
        await entry.action();
        continue;
      }
      if (this.#time >= end) return;
      await this.#step(Math.min(end, entry?.time ?? end), end);
    }
  }

  async #step(limit: number, end: number): Promise<void> {
    // What has been done has its consequences in Node (streams tell each other in turns of the event loop) before time goes on.
    await turn();
    const devices = [...this.#participants].filter(({ running }) => running);
    let next = limit;
    if (devices.length > 1) {
      const wake = Math.min(...devices.map(({ wake }) => wake));
      next = Math.min(limit, Math.max(wake, this.#time) + this.#quantum);
    }
    let reached = next;
    for (const device of devices) {
      // one that has nothing to do until then need not be told, but at the end all agree on the time
      if (device.wake > next && next < end) continue;
      await device.advance(next);
      // one that stopped before has planned something there, or ended
      if (device.running) reached = Math.min(reached, device.now);
    }
    this.#time = Math.max(this.#time, Math.min(reached, this.#agenda.first?.time ?? reached));
  }
}

export class RealClock implements Clock {
  readonly kind = 'real';
  readonly #start = performance.now();
  readonly #agenda = new Agenda();
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;

  now(): number {
    return performance.now() - this.#start;
  }

  at(time: number, action: () => void | Promise<void>): () => void {
    const entry = { time, action };
    this.#agenda.add(entry);
    this.#wake();
    return () => {
      this.#agenda.remove(entry);
      this.#wake();
    };
  }

  /** A timer takes a millisecond at least: what is due goes at once, and never before what was due earlier. */
  #wake(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    const { first } = this.#agenda;
    if (first === undefined) return;
    const left = first.time - this.now();
    if (left > 0) this.#timer = setTimeout(() => this.#drain(), left);
    else this.#immediate = setImmediate(() => this.#drain());
  }

  #drain(): void {
    const now = this.now();
    for (
      let entry = this.#agenda.first;
      entry !== undefined && entry.time <= now;
      entry = this.#agenda.first
    ) {
      this.#agenda.remove(entry);
      void entry.action();
    }
    this.#wake();
  }

  hold(): void {
    // real time waits for nobody
  }

  run(ms: number): Promise<void> {
    return new Promise((done) => setTimeout(done, ms));
  }
}
