/** Looks at the files of a capture directory at a start: finds ours, makes them whole, and takes them up as items. */
import { dirname, join } from 'node:path';
import {
  type CaptureFileContents,
  CaptureFileError,
  captureFileMagic,
  isCaptureFile,
  readCaptureFile,
  readHead,
  streamName,
} from '../../modules/block/file';
import { isBinaryFile, longestBinaryHead, readBinaryHead } from './binary-file';
import type { BinaryReference, BlocksReference, ItemReference } from './entry';
import { completeName, described, failedDirectory, isOurName, stemOf } from './names';
import type { Logged, Recovery } from './recovery-context';

const longestHead = 70_000;
/** Within which nearly every binary's head is. */
const usualBinaryHead = 2_048;

export async function scan(recovery: Recovery, logged: Logged): Promise<void> {
  const { state, unsynced } = recovery;
  const found: ItemReference[] = [];
  for (const api of await directories(recovery, '')) {
    if (api.startsWith('.')) continue;
    if (api === failedDirectory) {
      for (const below of await directories(recovery, api)) await scanFailed(recovery, below);
      continue;
    }
    await eachMethod(recovery, api, (directory) => scanDirectory(recovery, directory, logged, found));
  }
  // Oldest first.
  found.sort((a, b) => a.begun - b.begun || firstOf(a) - firstOf(b));
  for (const reference of found) {
    state.items.add(reference);
    // A process before this one may have died before it had synced the entries, of new directories too.
    unsynced.placed(state.items.pathOf(reference.key));
  }
  const known = (key: string) => state.items.waiting.has(key) || state.items.failed.has(key);
  for (const key of [...state.items.fates.keys()]) {
    if (known(key)) continue;
    state.items.fates.delete(key);
    // Come back with a power cut, it would go again to those that had it.
    unsynced.moved(state.items.pathOf(key));
  }
}

function firstOf(item: ItemReference): number {
  return item.type === 'blocks' ? item.first : 0;
}

async function eachMethod(
  recovery: Recovery,
  api: string,
  action: (directory: string) => Promise<void>,
): Promise<void> {
  for (const name of await directories(recovery, api))
    for (const method of await directories(recovery, join(api, name))) await action(join(api, name, method));
}

async function directories({ storage, root }: Recovery, path: string): Promise<string[]> {
  return (await storage.list(join(root, path))).filter(({ directory }) => directory).map(({ name }) => name);
}

async function scanFailed(recovery: Recovery, api: string): Promise<void> {
  const { storage, root, state, onProblem } = recovery;
  await eachMethod(recovery, join(failedDirectory, api), async (directory) => {
    for (const { name } of await storage.list(join(root, directory))) {
      const kind = isOurName(name);
      if (kind !== 'complete' && kind !== 'binary') continue;
      const path = join(root, directory, name);
      try {
        if (kind === 'binary') {
          const key = join(directory.slice(failedDirectory.length + 1), name);
          const item = await describedBinary(recovery, path, key);
          if (item !== undefined) state.items.addFailed(item);
          continue;
        }
        const start = await storage.readRange(path, 0, longestHead);
        if (!isCaptureFile(start)) continue;
        const size = (await storage.status(path))?.size ?? 0;
        const within = directory.slice(failedDirectory.length + 1);
        state.items.addFailed(described(within, name, readHead(start).metadata, size));
      } catch (error) {
        onProblem(path, error as Error);
      }
    }
  });
}

/** Ours by name, together with those of the same beginning: a power cut may leave a file under its old name too. */
async function scanDirectory(
  recovery: Recovery,
  directory: string,
  logged: Logged,
  found: ItemReference[],
): Promise<void> {
  const { storage, root } = recovery;
  const byStem = new Map<string, string[]>();
  for (const { name, directory: isDirectory } of await storage.list(join(root, directory))) {
    const kind = isDirectory ? undefined : isOurName(name);
    if (kind === undefined) continue;
    if (kind === 'leftover') {
      const path = join(root, directory, name);
      if (await isOurs(recovery, path)) await discard(recovery, path);
      continue;
    }
    if (kind === 'binary') {
      const item = await recoverBinary(recovery, join(directory, name));
      if (item !== undefined) found.push(item);
      continue;
    }
    byStem.set(stemOf(name), [...(byStem.get(stemOf(name)) ?? []), name]);
  }
  for (const names of byStem.values()) {
    const items: BlocksReference[] = [];
    for (const name of names.sort()) {
      const path = join(root, directory, name);
      try {
        const item = await recoverFile(recovery, directory, name, logged);
        if (item !== undefined) items.push(item);
      } catch (error) {
        recovery.onProblem(path, error as Error);
      }
    }
    items.sort((a, b) => b.blocks - a.blocks);
    if (items[0] !== undefined) found.push(items[0]);
    for (const { key } of items.slice(1)) if (key !== items[0]!.key) await discard(recovery, join(root, key));
  }
}

async function discard({ storage, unsynced }: Recovery, path: string): Promise<void> {
  await storage.discard(path);
  unsynced.moved(path);
}

async function isOurs({ storage }: Recovery, path: string): Promise<boolean> {
  const start = await storage.readRange(path, 0, captureFileMagic.length);
  return isBarelyBegun(start) || isCaptureFile(start) || isBinaryFile(start);
}

/** Whole and durable, or it would not have this name: a head that cannot be read is for somebody to look at. */
async function recoverBinary(recovery: Recovery, key: string): Promise<BinaryReference | undefined> {
  const { root, onProblem } = recovery;
  const path = join(root, key);
  try {
    const item = await describedBinary(recovery, path, key);
    if (item !== undefined) return item;
    if (!isBinaryFile(await recovery.storage.readRange(path, 0, captureFileMagic.length))) return undefined;
    onProblem(path, new Error('the head of a binary is damaged'));
    await moveToFailed(recovery, key);
  } catch (error) {
    onProblem(path, error as Error);
  }
  return undefined;
}

