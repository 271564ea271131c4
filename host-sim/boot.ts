/** One boot: the host's process and its frames. */
import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable, Writable } from 'node:stream';
import { type Exit, exitReason, type Report } from './exit';
import { type Frame, frame, readFrames, u32 } from './frames';
import { BuildError } from './manifest/error';

export interface BootEvents {
  call(channel: number, bytes: Uint8Array, now: number): Promise<Uint8Array | undefined>;
  trace(text: string, at: number): void;
  /** The process has ended; `error` when that was no end a device could have. */
  exit(exit: Omit<Exit, 'boot'> & { report: Report | undefined; error?: Error }): void;
}

interface Waiter<T> {
  promise: Promise<T>;
  resolve(value: T): void;
  reject(error: Error): void;
}

function waiter<T>(): Waiter<T> {
  const it = {} as Waiter<T>;
  it.promise = new Promise<T>((resolve, reject) => {
    it.resolve = resolve;
    it.reject = reject;
  });
  it.promise.catch(() => {}); // who waits is told; nobody has to wait
  return it;
}

export class HostProcess {
  now = 0;
  wake = Number.POSITIVE_INFINITY;
  /** Settles when the firmware is built and its main module may run. */
  readonly ready: Promise<void>;
  readonly #started = waiter<void>();
  readonly #ended = waiter<void>();
  readonly #child: ChildProcess;
  readonly #input: Writable;
  #horizon = 0;
  #grant: Waiter<void> | undefined;
  #reportWaiter: Waiter<Report> | undefined;
  #lastReport: Report | undefined;
  #end: { at: number; reason: string; detail: string } | undefined;
  #booted = false;
  #errors = '';
  readonly #events: BootEvents;

  constructor([program = '', ...parameters]: string[], events: BootEvents) {
    this.#events = events;
    this.ready = this.#started.promise;
    this.#child = spawn(program, parameters, { stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'] });
    this.#input = this.#child.stdio[3] as Writable;
    this.#input.on('error', () => {}); // the process has ended; 'close' tells
    this.#child.stderr!.setEncoding('utf8').on('data', (text: string) => {
      this.#errors += text;
    });
    readFrames(this.#child.stdio[4] as Readable, (frame) => this.#take(frame));
    this.#child.on('error', (error) => this.#started.reject(error));
    this.#child.on('close', (code, signal) => this.#closed(code, signal));
  }

  post(channel: number, bytes: Uint8Array, at: number): void {
    this.#input.write(frame('E', at, u32(channel), bytes));
    if (at < this.wake) this.wake = at;
  }

  line(text: string): void {
    this.wake = this.now; // a pin that is watched may change
    this.#input.write(frame('L', Buffer.from(`${text}\n`)));
  }

  async advance(horizon: number): Promise<void> {
    this.#horizon = horizon;
    this.#grant = waiter<void>();
    this.#input.write(frame('G', horizon));
    await this.#grant.promise;
  }

  shorten(horizon: number): void {
    if (horizon < this.#horizon) this.#horizon = horizon;
  }

  async report(collect: boolean): Promise<Report> {
    if (collect) this.#input.write(frame('K'));
    this.#reportWaiter ??= waiter<Report>();
    this.#input.write(frame('Q'));
    return this.#reportWaiter.promise;
  }

  async powerCut(): Promise<void> {
    this.#input.write(frame('P'));
    await this.#ended.promise;
  }

  async stop(): Promise<void> {
    this.#input.write(frame('S'));
    await this.#ended.promise;
  }

  #take({ type, bytes }: Frame): void {
    switch (type) {
      case 'C':
        this.now = bytes.readDoubleLE(0);
        void this.#answer(bytes.readUInt32LE(8), bytes.subarray(12), this.now);
        break;
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

  async #answer(channel: number, bytes: Uint8Array, now: number): Promise<void> {
    try {
      const reply = await this.#events.call(channel, bytes, now);
      this.#input.write(frame('R', this.#horizon, reply ?? new Uint8Array(0)));
    } catch (error) {
      this.#input.write(frame('X', this.#horizon, Buffer.from((error as Error).message)));
    }
  }

  #closed(code: number | null, signal: string | null): void {
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
