/**
 * What the outbox knows: watermarks, account, and what has become of items. It is what a snapshot holds and what each
 * entry of the log behind that snapshot changes, in life and at a start alike.
 */

import { basename } from 'node:path';
import type { WallMilliseconds } from '@sluice/common/clock';
import { SluiceError } from '@sluice/common/errors';
import type { Position } from '@sluice/common/log';
import { Account, add, type Collector, type CollectorName, type Fate, type Tally } from './account';
import type { BlockEntry, End, Entry, FileReference, GapEntry, SettledEntry } from './entry';
import { departureOf, type FileVersion, Items } from './items';
import { Missing } from './missing';
import { isOurName, spanOf } from './names';
import { type KeptStream, type StreamState, StreamStates } from './streams';
import { type KeptUnread, Unread } from './unread';
import { restoreVersion1 } from './version-1';

/**
 * Of `state.json`: 1 had journals beside it, 2 no items but capture files, 3 nothing of files that could not be read: one
 * that has none is written as that.
 */
export const stateVersion = 4;

interface Snapshot {
  version: 3 | typeof stateVersion;
  /** The log's entries from there on are not in it. */
  position: Position;
  account: { destinations: string[]; collectors: Collector[] };
  nextId: number;
  streams: KeptStream[];
  /** `owner`: place among the account's collectors, of one that some destination has set aside. */
  fates: [key: string, [destination: string, fate: Fate][], owner?: number][];
  leaving: [key: string, end: End, version?: FileVersion][];
  /** Items that no file of ours names. */
  adopted: FileReference[];
  /** From version 4 on. */
  unread?: KeptUnread[];
}

export interface Restored {
  position?: Position;
  generation?: number;
  /** It was written by an earlier release. */
  isOlder: boolean;
}

export class OutboxState {
  readonly account: Account;
  readonly streams: StreamStates;
  readonly items: Items;
  readonly unread: Unread;
  readonly missing: Missing;

  constructor(root: string, destinations: readonly string[], wall: () => WallMilliseconds) {
    this.account = new Account(destinations);
    this.streams = new StreamStates(this.account);
    this.items = new Items(root);
    this.unread = new Unread(root, wall);
    this.missing = new Missing(this.account, this.items);
  }

  /** A durable entry has its effect. */
  apply(entry: Entry): void {
    if (entry.kind === 'block') this.#applyBlock(entry);
    else if (entry.kind === 'settled') this.#applySettled(entry);
    else if (entry.kind === 'item') {
      this.#endUntold(entry.item.key);
      this.account.received(this.account.of(entry.item.metadata), entry.item);
      this.items.add(entry.item);
    } else if (entry.kind === 'stream') {
      if (this.streams.byNumber(entry.id) === undefined) this.streams.add(entry.metadata, entry.id);
    } else {
      const stream = this.streams.byNumber(entry.id);
      if (stream === undefined) return;
      if (entry.kind === 'over') this.streams.forget(stream);
      else applyGap(stream, entry);
    }
  }

  /** Deleted by hand before it was complete. */
  gone(collector: Collector, count: Tally): void {
    for (const destination of this.account.destinations)
      this.account.settled(collector, destination, 'deleted', count);
  }

  /**
   * At a start: the file is gone of an item that some destination has settled, deleted by hand or while there was no room
   * to say so. What it was for the others is found missing among what is stored.
   */
  foundGone(key: string): void {
    const owner = this.items.owners.get(key);
    if (owner !== undefined)
      for (const [name, fate] of this.items.fates.get(key) ?? [])
        if (fate === 'setAside') this.account.lost(owner, name, countOf(key));
    this.items.forget(key);
  }

  /** What waits for a destination, by collector. @param open files that are not complete */
  storedFor(destination: string, open: Iterable<Tally & { metadata: CollectorName }>): Map<Collector, Tally> {
    const stored = new Map<Collector, Tally>();
    const count = (metadata: CollectorName, of: Tally) => {
      const collector = this.account.of(metadata);
      const tally = stored.get(collector) ?? { blocks: 0, readings: 0 };
      add(tally, of);
      stored.set(collector, tally);
    };
    for (const item of this.items.waiting.values())
      if (!this.items.isSettled(item, destination)) count(item.metadata, item);
    for (const file of open) count(file.metadata, file);
    return stored;
  }

  snapshot(position: Position): Uint8Array {
    const { fates, owners, leaving, waiting } = this.items;
    const unread = this.unread.snapshot();
    const places = new Map<Collector | undefined, number>(
      [...this.account.collectors].map((collector, place) => [collector, place]),
    );
    const snapshot: Snapshot = {
      version: unread.length === 0 ? 3 : stateVersion,
      position,
      account: this.account.snapshot(),
      ...this.streams.snapshot(),
      fates: [...fates].map(([key, of]) => {
        const owner = places.get(owners.get(key));
        return owner === undefined ? [key, [...of]] : [key, [...of], owner];
      }),
      leaving: [...leaving].map(([key, { end, version }]) =>
        version === undefined ? [key, end] : [key, end, version],
      ),
      adopted: [...waiting.values()].flatMap(({ file: _, ...reference }) =>
        reference.type === 'file' ? [reference] : [],
      ),
      ...(unread.length === 0 ? {} : { unread }),
    };
    return new TextEncoder().encode(JSON.stringify(snapshot));
  }

