/**
 * The process that answers: a task at a time, from its parent. It ends with it. Where there are fewer cores than there is
 * to do, it stands behind those who write.
 */
import { readdirSync } from 'node:fs';
import { getPriority, setPriority } from 'node:os';
import process from 'node:process';
import { Answering, type AnswerLimits } from './answer';
import type { Reply, Task, TaskError } from './task';

/** Steps by which it is nicer: of a core that both want it gets a quarter, and gives it up at once. */
const niceness = 5;
const nicest = 19;

const answering = new Answering(JSON.parse(process.argv[2] ?? '{}') as AnswerLimits);

process.on('disconnect', () => process.exit());
// It is ended by its parent, which hears the same signals.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
process.on('message', (task: Task) => void work(task));
// Whoever began it may have ended while it was loaded, and is heard of no more then.
if (!process.connected) process.exit();
// Not before it is loaded, which somebody waits for, and takes longer than most answers.
standBehind();
process.send?.('ready');

function standBehind(): void {
  const priority = Math.min(getPriority() + niceness, nicest);
  // Linux has one a thread, which those inherit that it begins; DuckDB works in Node's, which are there already.
  const threads = process.platform === 'linux' ? readdirSync('/proc/self/task').map(Number) : [process.pid];
  for (const thread of threads) setPriority(thread, priority);
}

async function work(task: Task): Promise<void> {
  let reply: Reply;
  try {
    reply = { ok: await answering.answer(task) };
  } catch (error) {
    const { status, message } = error as TaskError;
    reply = { refused: { status: status ?? 500, message } };
  }
  process.send?.(reply);
}
