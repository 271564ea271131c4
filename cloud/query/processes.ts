/** Processes that answer, begun by a small one (`starter.ts`). */
import { type ChildProcess, fork } from 'node:child_process';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { AnswerLimits } from './answer';
import type { Reply, Task } from './task';

export interface StarterOptions {
  program: string;
  execArgv: string[];
}

export type ToStarter = { id: number } & ({ start: AnswerLimits } | { task: Task } | { kill: true });
export type FromStarter = { id: number } & ({ ready: true } | { reply: Reply } | { ended: true });

type Said<Message> = Message extends unknown ? Omit<Message, 'id'> : never;

const isCompiled = import.meta.filename.endsWith('.js');
/** A package has no use for it, and has it not. */
const loader = () => pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
const programOf = (name: string) => join(import.meta.dirname, `${name}.${isCompiled ? 'js' : 'ts'}`);

/** A process that answers one task at a time. */
export class AnswerProcess {
  /** Kept with false when it ends before it can be asked. */
  readonly ready: Promise<boolean>;
  readonly #say: (message: Said<ToStarter>) => void;
  readonly #ended: Promise<void>;
  #hasEnded = false;
  #isReady!: (isReady: boolean) => void;
  #end!: () => void;
  #reply: ((reply: Reply | undefined) => void) | undefined;

  constructor(say: (message: Said<ToStarter>) => void) {
    this.#say = say;
    this.ready = new Promise((resolve) => {
      this.#isReady = resolve;
    });
    this.#ended = new Promise((resolve) => {
      this.#end = resolve;
    });
  }

  get hasEnded(): boolean {
    return this.#hasEnded;
  }

  /** Resolves to undefined when the process ends instead. */
  answer(task: Task): Promise<Reply | undefined> {
    if (this.#hasEnded) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      this.#reply = resolve;
      this.#say({ task });
    });
  }

  /** Ends it, whatever it does. */
  kill(): Promise<void> {
    if (!this.#hasEnded) this.#say({ kill: true });
    return this.#ended;
  }

  hear(message: Said<FromStarter>): void {
    if ('ready' in message) this.#isReady(true);
    else if ('reply' in message) this.#reply?.(message.reply);
    else {
      this.#hasEnded = true;
      this.#isReady(false);
      this.#reply?.(undefined);
      this.#end();
    }
  }
}

export class Starter {
  readonly #processes = new Map<number, AnswerProcess>();
  #child: ChildProcess | undefined;
  #next = 0;

  /** It is begun here, while this process is small still. */
  constructor() {
    this.#child = this.#fork();
  }

  start(limits: AnswerLimits): AnswerProcess {
    this.#child ??= this.#fork();
    const child = this.#child;
    const id = this.#next++;
    // What cannot be said any more has no one to hear it: the exit that follows is told to all.
    const one = new AnswerProcess((message) => child.send({ ...message, id }, () => undefined));
    this.#processes.set(id, one);
    child.send({ id, start: limits }, () => undefined);
    return one;
  }

  /** What it has begun ends with it. */
  async close(): Promise<void> {
    const child = this.#child;
    if (child === undefined) return;
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGKILL');
    await ended;
  }

  #fork(): ChildProcess {
    const tsx = isCompiled ? [] : ['--import', loader()];
    const options: StarterOptions = {
      program: programOf('child'),
      execArgv: ['--max-old-space-size=384', ...tsx],
    };
    const child = fork(programOf('starter'), [JSON.stringify(options)], {
      execArgv: tsx,
      serialization: 'json',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    });
    child.on('message', (message: FromStarter) => this.#hear(message));
    child.once('exit', () => this.#ended(child)).once('error', () => this.#ended(child));
    child.unref();
    child.channel?.unref();
    return child;
  }

  #hear(message: FromStarter): void {
    this.#processes.get(message.id)?.hear(message);
    if ('ended' in message) this.#processes.delete(message.id);
  }

  #ended(child: ChildProcess): void {
    if (this.#child !== child) return;
    this.#child = undefined;
    for (const one of this.#processes.values()) one.hear({ ended: true });
    this.#processes.clear();
  }
}
