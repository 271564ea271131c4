/**
 * What a start finds: the last snapshot, the journals after it, and the capture files. Every block that is in
 * a journal and in no whole record of a file goes into a file again; torn tails are cut off; a file whose
 * removal was journalled is removed.
 */
import { join } from 'node:path';
import {
  type CaptureFileContents,
  CaptureFileError,
  type CaptureFileMetadata,
  captureFileMagic,
  completeExtension,
  isCaptureFile,
  readCaptureFile,
  readHead,
  streamName,
} from '../../modules/block/file';
import { type CaptureFiles, describe, isOurName, stemOf } from './capture-files';
import { dispose } from './dispose';
import { type JournalBlock, type JournalEntry, type Removed, readJournal } from './journal';
import type { Storage } from './storage';
import { add, type StreamState, type StreamStates, tallyOf } from './stream-state';

interface Recovery {
  root: string;
  /** Where snapshot and journals are. */
  home: string;
  storage: Storage;
  states: StreamStates;
  files: CaptureFiles;
  onProblem(path: string, error: Error): void;
}

/** Blocks of the journals, by stream and sequence. */
type Journalled = Map<string, { state: StreamState; blocks: Map<number, JournalBlock> }>;

const longestHead = 70_000;

/** Returns the highest generation of a journal seen. */
export async function recover(recovery: Recovery): Promise<number> {
  const { storage, home, states } = recovery;
  const names = (await storage.list(home)).map(({ name }) => name);
  const from = names.includes('state.json')
    ? states.restore(await storage.read(join(home, 'state.json')))
    : 0;
  const generations = names.flatMap((name) => Number(/^journal-(\d+)$/.exec(name)?.[1] ?? Number.NaN) || []);
  const journalled: Journalled = new Map();
  const removed: Removed[] = [];
  for (const generation of generations.sort((a, b) => a - b)) {
    if (generation < from) continue;
    const bytes = await storage.read(join(home, `journal-${generation}`));
    for (const entry of readJournal(bytes)) replay(entry, states, journalled, removed);
  }
  for (const { key, cause } of removed) await dispose(storage, recovery.root, key, cause);
  await scan(recovery, journalled);
  for (const { state, blocks } of journalled.values()) restore(recovery.files, state, blocks);
  reconcile(recovery);
  return Math.max(from, 0, ...generations);
}

function replay(entry: JournalEntry, states: StreamStates, journalled: Journalled, removed: Removed[]): void {
  if (entry.kind === 'removed') {
    removed.push(entry);
    add(states.totalsOf(entry.metadata)[tallyOf[entry.cause]], entry.blocks, entry.readings);
    const blocks = journalled.get(streamName(entry.metadata))?.blocks;
    for (let sequence = entry.first; sequence < entry.next; sequence++) blocks?.delete(sequence);
    return;
  }
  if (entry.kind === 'stream') {
    states.add(entry.metadata, entry.id);
    return;
  }
  const state = states.byNumber(entry.id);
  if (state === undefined) return;
  if (entry.kind === 'over') states.forget(state);
  else if (entry.kind === 'gap') state.next = state.durable = Math.max(state.durable, entry.next);
  else {
    state.next = state.durable = entry.sequence + 1;
    state.end = state.durableEnd = entry.end;
    if (entry.known) state.offset = entry.offset;
    add(state.totals.received, 1, entry.readings);
    state.readings += entry.readings;
    const key = streamName(state.metadata);
    const known = journalled.get(key) ?? { state, blocks: new Map<number, JournalBlock>() };
    known.blocks.set(entry.sequence, entry);
    journalled.set(key, known);
  }
}

function restore(files: CaptureFiles, state: StreamState, blocks: Map<number, JournalBlock>): void {
  for (const block of [...blocks.values()].sort((a, b) => a.sequence - b.sequence)) {
    const { sequence, readings, known, offset, bytes } = block;
    files.add(state, { sequence, readings, mapping: { known, offset }, bytes });
  }
}

async function scan(recovery: Recovery, journalled: Journalled): Promise<void> {
  const { root, storage, onProblem } = recovery;
  for (const api of await directories(storage, root)) {
    if (api === 'failed' || api.startsWith('.')) continue;
    for (const name of await directories(storage, join(root, api))) {
      for (const method of await directories(storage, join(root, api, name))) {
        const directory = join(root, api, name, method);
        for (const entry of (await storage.list(directory)).sort((a, b) => (a.name < b.name ? -1 : 1))) {
          const kind = entry.directory ? undefined : isOurName(entry.name);
          if (kind === undefined) continue;
          const path = join(directory, entry.name);
          try {
            if (kind === 'open') await recoverOpen(recovery, directory, entry.name, journalled);
            else await recoverComplete(recovery, directory, entry.name, journalled);
          } catch (error) {
            onProblem(path, error as Error);
          }
        }
      }
    }
  }
}

