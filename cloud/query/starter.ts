/**
 * The process that begins those that answer, and carries what is said between them and the cloud. To begin one, the
 * system copies how the beginner's memory is mapped, which holds it up: a cloud of a gigabyte for more than 40 ms, this
 * one for none that matter. It ends with its parent, and all that it has begun with it.
 */
import { type ChildProcess, fork } from 'node:child_process';
import process from 'node:process';
import type { FromStarter, StarterOptions, ToStarter } from './processes';
import type { Reply } from './task';

const { program, execArgv } = JSON.parse(process.argv[2] ?? '{}') as StarterOptions;
const children = new Map<number, ChildProcess>();

process.on('disconnect', () => process.exit());
// Its parent may have ended while it was loaded.
if (!process.connected) process.exit();
// It is ended by its parent, which hears the same signals.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => undefined);
process.on('message', (message: ToStarter) => {
  const { id } = message;
  if ('start' in message) start(id, message.start);
  else if ('kill' in message) children.get(id)?.kill('SIGKILL');
  // One that has ended is told of by its exit.
  else children.get(id)?.send(message.task, () => undefined);
});

function start(id: number, limits: object): void {
  const child = fork(program, [JSON.stringify(limits)], {
    execArgv,
    serialization: 'json',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  children.set(id, child);
  const ended = () => {
    if (children.delete(id)) tell({ id, ended: true });
  };
  child.once('exit', ended).once('error', ended);
  child.once('message', () => {
    tell({ id, ready: true });
    child.on('message', (reply) => tell({ id, reply: reply as Reply }));
  });
}

function tell(message: FromStarter): void {
  // Without its parent it ends.
  process.send?.(message, undefined, undefined, () => undefined);
}
