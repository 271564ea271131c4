/** At a start: what was delivered while the disk had no room to say so is counted by its notes, once. */
import { join } from 'node:path';
import type { CollectorName, Fate } from './account';
import { collectorDigest, digest, type Note } from './delivered-notes';
import { type Item, referenceOf } from './items';
import { directoryOf, displacedDirectoryOf } from './names';
import type { Logged, Recovery } from './recovery-context';
import { placeOf } from './unread';

/** A note of an item of which no entry is known, with the fates that it had before. */
export interface Uncounted {
  note: Note;
  fates: ReadonlyMap<string, Fate> | undefined;
}

/** Before files are looked at: what is known of an item goes with its file. */
export async function readNotes({ notes, state }: Recovery): Promise<Uncounted[]> {
  const found = await notes.open();
  if (found.length === 0) return [];
  const { leaving, fates } = state.items;
  const counted = new Set([...leaving.keys()].map(digest));
  const known = new Map([...fates].map(([key, of]) => [digest(key), of]));
  return found.filter(({ key }) => !counted.has(key)).map((note) => ({ note, fates: known.get(note.key) }));
}

/** After files were looked at. */
export function settleNoted(recovery: Recovery, uncounted: readonly Uncounted[], logged: Logged): void {
  if (uncounted.length === 0) return;
  const { state } = recovery;
  const { items, account } = state;
  const waiting = new Map(
    [...items.waiting.values()].map((item): [string, Item] => [digest(item.key), item]),
  );
  for (const { note, fates } of uncounted) {
    const item = waiting.get(note.key);
    if (item !== undefined) {
      state.apply({ kind: 'settled', item: referenceOf(item), fate: 'delivered', end: 'removed' });
      items.remove(item, items.waiting);
      continue;
    }
    const collector = [...account.collectors].find((of) => collectorDigest(of) === note.collector);
    if (collector === undefined) continue;
    leaveForGood(recovery, note, collector);
    for (const name of account.destinations)
      if (!fates?.has(name)) account.settled(collector, name, 'delivered', note.count);
    if (note.blocks === undefined) continue;
    const { stream, first, next } = note.blocks;
    const of = logged.get(`${collector.part}/${stream}`);
    for (let sequence = first; sequence < next && of !== undefined; sequence++) {
      of.blocks.delete(sequence);
      if (of.all.has(sequence)) of.ended.add(sequence);
    }
  }
}

/** Its file has gone, which nobody may have synced; without the note nothing says that it is not to come back. */
function leaveForGood(recovery: Recovery, note: Note, collector: CollectorName): void {
  const { root, unsynced, state } = recovery;
  if (note.file === undefined) return;
  for (const directory of [directoryOf(collector), displacedDirectoryOf(collector)]) {
    const key = join(directory, note.file);
    if (digest(key) !== note.key) continue;
    unsynced.moved(join(root, key));
    if (!state.unread.mayHave(key)) continue;
    // It could not be read, and need not be.
    state.unread.resolve(placeOf(key));
    state.items.leaving.set(key, { end: 'removed' });
  }
}
