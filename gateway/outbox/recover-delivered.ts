/**
 * At a start: what was delivered while the disk had no room to say so is settled by its notes, as its entry would have
 * settled it.
 *
 * What holds: it is counted once, and nothing of it goes again, under whatever name a power cut has brought its file back.
 */
import { join } from 'node:path';
import type { CollectorName } from './account';
import { collectorDigest, digest, type Note } from './delivered-notes';
import { type Item, referenceOf } from './items';
import { directoryOf, displacedDirectoryOf } from './names';
import { endLogged, type Logged, type Recovery } from './recovery-context';

/** Before files are looked at: what is settled is leaving. */
export async function settleNoted({ notes, state }: Recovery, logged: Logged): Promise<void> {
  const { items, account } = state;
  const found = await notes.open();
  if (found.length === 0) return;
  const counted = new Set([...items.leaving.keys()].map(digest));
  const waiting = new Map(
    [...items.waiting.values()].map((item): [string, Item] => [digest(item.key), item]),
  );
  for (const note of found) {
    if (counted.has(note.key)) continue;
    const item = waiting.get(note.key);
    if (item !== undefined) {
      state.apply({ kind: 'settled', item: referenceOf(item), fate: 'delivered', end: 'removed' });
      items.remove(item, items.waiting);
      continue;
    }
    const collector = [...account.collectors].find((of) => collectorDigest(of) === note.collector);
    const key = collector && keyOf(note, collector);
    if (collector === undefined || key === undefined) continue;
    for (const name of account.destinations)
      if (!items.fates.get(key)?.has(name)) account.settled(collector, name, 'delivered', note.count);
    items.forget(key);
    items.leaving.set(key, { end: 'removed' });
    if (note.blocks === undefined) continue;
    const { stream, first, next } = note.blocks;
    const of = logged.get(`${collector.part}/${stream}`);
    for (let sequence = first; sequence < next && of !== undefined; sequence++) endLogged(of, sequence);
  }
}

/** In whichever of its directories the file was. */
function keyOf({ key, file }: Note, collector: CollectorName): string | undefined {
  if (file === undefined) return undefined;
  const keys = [directoryOf(collector), displacedDirectoryOf(collector)].map((of) => join(of, file));
  return keys.find((each) => digest(each) === key);
}
