/**
 * Makes a capture file that a process left whole: cuts it to its whole records, takes out the blocks that another file
 * has, and gives it the name that says what is in it.
 *
 * What comes in: the names of one place. What goes out: items. What holds: a block of the log is in one of them at most;
 * what the log has too waits for the next checkpoint to sync it.
 */
import { basename, dirname, join } from 'node:path';
import {
  type CapturedBlock,
  type CaptureFileContents,
  CaptureFileError,
  type CaptureFileMetadata,
  captureFileMagic,
  encodeHead,
  encodeRecord,
  isCaptureFile,
  readCaptureFile,
  readHead,
  type StreamName,
  streamName,
} from '../../modules/block/file';
import type { BlocksReference, ItemReference } from './entry';
import { completeName, described, isOurName, stemOf } from './names';
import type { Logged, Recovery } from './recovery-context';
import { placeOf } from './unread';

export const longestHead = 70_000;

export interface Found {
  reference: ItemReference;
  /** The disk may not have all of it, nor say so when it is synced. */
  isUnsynced: boolean;
}

/** Of a start; of a later look `logged` has nothing, as all of it is filed. */
export interface Search {
  recovery: Recovery;
  logged: Logged;
  found: Found[];
  /** An earlier look has failed, maybe when it had cut a file: nobody knows what the disk has of that. */
  isLate: boolean;
  /** Places of items that were settled for good. */
  leaving: ReadonlySet<string>;
}

interface WholeFile {
  name: string;
  item: BlocksReference;
  /** Left out: the log has none of it, so it was synced as it is. */
  contents?: CaptureFileContents & { size: number };
}

/**
 * A power cut may leave a file under its old name too: those of one beginning are one.
 * @throws what the storage says: then nothing of it is found, and it is looked at again
 */
export async function takeUpFile(
  search: Search,
  directory: string,
  names: readonly string[],
): Promise<Found[]> {
  const all: WholeFile[] = [];
  for (const name of [...names].sort()) {
    const whole = await readWhole(search, directory, name);
    if (whole !== undefined) all.push(whole);
  }
  const [best, ...others] = all.sort((a, b) => b.item.blocks - a.item.blocks);
  if (best === undefined) return [];
  const found = await settle(search, directory, best);
  const keys = found.map(({ reference }) => reference.key);
  for (const { name } of others)
    if (!keys.includes(join(directory, name))) await letGo(search, join(directory, name));
  return found;
}

/** Removes a file that is not to be an item again; where that fails, the next checkpoint does. */
export async function letGo({ recovery }: Search, key: string): Promise<void> {
  const { root, storage, unsynced, state, onProblem } = recovery;
  const path = join(root, key);
  try {
    await storage.discard(path);
  } catch (error) {
    onProblem(path, error as Error);
    state.items.leaving.set(key, { end: 'removed' });
  }
  unsynced.moved(path);
}

/** Moves what somebody may want to look at. */
export async function moveToFailed({ storage, root, state, unsynced }: Recovery, key: string): Promise<void> {
  const path = join(root, key);
  const target = state.items.failedPathOf(key);
  await storage.makeDirectory(dirname(target));
  await storage.rename(path, target);
  unsynced.moved(target);
  unsynced.moved(path);
}

/** A file with one of our names that lost its power before even its magic was on the disk. */
export function isBarelyBegun(bytes: Uint8Array): boolean {
  if (bytes.every((byte) => byte === 0)) return true;
  return (
    bytes.length < captureFileMagic.length &&
    bytes.every((byte, index) => byte === captureFileMagic.charCodeAt(index))
  );
}

async function readWhole(search: Search, directory: string, name: string): Promise<WholeFile | undefined> {
  const { storage, root } = search.recovery;
  const path = join(root, directory, name);
  const isComplete = isOurName(name) === 'complete';
  // Of a complete one the rest is read only when the log has blocks of it: else it was synced.
  const start = await (isComplete ? storage.readRange(path, 0, longestHead) : storage.read(path));
  try {
    if (isBarelyBegun(start)) await letGo(search, join(directory, name));
    else if (!isCaptureFile(start)) await passBy(search, directory, name);
    else if (isComplete) {
      const { metadata } = readHead(start);
      const item = described(directory, name, metadata, (await storage.status(path))?.size ?? 0);
      if (!search.isLate && !isInDoubt(search, item)) return { name, item };
      return wholeOf(directory, name, await storage.read(path));
    } else return wholeOf(directory, name, start);
  } catch (error) {
    if (!(error instanceof CaptureFileError)) throw error;
    await giveUp(search, directory, name, error);
  }
  return undefined;
}

function wholeOf(directory: string, name: string, bytes: Uint8Array): WholeFile {
  const contents = { ...readCaptureFile(bytes), size: bytes.length };
  const complete = nameOf(stemOf(name), contents.blocks);
  const item = described(directory, complete, contents.metadata, contents.end);
  return { name, item, contents };
}

/** Of a file of no whole record, one that says so. */
function nameOf(stem: string, blocks: readonly CapturedBlock[]): string {
  const readings = blocks.reduce((sum, block) => sum + block.readings, 0);
  return completeName(stem, (blocks.at(-1)?.sequence ?? 0) + 1, blocks.length, readings);
}

