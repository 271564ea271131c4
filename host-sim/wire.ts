/**
 * What carries frames between the parent and a boot's process.
 *
 * In real time they come when they come. In virtual time parent and host take turns: while one computes the other waits.
 * So the parent reads without the event loop, which is cheaper, and in an order in which no scheduler has a say. A read
 * that waits needs a pipe that blocks, and those that Node makes never do: these have names, and are opened as files.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, readSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { type Frame, FrameReader } from './frames';

export interface Wire {
  readonly child: ChildProcess;
  send(frame: Buffer): void;
  /** Goes with what is sent next, at the latest: for what is no question. */
  post(frame: Buffer): void;
  /** In virtual time: waits for the next frame; undefined when the process has ended. */
  receive?(): Frame | undefined;
  close(): void;
}

/** @param take is given each frame, in order */
export function realTimeWire(command: readonly string[], take: (frame: Frame) => void): Wire {
  const [program = '', ...parameters] = command;
  const child = spawn(program, parameters, { stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'] });
  const input = child.stdio[3] as Writable;
  input.on('error', () => {}); // the process has ended; 'close' tells
  const reader = new FrameReader();
  (child.stdio[4] as Readable).on('data', (chunk: Buffer) => {
    reader.add(chunk);
    for (let frame = reader.next(); frame; frame = reader.next()) take(frame);
  });
  const send = (frame: Buffer) => void input.write(frame);
  return { child, send, post: send, close: () => undefined };
}

/** @param directory of the device, where the pipes are */
export function virtualTimeWire(command: readonly string[], directory: string): Wire {
  const [program = '', ...parameters] = command;
  const toHost = openPipe(join(directory, 'to-host'));
  const fromHost = openPipe(join(directory, 'from-host'));
  const child = spawn(program, parameters, {
    stdio: ['ignore', 'ignore', 'pipe', toHost.reading, fromHost.writing],
  });
  // Only the host has these: who waits at the other end learns when it ends.
  closeSync(toHost.reading);
  closeSync(fromHost.writing);
  const reader = new FrameReader();
  const chunk = Buffer.alloc(65_536);
  let posted: Buffer[] = [];
  // A descriptor that is closed may be another file's soon.
  let isOpen = true;
  return {
    child,
    send: (frame) => {
      if (!isOpen) return;
      writeAll(toHost.writing, posted.length > 0 ? Buffer.concat([...posted, frame]) : frame);
      posted = [];
    },
    post: (frame) => void posted.push(frame),
    receive: () => {
      while (isOpen) {
        const frame = reader.next();
        if (frame) return frame;
        const size = readSync(fromHost.reading, chunk);
        if (size === 0) return undefined;
        reader.add(Buffer.from(chunk.subarray(0, size)));
      }
      return undefined;
    },
    close: () => {
      isOpen = false;
      closeSync(toHost.writing);
      closeSync(fromHost.reading);
    },
  };
}

/** Both ends of a named pipe; opening one waits for the other, unless somebody has it open for both. */
function openPipe(path: string): { reading: number; writing: number } {
  if (!existsSync(path)) {
    const { status, error } = spawnSync('mkfifo', [path]);
    if (status !== 0) throw error ?? new Error(`mkfifo ${path} ended with ${status}`);
  }
  const both = openSync(path, 'r+');
  const [reading, writing] = [openSync(path, 'r'), openSync(path, 'w')];
  closeSync(both);
  return { reading, writing };
}

function writeAll(descriptor: number, bytes: Buffer): void {
  try {
    for (let from = 0; from < bytes.length; ) from += writeSync(descriptor, bytes, from);
  } catch (error) {
    // The process has ended; what it still had to say is read, and then its end.
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  }
}
