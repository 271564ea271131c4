/**
 * Looks at the files of a capture directory: finds ours, makes them whole, and takes them up as items. What cannot be
 * read waits (`unread.ts`), and holds up nothing else.
 */
import { dirname, join } from 'node:path';
import { systemCode } from '@sluice/common/errors';
import type { DirectoryEntry } from '@sluice/common/storage';
import { captureFileMagic, isCaptureFile, readHead } from '../../modules/block/file';
import { isBinaryFile, longestBinaryHead, readBinaryHead } from './binary-file';
import type { BinaryReference, ItemReference } from './entry';
import type { Item } from './items';
import { described, failedDirectory, isOurName } from './names';
import type { Logged, Recovery } from './recovery-context';
import { placeOf } from './unread';
import {
  type Found,
  isBarelyBegun,
  letGo,
  longestHead,
  moveToFailed,
  type Search,
  takeUpFile,
} from './whole-file';

/** Within which nearly every binary's head is. */
const usualBinaryHead = 2_048;
/** Directories above a file: those of the API, of the resource and of the method. */
const depth = 3;

/** All there is. @param leaving keys of items that were settled for good @throws what the storage says of the root */
export async function scan(recovery: Recovery, logged: Logged, leaving: Iterable<string>): Promise<void> {
  const { storage, root, state, unsynced } = recovery;
  const { items, unread } = state;
  const search: Search = {
    recovery,
    logged,
    leaving: new Set([...leaving].map(placeOf)),
    found: [],
    isLate: false,
  };
  await lookInto(search, '', await storage.list(root));
  take(recovery, search.found);
  for (const key of [...items.fates.keys()]) {
    if (items.waiting.has(key) || items.failed.has(key) || items.leaving.has(key)) continue;
    if (unread.mayHave(key) || unread.mayHave(join(failedDirectory, key))) continue;
    state.foundGone(key);
    // Come back with a power cut, it would go again to those that had it.
    unsynced.moved(items.pathOf(key));
  }
}

/**
 * Once more at what could not be read at a start. Returns the items that it held.
 * @throws what the storage says: it waits on
 */
export async function lookAgain(recovery: Recovery, place: string): Promise<Item[]> {
  const { storage, root, state } = recovery;
  const { unread } = state;
  const search: Search = { recovery, logged: new Map(), leaving: new Set(), found: [], isLate: true };
  if (unread.isFile(place)) {
    const directory = dirname(place);
    const names = (await storage.list(join(root, directory))).map(({ name }) => name);
    const own = names.filter((name) => placeOf(join(directory, name)) === place);
    if (own.length > 0)
      await takeUp(search, directory, own).catch((error: Error) => {
        if (systemCode(error) !== undefined) throw error;
        recovery.onProblem(join(root, place), error);
      });
  } else await lookInto(search, place, await storage.list(join(root, place)));
  const found = take(recovery, search.found);
  unread.resolve(place);
  return found;
}

/** Oldest first. */
function take({ state: { items }, unsynced }: Recovery, found: readonly Found[]): Item[] {
  const sorted = [...found].sort(
    ({ reference: a }, { reference: b }) => a.begun - b.begun || firstOf(a) - firstOf(b),
  );
  return sorted.map(({ reference, isUnsynced }) => {
    items.add(reference);
    const item = items.waiting.get(reference.key)!;
    if (isUnsynced) {
      item.file.doubtful = true;
      unsynced.written(item.file);
    }
    return item;
  });
}

function firstOf(item: ItemReference): number {
  return item.type === 'blocks' ? item.first : 0;
}

async function lookInto(search: Search, path: string, entries: readonly DirectoryEntry[]): Promise<void> {
  const components = path === '' ? [] : path.split('/');
  const isFailed = components[0] === failedDirectory;
  if (components.length === depth + (isFailed ? 1 : 0)) return lookAtFiles(search, path, entries);
  for (const { name, directory } of entries) {
    if (!directory || (path === '' && name.startsWith('.'))) continue;
    const below = join(path, name);
    const { storage, root, state, onProblem } = search.recovery;
    const listed = await storage.list(join(root, below)).catch((error: Error) => {
      onProblem(join(root, below), error);
      state.unread.addDirectory(below, error);
      return [];
    });
    await lookInto(search, below, listed);
  }
}

