/** A file that is whole or not there: written under another name, which it loses at its end. */
import { type FileHandle, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';

/** @returns its bytes @throws with nothing left behind; a file that stood there before stands there still */
export async function writeWholeFile(path: string, content: Readable, signal: AbortSignal): Promise<number> {
  const there = await stat(path).catch(() => undefined);
  // A pipe or a device has no name to be taken over.
  if (there && !there.isFile()) return writeInto(path, content, signal);
  const target = there ? await realpath(path) : path;
  const partial = join(dirname(target), `.${basename(target)}.${process.pid}.part`);
  try {
    const bytes = await writeInto(partial, content, signal);
    await rename(partial, target);
    return bytes;
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

async function writeInto(path: string, content: Readable, signal: AbortSignal): Promise<number> {
  const file = await opened(path, content);
  try {
    let bytes = 0;
    const append = async (pieces: AsyncIterable<Buffer>) => {
      for await (const piece of pieces) {
        await file.appendFile(piece);
        bytes += piece.length;
      }
    };
    await whole(signal, () => pipeline(content, append, { signal }));
    // What has no storage has nothing to sync.
    if ((await file.stat()).isFile()) await file.sync();
    return bytes;
  } finally {
    await file.close();
  }
}

async function opened(path: string, content: Readable): Promise<FileHandle> {
  try {
    return await open(path, 'w');
  } catch (error) {
    content.destroy();
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    throw new Error(`there is no folder ${dirname(path)}`);
  }
}

/** To the standard output, which stays open. */
export function print(content: Readable, signal: AbortSignal): Promise<void> {
  return whole(signal, () => pipeline(content, process.stdout, { signal, end: false }));
}

/** @throws a sentence when the answer was cut off */
async function whole(signal: AbortSignal, transfer: () => Promise<void>): Promise<void> {
  try {
    await transfer();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (signal.aborted) throw new Error('ended by a signal before it was whole');
    if (code === 'ECONNRESET' || code === 'ERR_STREAM_PREMATURE_CLOSE')
      throw new Error('the connection to the cloud broke before the answer was whole');
    throw error;
  }
}

/** SIGINT and SIGTERM abort it instead of ending the process, so that nothing is left half written. */
export async function untilSignal<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  const abort = () => controller.abort();
  const signals = ['SIGINT', 'SIGTERM'] as const;
  for (const name of signals) process.on(name, abort);
  try {
    return await work(controller.signal);
  } finally {
    for (const name of signals) process.off(name, abort);
  }
}