  /**
   * Fills an empty state. Returns the log's position behind it; of version 1, the generation of its journals.
   * @throws SluiceError outbox-newer-version, outbox-damaged
   */
  restore(bytes: Uint8Array, path: string): Restored {
    const snapshot = parsed(bytes, path);
    if (snapshot.version > stateVersion) {
      const sentence = `${path} was written by a newer release (version ${snapshot.version}, this one reads up to ${stateVersion})`;
      throw new SluiceError('outbox-newer-version', sentence, { path });
    }
    if (snapshot.version === 1) return { generation: restoreVersion1(snapshot, this), isOlder: true };
    const isOlder = snapshot.version < 3;
    const { account, nextId, streams, fates, leaving, adopted, unread, position } = snapshot as Snapshot;
    this.account.restore(account);
    this.streams.restore({ nextId, streams });
    const collectors = [...this.account.collectors];
    for (const [key, of, owner] of fates) {
      this.items.fates.set(key, new Map(of));
      if (owner !== undefined && collectors[owner] !== undefined)
        this.items.owners.set(key, collectors[owner]);
    }
    for (const [key, end, version] of leaving)
      this.items.leaving.set(key, version === undefined ? { end } : { end, version });
    for (const reference of adopted) this.items.add(reference);
    this.unread.restore(unread ?? []);
    return { position, isOlder };
  }

  /** At a start: one of this path before had gone while there was no room to say so; as missing it is counted later. */
  #endUntold(key: string): void {
    const before = this.items.waiting.get(key);
    if (before === undefined) return;
    this.items.remove(before, this.items.waiting);
    this.items.forget(key);
  }

  #applyBlock({ id, sequence, readings, known, offset, end }: BlockEntry): void {
    const stream = this.streams.byNumber(id);
    if (stream === undefined) return;
    stream.durable = sequence + 1;
    stream.durableEnd = end;
    if (stream.next <= sequence + 1) {
      stream.next = sequence + 1;
      stream.end = end;
    }
    if (known) stream.offset = offset;
    stream.readings += readings;
    this.account.received(stream.collector, { blocks: 1, readings });
  }

  #applySettled({ item, destination, fate, end }: SettledEntry): void {
    const { account, items } = this;
    const collector = account.of(item.metadata);
    const fates = items.fates.get(item.key);
    if (fate === 'released') {
      for (const name of account.destinations) if (!fates?.has(name)) account.released(collector, name, item);
      items.forget(item.key);
      return;
    }
    // Set aside is what is kept.
    if (end === 'failed-removed' || (end === 'removed' && fate === 'deleted'))
      for (const [name, was] of fates ?? []) if (was === 'setAside') account.lost(collector, name, item);
    if (end !== 'failed-removed') {
      const unsettled = account.destinations.filter((name) => !fates?.has(name));
      for (const name of destination === undefined ? unsettled : [destination]) {
        account.settled(collector, name, fate, item);
        items.settle(item.key, name, fate);
        if (fate === 'setAside') items.owners.set(item.key, collector);
      }
    }
    if (end === undefined) return;
    // A destination that came while this was on its way to the disk was told of an item which it will never be given.
    if (end !== 'failed-removed')
      for (const name of account.destinations)
        if (!items.fates.get(item.key)?.has(name)) account.released(collector, name, item);
    if (end !== 'failed' || item.type === 'file') items.forget(item.key);
    items.leaving.set(item.key, departureOf(item, end));
  }
}

/** What an item of ours counts for, as its key says. */
function countOf(key: string): Tally {
  const name = basename(key);
  return isOurName(name) === 'complete' ? spanOf(name) : { blocks: 1, readings: 1 };
}

function applyGap(stream: StreamState, { next, end, offset }: GapEntry): void {
  stream.durable = Math.max(stream.durable, next);
  stream.next = Math.max(stream.next, next);
  if (end !== undefined) {
    stream.end = Math.max(stream.end, end);
    stream.durableEnd = Math.max(stream.durableEnd, end);
  }
  if (offset !== undefined) stream.offset = offset;
}

function parsed(bytes: Uint8Array, path: string): { version: number } {
  try {
    const value = JSON.parse(new TextDecoder().decode(bytes)) as { version?: unknown } | null;
    if (typeof value?.version === 'number') return value as { version: number };
  } catch (cause) {
    throw new SluiceError('outbox-damaged', `${path} cannot be read`, { path, cause });
  }
  throw new SluiceError('outbox-damaged', `${path} is no state of an outbox`, { path });
}