/** undefined: it has no head that can be read. */
async function describedBinary(
  { storage }: Recovery,
  path: string,
  key: string,
): Promise<BinaryReference | undefined> {
  const start = await storage.readRange(path, 0, usualBinaryHead);
  const description =
    readBinaryHead(start) ?? readBinaryHead(await storage.readRange(path, 0, longestBinaryHead));
  if (description === undefined) return undefined;
  const bytes = (await storage.status(path))?.size ?? 0;
  const counts = { bytes, blocks: 1, readings: 1, begun: description.metadata.requested };
  return { type: 'binary', key, ...description, ...counts };
}

async function moveToFailed({ storage, root, state, unsynced }: Recovery, key: string): Promise<void> {
  const path = join(root, key);
  const target = state.items.failedPathOf(key);
  await storage.makeDirectory(dirname(target));
  await storage.rename(path, target);
  unsynced.moved(target);
  unsynced.moved(path);
}

/** A file with one of our names that lost its power before even its magic was on the disk. */
function isBarelyBegun(bytes: Uint8Array): boolean {
  if (bytes.every((byte) => byte === 0)) return true;
  return (
    bytes.length < captureFileMagic.length &&
    bytes.every((byte, index) => byte === captureFileMagic.charCodeAt(index))
  );
}

async function recoverFile(
  recovery: Recovery,
  directory: string,
  name: string,
  logged: Logged,
): Promise<BlocksReference | undefined> {
  const { storage, root } = recovery;
  const path = join(root, directory, name);
  if (isOurName(name) === 'complete') {
    const item = await recoverComplete(recovery, directory, name, logged);
    if (item !== 'doubtful') return item;
  }
  // Of a gateway that did not close it, or not synced: it is complete up to its last whole record.
  const bytes = await storage.read(path);
  if (isBarelyBegun(bytes)) {
    await discard(recovery, path);
    return undefined;
  }
  if (!isCaptureFile(bytes)) return passBy(recovery, path, name, logged);
  try {
    return await settle(recovery, directory, name, bytes.length, readCaptureFile(bytes), logged);
  } catch (error) {
    if (!(error instanceof CaptureFileError)) throw error;
    await giveUp(recovery, directory, name, logged, error);
    return undefined;
  }
}

/** A file whose head cannot be read: torn, what it held is in the log; damaged, somebody may want to look at it. */
async function giveUp(
  recovery: Recovery,
  directory: string,
  name: string,
  logged: Logged,
  error: CaptureFileError,
): Promise<void> {
  const { root, onProblem } = recovery;
  const path = join(root, directory, name);
  onProblem(path, error);
  if (error.code === 'truncated-head' || isLogged(name, logged)) return discard(recovery, path);
  return moveToFailed(recovery, join(directory, name));
}

/** The log has the block that the file would begin with, and no file found so far has it. */
function isLogged(name: string, logged: Logged): boolean {
  const [, boot, stream, first] = stemOf(name).split('_');
  return [...logged].some(
    ([key, { blocks }]) => key.endsWith(`/${boot}/${stream}`) && blocks.has(Number(first)),
  );
}

/** Not of our magic: somebody else's, but where it is what a power cut left of a file that the log has still. */
async function passBy(recovery: Recovery, path: string, name: string, logged: Logged): Promise<undefined> {
  if (isLogged(name, logged)) await discard(recovery, path);
  return undefined;
}

/** Cuts a file to its whole records, makes it durable, and gives it the name that says what is in it. */
async function settle(
  { storage, root, unsynced }: Recovery,
  directory: string,
  name: string,
  size: number,
  { metadata, blocks, end }: CaptureFileContents,
  logged: Logged,
): Promise<BlocksReference | undefined> {
  const path = join(root, directory, name);
  const last = blocks.at(-1);
  if (last === undefined) {
    await storage.discard(path);
    unsynced.moved(path);
    return undefined;
  }
  const handle = await storage.open(path);
  try {
    if (end < size) await handle.truncate(end);
    await handle.sync();
  } finally {
    await handle.close();
  }
  const known = logged.get(streamName(metadata))?.blocks;
  for (const { sequence } of blocks) known?.delete(sequence);
  const readings = blocks.reduce((sum, block) => sum + block.readings, 0);
  const complete = completeName(stemOf(name), last.sequence + 1, blocks.length, readings);
  if (complete !== name) await storage.rename(path, join(root, directory, complete));
  await storage.syncDirectory(join(root, directory));
  return described(directory, complete, metadata, end);
}

/** It is read only when the log still has blocks of it: else it was synced. */
async function recoverComplete(
  recovery: Recovery,
  directory: string,
  name: string,
  logged: Logged,
): Promise<BlocksReference | 'doubtful' | undefined> {
  const { storage, root } = recovery;
  const path = join(root, directory, name);
  const start = await storage.readRange(path, 0, longestHead);
  if (isBarelyBegun(start)) {
    await discard(recovery, path);
    return undefined;
  }
  if (!isCaptureFile(start)) return passBy(recovery, path, name, logged);
  try {
    const { metadata } = readHead(start);
    const item = described(directory, name, metadata, (await storage.status(path))?.size ?? 0);
    const blocks = logged.get(streamName(metadata))?.blocks;
    for (let sequence = item.first; sequence < item.next && blocks?.size; sequence++)
      if (blocks.has(sequence)) return 'doubtful';
    return item;
  } catch (error) {
    if (!(error instanceof CaptureFileError)) throw error;
    await giveUp(recovery, directory, name, logged, error);
    return undefined;
  }
}
