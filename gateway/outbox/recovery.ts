/**
 * What a start finds: the last snapshot, the log behind it, and the files. Every block that is in the log and in no
 * whole record of a file goes into a file again; torn tails are cut off; what was settled goes; what is neither stored
 * nor accounted for was deleted by hand.
 */
import { basename, dirname, join } from 'node:path';
import { asError } from '@sluice/common/errors';
import type { Log, Position } from '@sluice/common/log';
import { bootText } from '../../modules/block/boot-text';
import { openExtension, streamName } from '../../modules/block/file';
import { dispose } from './dispose';
import { decodeEntry, type Entry, type ItemReference } from './entry';
import { type Item, referenceOf } from './items';
import { directoryOf, displacedDirectoryOf, isOurName, spanOf, stemOf } from './names';
import { settleNoted } from './recover-delivered';
import { endLogged, type Logged, type LoggedStream, type Recovery } from './recovery-context';
import { scan } from './scan';
import type { OutboxState } from './state';
import type { StreamState } from './streams';
import { placeOf } from './unread';
import { journalGeneration, readJournal } from './version-1';

export class Replay {
  readonly logged: Logged = new Map();
  readonly #state: OutboxState;

  constructor(state: OutboxState) {
    this.#state = state;
  }

  apply(entry: Entry): void {
    this.#state.apply(entry);
    if (entry.kind === 'block') {
      const stream = this.#state.streams.byNumber(entry.id);
      if (stream === undefined) return;
      const key = streamName(stream.metadata);
      const of = this.logged.get(key) ?? loggedOf(stream);
      of.blocks.set(entry.sequence, entry);
      of.all.add(entry.sequence);
      this.logged.set(key, of);
    } else if (entry.kind === 'settled' && entry.end !== undefined) this.#end(entry.item);
  }

  /** Its file is not looked for. */
  #end(item: ItemReference): void {
    const { items } = this.#state;
    const waiting = items.waiting.get(item.key);
    if (waiting !== undefined) items.remove(waiting, items.waiting);
    if (item.type !== 'blocks') return;
    const of = this.logged.get(streamName(item.metadata));
    if (of !== undefined)
      for (let sequence = item.first; sequence < item.next; sequence++) endLogged(of, sequence);
  }
}

function loggedOf(stream: StreamState): LoggedStream {
  return { stream, blocks: new Map(), all: new Set(), ended: new Set(), owner: new Map() };
}

/** Reads the log from `position` on. */
export async function replayLog(log: Log, position: Position, replay: Replay): Promise<void> {
  const reader = log.reader();
  try {
    for (let at = Math.max(position, log.first); at < log.end; ) {
      const { records, next } = await reader.read(at);
      for (const record of records) replay.apply(decodeEntry(record));
      at = next;
    }
  } finally {
    await reader.close();
  }
}

/** Reads the journals of an earlier release, from `generation` on. */
export async function replayJournals(recovery: Recovery, generation: number, replay: Replay): Promise<void> {
  const { storage, home, state } = recovery;
  const names = (await storage.list(home)).map(({ name }) => name);
  const journals = names.flatMap((name) => journalGeneration(name) ?? []);
  for (const number of journals.sort((a, b) => a - b)) {
    if (number < generation) continue;
    const bytes = await storage.read(join(home, `journal-${number}`));
    for (const entry of readJournal(bytes, state.account.destinations[0])) replay.apply(entry);
  }
}

/** Brings the files in line with what is known. @throws what the storage says; then nothing is lost, and it can be tried again */
export async function recoverFiles(recovery: Recovery, { logged }: Replay): Promise<void> {
  const { state, onProblem } = recovery;
  const { items, unread } = state;
  await settleNoted(recovery, logged);
  const leaving = [...items.leaving];
  for (const [key, departure] of leaving) {
    await discardOldName(recovery, key);
    await dispose({ ...recovery, items }, key, departure).catch((error) =>
      onProblem(items.pathOf(key), asError(error)),
    );
  }
  for (const item of [...items.waiting.values()]) await recoverItem(recovery, item);
  const partlySettled = await lookForSettled(recovery, logged);
  const keys = leaving.map(([key]) => key);
  await scan(recovery, logged, keys);
  unread.looked();
  for (const { key, of, sequences } of partlySettled) {
    // It was synced before one destination had it, and goes to the others when it is read.
    if (unread.mayHave(key)) for (const sequence of sequences) of.blocks.delete(sequence);
  }
  for (const of of logged.values()) fileAgain(recovery, of);
  reconcile(recovery);
}

