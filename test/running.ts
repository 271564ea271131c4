/** Sluice's commands as processes, for tests that use them as a user does. */
import {
  type ChildProcess,
  type ChildProcessWithoutNullStreams,
  type SpawnOptions,
  spawn,
} from 'node:child_process';
import { createServer } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';

export const repository = join(import.meta.dirname, '..');

// Not by tsx's own program: a signal that cannot be passed on would end that alone.
const programWords = ['--import', import.meta.resolve('tsx'), join(repository, 'cli', 'sluice.ts')];

export interface Running {
  child: ChildProcess;
  /** All that it has printed. */
  output(): string;
  exited: Promise<number | null>;
}

export function runSluice(...parameters: readonly string[]): Running {
  return watching(spawn(process.execPath, [...programWords, ...parameters]));
}

export interface Ended {
  code: number | null;
  stdout: Buffer;
  stderr: string;
}

/** A command that ends by itself, what it prints kept apart. */
export async function sluiceEnded(words: readonly string[], options: SpawnOptions = {}): Promise<Ended> {
  const child = spawn(process.execPath, [...programWords, ...words], { ...options, stdio: 'pipe' });
  const stdout: Buffer[] = [];
  let stderr = '';
  child.stdout!.on('data', (bytes: Buffer) => stdout.push(bytes));
  child.stderr!.on('data', (text) => {
    stderr += text;
  });
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, stdout: Buffer.concat(stdout), stderr };
}

export function watching(child: ChildProcessWithoutNullStreams): Running {
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (text) => {
      output += text;
    });
  }
  return { child, output: () => output, exited: new Promise((resolve) => child.on('exit', resolve)) };
}

/** @param limit ms @throws with `what` when the condition does not come true in time */
export async function until(
  condition: () => boolean | Promise<boolean>,
  limit: number,
  what: string,
): Promise<void> {
  const end = Date.now() + limit;
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`not within ${limit} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}

/** Six ports in a row that nobody has at this moment. */
export async function freePorts(): Promise<number> {
  for (;;) {
    const port = 20_000 + Math.floor(Math.random() * 20_000);
    const free = await Promise.all([0, 1, 2, 3, 4, 5].map((offset) => isFree(port + offset)));
    if (free.every(Boolean)) return port;
  }
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
      .once('error', () => resolve(false))
      .listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