async function directories(storage: Storage, path: string): Promise<string[]> {
  return (await storage.list(path)).filter(({ directory }) => directory).map(({ name }) => name);
}

/** A file with one of our names that lost its power before even its magic was on the disk. */
function isBarelyBegun(bytes: Uint8Array): boolean {
  if (bytes.every((byte) => byte === 0)) return true;
  return (
    bytes.length < captureFileMagic.length &&
    bytes.every((byte, index) => byte === captureFileMagic.charCodeAt(index))
  );
}

/** An open file of a gateway that did not close it: complete up to its last whole record. */
async function recoverOpen(recovery: Recovery, directory: string, name: string, journalled: Journalled) {
  const { storage } = recovery;
  const path = join(directory, name);
  const bytes = await storage.read(path);
  if (isBarelyBegun(bytes)) return storage.remove(path);
  if (!isCaptureFile(bytes)) return;
  let contents: CaptureFileContents;
  try {
    contents = readCaptureFile(bytes);
  } catch (error) {
    // Torn within its head: it never held a block of its own.
    if (error instanceof CaptureFileError) return storage.remove(path);
    throw error;
  }
  await settle(recovery, directory, name, bytes.length, contents, journalled);
}

/** Cuts a file to its whole records, syncs it, and gives it the name that says what is in it. */
async function settle(
  { storage, files }: Recovery,
  directory: string,
  name: string,
  size: number,
  { metadata, blocks, end }: CaptureFileContents,
  journalled: Journalled,
): Promise<void> {
  const path = join(directory, name);
  const last = blocks.at(-1);
  if (last === undefined) return storage.remove(path);
  const handle = await storage.open(path);
  try {
    if (end < size) await handle.truncate(end);
    await handle.sync();
  } finally {
    await handle.close();
  }
  const known = journalled.get(streamName(metadata))?.blocks;
  for (const { sequence } of blocks) known?.delete(sequence);
  const readings = blocks.reduce((sum, block) => sum + block.readings, 0);
  const complete = `${stemOf(name)}-${last.sequence}_${blocks.length}_${readings}${completeExtension}`;
  if (complete !== name) await storage.rename(path, join(directory, complete));
  await storage.syncDirectory(directory);
  files.complete.set(join(directory, complete), describe(join(directory, complete), complete, metadata));
}

/** A complete file is read only when a journal still has blocks of it, as its bytes may not have been synced. */
async function recoverComplete(recovery: Recovery, directory: string, name: string, journalled: Journalled) {
  const path = join(directory, name);
  const { root, storage, files, onProblem } = recovery;
  const start = await storage.readStart(path, longestHead);
  if (isBarelyBegun(start)) {
    await storage.remove(path);
    return;
  }
  if (!isCaptureFile(start)) return;
  let metadata: CaptureFileMetadata;
  try {
    metadata = readHead(start).metadata;
  } catch (error) {
    if (!(error instanceof CaptureFileError)) throw error;
    // Cut off within its head, it holds no block: those which were in it had not been synced, and are in a journal.
    if (error.code === 'truncated-head') await storage.remove(path);
    else await dispose(storage, root, path.slice(root.length + 1), 'set-aside');
    onProblem(path, error);
    return;
  }
  const file = describe(path, name, metadata);
  const known = journalled.get(streamName(metadata))?.blocks;
  let doubtful = false;
  for (let sequence = file.first; sequence < file.next && !doubtful; sequence++)
    doubtful = known?.has(sequence) ?? false;
  if (!doubtful) {
    files.complete.set(path, file);
    return;
  }
  const bytes = await storage.read(path);
  await settle(recovery, directory, name, bytes.length, readCaptureFile(bytes), journalled);
}

/** What is neither stored nor accounted for was deleted by hand while no gateway ran. */
function reconcile({ states, files }: Recovery): void {
  const stored = new Map([...states.totals.values()].map((totals) => [totals, { blocks: 0, readings: 0 }]));
  for (const { metadata, blocks, readings } of files.complete.values()) {
    const totals = states.totalsOf(metadata);
    const tally = stored.get(totals) ?? { blocks: 0, readings: 0 };
    stored.set(totals, tally);
    add(tally, blocks, readings);
  }
  for (const { state, blocks, readings } of files.openFiles) add(stored.get(state.totals)!, blocks, readings);
  for (const [totals, tally] of stored) {
    const { received, uploaded, setAside, deleted } = totals;
    const blocks = received.blocks - uploaded.blocks - setAside.blocks - deleted.blocks - tally.blocks;
    const readings =
      received.readings - uploaded.readings - setAside.readings - deleted.readings - tally.readings;
    if (blocks > 0) add(deleted, blocks, readings);
    // Files of a directory whose state was lost: they count as received.
    else if (blocks < 0) add(received, -blocks, -readings);
  }
}
