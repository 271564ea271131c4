/**
 * The processes that answer questions, so that nothing that is asked holds up what is written: few of them, each with
 * bounded threads, memory, disk and time; what does not fit waits in a bounded queue, or is refused with a reason.
 */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { AnswerLimits } from './answer';
import { type AnswerProcess, Starter } from './processes';
import { type Answered, lessThan, type Reply, type Task, TaskError } from './task';

export interface AnswererOptions {
  /** A directory of theirs alone; emptied at the start. */
  directory: string;
  /** Processes at most. Default 2. */
  processes?: number;
  /** Questions that may wait. Default 60. */
  mostWaiting?: number;
  /** Milliseconds that a question may wait, and then take. Default 25 s each. */
  waiting?: number;
  taking?: number;
  memoryMb?: number;
  spillMb?: number;
  mostBytes?: number;
  /** Does what writes to the directory, on a disk that may have no room. Default: as it is. */
  withRoom?<T>(work: () => Promise<T>): Promise<T>;
  onProblem(problem: Error): void;
}

interface Waiting {
  make(): Promise<Task>;
  resolve(answered: Answered): void;
  reject(error: unknown): void;
  since: number;
}

/** Milliseconds that a process has to start. */
const startTime = 30_000;
/** Milliseconds after which an idle process ends. */
const idleTime = 60_000;

class Answerer {
  readonly #spill: string;
  readonly #limits: AnswerLimits;
  readonly #starter: Starter;
  #process: AnswerProcess | undefined;
  #idle: NodeJS.Timeout | undefined;

  constructor(spill: string, limits: Omit<AnswerLimits, 'spill'>, starter: Starter) {
    this.#spill = spill;
    this.#limits = { ...limits, spill };
    this.#starter = starter;
  }

  async answer(task: Task, milliseconds: number): Promise<Answered> {
    clearTimeout(this.#idle);
    // One that died with nothing to answer is no reason to refuse.
    if (this.#process?.hasEnded) await this.stop();
    this.#process ??= await this.#start();
    const process = this.#process;
    const late = refusal(504, `took more than ${milliseconds / 1000} s: ${lessThan(task)}`);
    const died = refusal(413, 'took more memory than there is for a question: ask for less');
    const reply = (await within<Reply | undefined>(process.answer(task), milliseconds, late)) ?? died;
    if (reply === late || process.hasEnded) await this.stop();
    this.#idle = setTimeout(() => void this.stop(), idleTime);
    this.#idle.unref();
    if ('ok' in reply) return reply.ok;
    throw new TaskError(reply.refused.status, reply.refused.message);
  }

  /** Ends the process, whatever it does, and removes what it had on the disk. */
  async stop(): Promise<void> {
    clearTimeout(this.#idle);
    const process = this.#process;
    this.#process = undefined;
    if (process === undefined) return;
    await process.kill();
    await rm(this.#spill, { recursive: true, force: true });
  }

  /** @throws TaskError */
  async #start(): Promise<AnswerProcess> {
    const process = this.#starter.start(this.#limits);
    if (await within(process.ready, startTime, false)) return process;
    await process.kill();
    throw new TaskError(503, 'the process that answers does not start: ask again later');
  }
}

function refusal(status: TaskError['status'], message: string): Reply {
  return { refused: { status, message } };
}

/** What is promised, or what stands for it when it takes longer. */
async function within<T>(promise: Promise<T>, milliseconds: number, otherwise: T): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<T>((resolve) => {
    timer = setTimeout(() => resolve(otherwise), milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

export class Answerers {
  readonly #options: AnswererOptions;
  readonly #starter = new Starter();
  readonly #idle: Answerer[];
  readonly #all: readonly Answerer[];
  #queue: Waiting[] = [];
  #closed = false;

  private constructor(options: AnswererOptions) {
    this.#options = options;
    const { directory, processes = 2, memoryMb = 400, spillMb = 2_000, mostBytes = 1 << 30 } = options;
    this.#all = Array.from(
      { length: processes },
      (_, index) =>
        new Answerer(join(directory, `spill-${index}`), { memoryMb, spillMb, mostBytes }, this.#starter),
    );
    this.#idle = [...this.#all];
  }

  /** What a process that was killed has left is removed. The directory exists. */
  static async open(options: AnswererOptions): Promise<Answerers> {
    return new Answerers(options);
  }

  /** @param make called when it is its turn @throws TaskError, or what `make` throws */
  answer(make: () => Promise<Task>): Promise<Answered> {
    const { mostWaiting = 60 } = this.#options;
    if (this.#closed) return Promise.reject(new TaskError(503, 'the cloud is closing'));
    if (this.#queue.length >= mostWaiting)
      return Promise.reject(new TaskError(503, `${mostWaiting} questions wait already: ask again later`));
    return new Promise((resolve, reject) => {
      const waiting = { make, resolve, reject, since: performance.now() };
      this.#queue.push(waiting);
      this.#next();
      const { waiting: limit = 25_000 } = this.#options;
      setTimeout(() => {
        if (!this.#queue.includes(waiting)) return;
        this.#queue = this.#queue.filter((other) => other !== waiting);
        reject(
          new TaskError(
            503,
            `waited for more than ${limit / 1000} s behind other questions: ask again later`,
          ),
        );
      }, limit).unref();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    for (const { reject } of this.#queue.splice(0)) reject(new TaskError(503, 'the cloud is closing'));
    await Promise.all(this.#all.map((answerer) => answerer.stop()));
    await this.#starter.close();
  }

  #next(): void {
    if (this.#queue.length === 0) return;
    // The one that was used last is warm.
    const answerer = this.#idle.pop();
    if (answerer === undefined) return;
    void this.#work(answerer, this.#queue.shift()!);
  }

  async #work(answerer: Answerer, { make, resolve, reject }: Waiting): Promise<void> {
    const { taking = 25_000, withRoom = (work) => work() } = this.#options;
    try {
      // Not for those that wait: many may, and a look at the disk for each holds up the doors.
      resolve(await withRoom(async () => answerer.answer(await make(), taking)));
    } catch (error) {
      reject(error);
    } finally {
      this.#idle.push(answerer);
      this.#next();
    }
  }
}