/** The log has, or had, a block that its name says it holds. */
function isInDoubt({ recovery, logged }: Search, { key, metadata, first, next }: BlocksReference): boolean {
  const stream = streamName(metadata);
  const all = logged.get(stream)?.all;
  for (let sequence = first; sequence < next; sequence++)
    if (all?.has(sequence) || recovery.state.unread.isTwin(key, stream, sequence)) return true;
  return false;
}

/** A file whose head cannot be read: torn, what it held is in the log; damaged, somebody may want to look at it. */
async function giveUp(
  search: Search,
  directory: string,
  name: string,
  error: CaptureFileError,
): Promise<void> {
  const { root, onProblem } = search.recovery;
  const key = join(directory, name);
  onProblem(join(root, key), error);
  if (error.code === 'truncated-head' || isLogged(search, key)) await letGo(search, key);
  else await moveToFailed(search.recovery, key);
}

/** The log has, or had, the block that the file would begin with: whatever is left of it, that is elsewhere. */
function isLogged({ logged, recovery }: Search, key: string): boolean {
  const [, boot, stream, first] = stemOf(basename(key)).split('_');
  const isInLog = [...logged].some(
    ([name, { all }]) => name.endsWith(`/${boot}/${stream}`) && all.has(Number(first)),
  );
  return isInLog || recovery.state.unread.isTwinByName(key);
}

/** Not of our magic: somebody else's, but where it is what a power cut left of a file that the log has still. */
async function passBy(search: Search, directory: string, name: string): Promise<void> {
  const key = join(directory, name);
  if (isLogged(search, key)) await letGo(search, key);
}

async function settle(search: Search, directory: string, whole: WholeFile): Promise<Found[]> {
  const { name, item, contents } = whole;
  if (contents === undefined) return [{ reference: item, isUnsynced: false }];
  const { metadata, blocks } = contents;
  const key = join(directory, name);
  const own = blocks.filter(({ sequence }) => !isTwin(search, key, streamName(metadata), sequence));
  if (own.length === blocks.length && own.length > 0 && !search.isLate) {
    await cut(search, directory, name, item, contents);
    claim(search, item.key, metadata, own);
    return [{ reference: item, isUnsynced: true }];
  }
  const found: Found[] = [];
  for (const run of runsOf(blocks, own)) {
    const reference = await writeRun(search, directory, name, metadata, run);
    claim(search, reference.key, metadata, run);
    found.push({ reference, isUnsynced: false });
  }
  if (!found.some(({ reference }) => reference.key === key)) await letGo(search, key);
  return found;
}

/** Another file has the block, or had it when it was settled for good. */
function isTwin({ recovery, logged }: Search, key: string, stream: StreamName, sequence: number): boolean {
  const of = logged.get(stream);
  const place = placeOf(key);
  return (
    of?.ended.has(sequence) ||
    (of?.owner.get(sequence) ?? place) !== place ||
    recovery.state.unread.isTwin(key, stream, sequence)
  );
}

function claim(
  { logged }: Search,
  key: string,
  metadata: CaptureFileMetadata,
  blocks: readonly CapturedBlock[],
): void {
  const of = logged.get(streamName(metadata));
  if (of === undefined) return;
  for (const { sequence } of blocks) {
    of.blocks.delete(sequence);
    if (of.all.has(sequence)) of.owner.set(sequence, placeOf(key));
  }
}

async function cut(
  { recovery: { root, storage, unsynced } }: Search,
  directory: string,
  name: string,
  { key }: BlocksReference,
  { end, size }: { end: number; size: number },
): Promise<void> {
  const path = join(root, directory, name);
  if (end < size) {
    const handle = await storage.open(path);
    try {
      await handle.truncate(end);
      // With its new name alone, which says that it is complete, the rest would come back with a power cut.
      await handle.sync();
    } finally {
      await handle.close();
    }
  }
  if (key !== join(directory, name)) await storage.rename(path, join(root, key));
  unsynced.moved(path);
}

/** Those that follow each other in the file, so that no item's name spans blocks of another. */
function runsOf(blocks: readonly CapturedBlock[], own: readonly CapturedBlock[]): CapturedBlock[][] {
  const isOwn = new Set(own);
  const runs: CapturedBlock[][] = [[]];
  for (const block of blocks) {
    if (isOwn.has(block)) runs.at(-1)!.push(block);
    else runs.push([]);
  }
  return runs.filter(({ length }) => length > 0);
}

/** Durable when it resolves. */
async function writeRun(
  { recovery: { root, storage } }: Search,
  directory: string,
  name: string,
  metadata: CaptureFileMetadata,
  run: readonly CapturedBlock[],
): Promise<BlocksReference> {
  const [stamp, boot, stream] = stemOf(name).split('_');
  const bytes = Buffer.concat([encodeHead(metadata), ...run.map(encodeRecord)]);
  const own = nameOf(`${stamp}_${boot}_${stream}_${run[0]!.sequence}`, run);
  await storage.replace(join(root, directory, own), bytes);
  return described(directory, own, metadata, bytes.length);
}