/** What of a stream is in the log and in no file that was read. */
function fileAgain(
  { files, state: { unread } }: Recovery,
  { stream, blocks, all, owner }: LoggedStream,
): void {
  const { metadata } = stream;
  const isUnread = (sequence: number) => {
    const place = owner.get(sequence);
    return place !== undefined && unread.mayHave(place);
  };
  if (unread.size > 0)
    unread.filed(
      metadata,
      [...all].filter((sequence) => !isUnread(sequence)),
    );
  let next: number | undefined;
  for (const block of [...blocks.values()].sort((a, b) => a.sequence - b.sequence)) {
    const { sequence, readings, known, offset, bytes } = block;
    // The name of a file says which blocks it spans: none that another has.
    for (let between = next ?? sequence; between < sequence; between++)
      if (all.has(between)) files.end(stream);
    files.add(stream, { sequence, readings, mapping: { known, offset }, bytes });
    next = sequence + 1;
  }
}

/** Binaries are found by the scan, adopted files where they were left: changed since, they are their owner's again. */
async function recoverItem({ storage, state, onProblem }: Recovery, item: Item): Promise<void> {
  const { items } = state;
  if (item.type !== 'file') return items.remove(item, items.waiting);
  const status = await storage.status(item.key).catch((error: Error) => {
    onProblem(item.key, error);
    return 'unknown' as const;
  });
  // Whether it has changed is asked again when it is sent.
  if (status === 'unknown') return;
  if (status?.size === item.bytes && status.modified === item.modified) return;
  items.remove(item, items.waiting);
  if (status !== undefined)
    state.apply({ kind: 'settled', item: referenceOf(item), fate: 'released', end: 'left' });
}

interface PartlySettled {
  key: string;
  of: LoggedStream;
  /** Of its blocks, those that the log has. */
  sequences: number[];
}

/**
 * What a destination had settled was synced before: where it is not there, it was deleted while there was no room to say
 * so, or by hand. Filed again from the log under another name it would go to that destination once more. Where it is
 * there, its blocks are twins in any other file.
 */
async function lookForSettled(recovery: Recovery, logged: Logged): Promise<PartlySettled[]> {
  const { storage, state, onProblem } = recovery;
  const { items } = state;
  const byPlace = new Map<string, LoggedStream>();
  for (const of of logged.values()) {
    const { metadata } = of.stream;
    for (const directory of [directoryOf(metadata), displacedDirectoryOf(metadata)])
      byPlace.set(`${directory}/${bootText(metadata.boot)}/${metadata.stream}`, of);
  }
  const found: PartlySettled[] = [];
  for (const key of items.fates.keys()) {
    if (isOurName(basename(key)) !== 'complete') continue;
    const { stream, first, next } = spanOf(basename(key));
    const of = byPlace.get(`${dirname(key)}/${stream}`);
    if (of === undefined) continue;
    const numbers = Array.from({ length: next - first }, (_, index) => first + index);
    const sequences = numbers.filter((sequence) => of.blocks.has(sequence));
    if (sequences.length === 0) continue;
    const isThere = await storage.status(items.pathOf(key)).then(
      (status) => status !== undefined,
      (error: Error) => {
        onProblem(items.pathOf(key), error);
        return true;
      },
    );
    for (const sequence of sequences) {
      if (isThere) of.owner.set(sequence, placeOf(key));
      else endLogged(of, sequence);
    }
    if (isThere) found.push({ key, of, sequences });
  }
  return found;
}

/**
 * Completed shortly before the power went, a file may be there under the name that it had while open; also where its
 * directory cannot be listed, and nobody would see it before all this is forgotten.
 */
async function discardOldName(recovery: Recovery, key: string): Promise<void> {
  const { storage, state, unsynced, onProblem } = recovery;
  const { items } = state;
  if (isOurName(basename(key)) !== 'complete') return;
  const old = join(dirname(key), stemOf(basename(key)) + openExtension);
  const path = items.pathOf(old);
  await storage.discard(path).catch((error) => {
    onProblem(path, asError(error));
    items.leaving.set(old, { end: 'removed' });
  });
  unsynced.moved(path);
}

function reconcile({ state, files }: Recovery): void {
  const { account, missing, unread } = state;
  for (const destination of account.destinations) {
    const stored = state.storedFor(destination, files.openFiles);
    for (const collector of account.collectors)
      missing.note(
        collector,
        destination,
        account.reconcile(collector, destination, stored.get(collector) ?? { blocks: 0, readings: 0 }),
      );
  }
  missing.settle(unread, () => undefined);
}
