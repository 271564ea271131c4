/** One boot: the host's process and its frames. */
import { type Exit, exitReason, type Report } from './exit';
import { type Frame, frame, u32 } from './frames';
import { BuildError } from './manifest/error';
import { realTimeWire, virtualTimeWire, type Wire } from './wire';

export interface BootEvents {
  call(
    channel: number,
    bytes: Uint8Array,
    now: number,
  ): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  trace(text: string, at: number): void;
  /** The process has ended; `error` when that was no end a device could have. */
  exit(exit: Omit<Exit, 'boot'> & { report: Report | undefined; error?: Error }): void;
}

interface Waiter<T> {
  promise: Promise<T>;
  settled: boolean;
  resolve(value: T): void;
  reject(error: Error): void;
}

function waiter<T>(): Waiter<T> {
  const it = { settled: false } as Waiter<T>;
  it.promise = new Promise<T>((resolve, reject) => {
    it.resolve = (value) => {
      it.settled = true;
      resolve(value);
    };
    it.reject = (error) => {
      it.settled = true;
      reject(error);
    };
  });
  it.promise.catch(() => {}); // who waits is told; nobody has to wait
  return it;
}

export class HostProcess {
  now = 0;
  wake = Number.POSITIVE_INFINITY;
  readonly #started = waiter<void>();
  readonly #ended = waiter<void>();
  readonly #wire: Wire;
  #horizon = 0;
  #grant: Waiter<void> | undefined;
  #reportWaiter: Waiter<Report> | undefined;
  #lastReport: Report | undefined;
  #end: { at: number; reason: string; detail: string } | undefined;
  #booted = false;
  #errors = '';
  readonly #events: BootEvents;

  /** @param directory of the device; undefined in real time */
  constructor(command: string[], directory: string | undefined, events: BootEvents) {
    this.#events = events;
    this.#wire =
      directory === undefined
        ? realTimeWire(command, (frame) => void this.#take(frame))
        : virtualTimeWire(command, directory);
    const { child } = this.#wire;
    child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text;
    });
    child.on('error', (error) => this.#started.reject(error));
    child.on('close', (code, signal) => this.#closed(code, signal));
  }

  /** Waits until the firmware is built and its main module may run. */
  started(): Promise<void> {
    return this.#until(this.#started);
  }

  post(channel: number, bytes: Uint8Array, at: number): void {
    this.#wire.post(frame('E', at, u32(channel), bytes));
    if (at < this.wake) this.wake = at;
  }

  line(text: string): void {
    this.wake = this.now; // a pin that is watched may change
    this.#wire.post(frame('L', Buffer.from(`${text}\n`)));
  }

  async advance(horizon: number): Promise<void> {
    this.#horizon = horizon;
    this.#grant = waiter<void>();
    this.#wire.send(frame('G', horizon));
    await this.#until(this.#grant);
  }

  shorten(horizon: number): void {
    if (horizon < this.#horizon) this.#horizon = horizon;
  }

  async report(collect: boolean): Promise<Report> {
    if (collect) this.#wire.post(frame('K'));
    this.#reportWaiter ??= waiter<Report>();
    this.#wire.send(frame('Q'));
    return this.#until(this.#reportWaiter);
  }

  async powerCut(): Promise<void> {
    this.#wire.send(frame('P'));
    await this.#until(this.#ended);
  }

  async stop(): Promise<void> {
    this.#wire.send(frame('S'));
    await this.#until(this.#ended);
  }

  /** Takes frames until it is settled; in real time they are taken as they come. */
  async #until<T>(waiter: Waiter<T>): Promise<T> {
    while (!waiter.settled) {
      const frame = this.#wire.receive?.();
      if (frame === undefined) break;
      const answered = this.#take(frame);
      if (answered) await answered;
    }
    return waiter.promise;
  }

  /** @returns a promise when a call is not answered yet */
  #take({ type, bytes }: Frame): undefined | Promise<void> {
    switch (type) {
      case 'C':
        this.now = bytes.readDoubleLE(0);
        return this.#answer(bytes.readUInt32LE(8), bytes.subarray(12), this.now);
      case 'I':
        this.now = bytes.readDoubleLE(0);
        this.wake = bytes.readDoubleLE(8);
        this.#booted = true;
        this.#started.resolve();
        this.#grant?.resolve();
        break;
      case 'B':
        this.#booted = true;
        this.#started.resolve();
        break;
      case 'T':
        if (!this.#booted) this.#errors += bytes.toString('utf8', 8);
        else this.#events.trace(bytes.toString('utf8', 8), bytes.readDoubleLE(0));
        break;
      case 'J':
        this.#lastReport = JSON.parse(bytes.toString('utf8')) as Report;
        this.#reportWaiter?.resolve(this.#lastReport);
        this.#reportWaiter = undefined;
        break;
      case 'Z': {
        const [reason = '', ...detail] = bytes.toString('utf8', 8).split('\n');
        this.#end = { at: bytes.readDoubleLE(0), reason, detail: detail.join('\n') };
        break;
      }
    }
  }

  #answer(channel: number, bytes: Uint8Array, now: number): undefined | Promise<void> {
    const fail = (error: unknown) =>
      this.#wire.send(frame('X', this.#horizon, Buffer.from((error as Error).message)));
    const reply = (answer: Uint8Array = new Uint8Array(0)) =>
      this.#wire.send(frame('R', this.#horizon, answer));
    try {
      const answer = this.#events.call(channel, bytes, now);
      if (answer instanceof Promise) return answer.then(reply, fail);
      reply(answer);
    } catch (error) {
      fail(error);
    }
  }

  #closed(code: number | null, signal: string | null): void {
    this.#wire.close();
    const reason = code === null ? undefined : exitReason(code);
    const at = this.#end?.at ?? this.now;
    const report = this.#lastReport;
    if (reason) {
      this.#events.exit({ reason, detail: this.#end?.detail ?? '', at, report });
      this.#started.resolve();
    } else {
      const what = this.#end
        ? `${this.#end.reason}: ${this.#end.detail}`
        : `the host ended with ${code ?? signal}`;
      const error = new BuildError(`${what}\n${this.#errors}`.trim());
      this.#events.exit({ reason: 'stopped', detail: what, at, report, error });
      this.#started.reject(error);
    }
    this.#reportWaiter?.reject(new Error('the boot has ended'));
    this.#grant?.resolve();
    this.#ended.resolve();
  }
}
