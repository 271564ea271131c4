/** The process that answers: a task at a time, from its parent. It ends with it. */
import process from 'node:process';
import { Answering, type AnswerLimits } from './answer';
import type { Reply, Task, TaskError } from './task';

const answering = new Answering(JSON.parse(process.argv[2] ?? '{}') as AnswerLimits);

process.on('disconnect', () => process.exit());
// It is ended by its parent, which hears the same signals.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
process.on('message', (task: Task) => void work(task));
// Whoever began it may have ended while it was loaded, and is heard of no more then.
if (!process.connected) process.exit();
process.send?.('ready');

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