async function lookAtFiles(
  search: Search,
  directory: string,
  entries: readonly DirectoryEntry[],
): Promise<void> {
  const { root, state, unsynced, onProblem } = search.recovery;
  // A process before this one may have died before it had synced the entries, of new directories and of what went too.
  unsynced.placed(join(root, directory, 'any'));
  const together = new Map<string, string[]>();
  for (const { name, directory: isDirectory } of entries) {
    const kind = isDirectory ? undefined : isOurName(name);
    if (kind === undefined) continue;
    const place = placeOf(join(directory, name));
    together.set(place, [...(together.get(place) ?? []), name]);
  }
  for (const names of together.values()) {
    try {
      await takeUp(search, directory, names);
    } catch (error) {
      onProblem(join(root, directory, names[0]!), error as Error);
      // What is damaged is so the next time too.
      if (isOurName(names[0]!) === 'leftover' || systemCode(error) === undefined) continue;
      for (const name of names) state.unread.addFile(join(directory, name), error as Error);
    }
  }
}

/** Files of one place. @throws what the storage says */
async function takeUp(search: Search, directory: string, names: readonly string[]): Promise<void> {
  const { recovery, leaving, found } = search;
  const key = join(directory, names[0]!);
  const kind = isOurName(names[0]!);
  if (directory.startsWith(`${failedDirectory}/`)) {
    for (const name of names) await takeUpFailed(recovery, directory, name);
  } else if (kind === 'leftover') {
    if (await isOurs(recovery, key)) await letGo(search, key);
  } else if (leaving.has(placeOf(key))) {
    // Of a file that was settled, also the name that it had before it was complete, which a power cut may have kept.
    for (const name of names)
      if (!recovery.state.items.leaving.has(join(directory, name)))
        await letGo(search, join(directory, name));
  } else if (kind === 'binary') {
    const reference = await takeUpBinary(recovery, key);
    if (reference !== undefined) found.push({ reference, isUnsynced: false });
  } else found.push(...(await takeUpFile(search, directory, names)));
}

async function takeUpFailed(recovery: Recovery, directory: string, name: string): Promise<void> {
  const { storage, root, state } = recovery;
  const kind = isOurName(name);
  const path = join(root, directory, name);
  const within = directory.slice(failedDirectory.length + 1);
  const { failed, leaving } = state.items;
  if (failed.has(join(within, name)) || leaving.get(join(within, name))?.end === 'failed-removed') return;
  if (kind === 'binary') {
    const item = await describedBinary(recovery, path, join(within, name));
    if (item !== undefined) state.items.addFailed(item);
  } else if (kind === 'complete') {
    const start = await storage.readRange(path, 0, longestHead);
    if (!isCaptureFile(start)) return;
    const size = (await storage.status(path))?.size ?? 0;
    state.items.addFailed(described(within, name, readHead(start).metadata, size));
  }
}

async function isOurs({ storage, root }: Recovery, key: string): Promise<boolean> {
  const start = await storage.readRange(join(root, key), 0, captureFileMagic.length);
  return isBarelyBegun(start) || isCaptureFile(start) || isBinaryFile(start);
}

/** Whole and durable, or it would not have this name: a head that cannot be read is for somebody to look at. */
async function takeUpBinary(recovery: Recovery, key: string): Promise<BinaryReference | undefined> {
  const { root, storage, onProblem } = recovery;
  const path = join(root, key);
  const item = await describedBinary(recovery, path, key);
  if (item !== undefined) return item;
  if (!isBinaryFile(await storage.readRange(path, 0, captureFileMagic.length))) return undefined;
  onProblem(path, new Error('the head of a binary is damaged'));
  await moveToFailed(recovery, key);
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
