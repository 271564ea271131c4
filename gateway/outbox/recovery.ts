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
import { add, type Collector, type CollectorName, type Tally } from './account';
import { dispose } from './dispose';
import { type BlockEntry, decodeEntry, type Entry, type ItemReference } from './entry';
import { type Item, referenceOf } from './items';
import { directoryOf, displacedDirectoryOf, isOurName, spanOf, stemOf } from './names';
import { readNotes, settleNoted } from './recover-delivered';
import type { Logged, Recovery } from './recovery-context';
import { scan } from './scan';
import type { OutboxState } from './state';
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
      const of = this.logged.get(key) ?? { stream, blocks: new Map<number, BlockEntry>() };
      of.blocks.set(entry.sequence, entry);
      this.logged.set(key, of);
    } else if (entry.kind === 'settled' && entry.end !== undefined) this.#end(entry.item);
  }

  /** Its file is not looked for. */
  #end(item: ItemReference): void {
    const { items } = this.#state;
    const waiting = items.waiting.get(item.key);
    if (waiting !== undefined) items.remove(waiting, items.waiting);
    if (item.type !== 'blocks') return;
    const blocks = this.logged.get(streamName(item.metadata))?.blocks;
    for (let sequence = item.first; sequence < item.next && blocks?.size; sequence++) blocks.delete(sequence);
  }
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

/** Brings the files in line with what is known. */
export async function recoverFiles(recovery: Recovery, { logged }: Replay): Promise<void> {
  const { state, files, onProblem } = recovery;
  const { items } = state;
  const noted = await readNotes(recovery);
  for (const [key, departure] of [...items.leaving]) {
    await discardOldName(recovery, key);
    await dispose({ ...recovery, items }, key, departure).catch((error) =>
      onProblem(items.pathOf(key), asError(error)),
    );
  }
  for (const item of [...items.waiting.values()]) await recoverItem(recovery, item);
  await forgetDeleted(recovery, logged);
  await scan(recovery, logged);
  settleNoted(recovery, noted, logged);
  for (const { stream, blocks } of logged.values()) {
    for (const block of [...blocks.values()].sort((a, b) => a.sequence - b.sequence)) {
      const { sequence, readings, known, offset, bytes } = block;
      files.add(stream, { sequence, readings, mapping: { known, offset }, bytes });
    }
  }
  reconcile(recovery);
}

/** Binaries are found by the scan, adopted files where they were left: changed since, they are their owner's again. */
async function recoverItem({ storage, state, notes }: Recovery, item: Item): Promise<void> {
  const { items } = state;
  if (notes.has(item.key)) return;
  if (item.type !== 'file') return items.remove(item, items.waiting);
  const status = await storage.status(item.key);
  if (status?.size === item.bytes && status.modified === item.modified) return;
  items.remove(item, items.waiting);
  if (status !== undefined)
    state.apply({ kind: 'settled', item: referenceOf(item), fate: 'released', end: 'left' });
}

/**
 * What a destination had settled was synced before: where it is not there, it was deleted while there was no room to say
 * so, or by hand. Filed again from the log under another name it would go to that destination once more.
 */
async function forgetDeleted({ storage, state: { items } }: Recovery, logged: Logged): Promise<void> {
  const byPlace = new Map<string, Map<number, BlockEntry>>();
  for (const { stream, blocks } of logged.values()) {
    const { metadata } = stream;
    for (const directory of [directoryOf(metadata), displacedDirectoryOf(metadata)])
      byPlace.set(`${directory}/${bootText(metadata.boot)}/${metadata.stream}`, blocks);
  }
  for (const key of items.fates.keys()) {
    if (isOurName(basename(key)) !== 'complete') continue;
    const { stream, first, next } = spanOf(basename(key));
    const blocks = byPlace.get(`${dirname(key)}/${stream}`);
    const numbers = Array.from({ length: next - first }, (_, index) => first + index);
    if (blocks === undefined || !numbers.some((sequence) => blocks.has(sequence))) continue;
    if ((await storage.status(items.pathOf(key))) !== undefined) continue;
    for (const sequence of numbers) blocks.delete(sequence);
  }
}

/** Completed shortly before the power went, a file may be there under the name that it had while open. */
async function discardOldName({ storage, state, unsynced }: Recovery, key: string): Promise<void> {
  if (isOurName(basename(key)) !== 'complete') return;
  const path = join(dirname(state.items.pathOf(key)), stemOf(basename(key)) + openExtension);
  await storage.discard(path);
  unsynced.moved(path);
}

function reconcile({ state, files }: Recovery): void {
  const { account, items } = state;
  for (const destination of account.destinations) {
    const stored = new Map<Collector, Tally>();
    const count = (metadata: CollectorName, of: Tally) => {
      const collector = account.of(metadata);
      const tally = stored.get(collector) ?? { blocks: 0, readings: 0 };
      stored.set(collector, tally);
      add(tally, of);
    };
    for (const item of items.waiting.values())
      if (!items.isSettled(item, destination)) count(item.metadata, item);
    for (const open of files.openFiles) count(open.metadata, open);
    for (const collector of account.collectors)
      account.reconcile(collector, destination, stored.get(collector) ?? { blocks: 0, readings: 0 });
  }
}
