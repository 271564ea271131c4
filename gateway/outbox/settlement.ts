/**
 * What becomes of items: each destination settles each by name; when all have, the file goes.
 *
 * What holds: the entry is durable before the file goes, so that a crash in between ends in the same; what a power cut
 * brings back goes again.
 */
import { asError } from '@sluice/common/errors';
import { isOfFullDisk } from '@sluice/common/reserve';
import type { Storage } from '@sluice/common/storage';
import type { Fate } from './account';
import type { DeliveredNotes } from './delivered-notes';
import { dispose, reasonPathOf } from './dispose';
import type { End, SettledEntry } from './entry';
import { departureOf, type FileItem, type Item, referenceOf } from './items';
import type { OutboxState } from './state';
import type { UnsyncedFiles } from './stored-files';
import type { OutboxWriter } from './writer';

export interface SettlementOptions {
  state: OutboxState;
  storage: Storage;
  unsynced: UnsyncedFiles;
  notes: DeliveredNotes;
  writer: OutboxWriter;
  onProblem(path: string, error: Error): void;
  onSettled(item: Item, fate: Fate, destination?: string): void;
}

export class Settlement {
  readonly #options: SettlementOptions;

  constructor(options: SettlementOptions) {
    this.#options = options;
  }

  /** A destination has an item, or will never take it, for a reason that is kept with the file. */
  settle(item: Item, destination: string, fate: 'delivered' | 'setAside', reason = ''): Promise<void> {
    const { state, unsynced, writer, onSettled } = this.#options;
    const { items, account } = state;
    return item.file.turn.run(async () => {
      if (item.file.gone || items.isSettled(item, destination)) return;
      const fates = items.fates.get(item.key);
      const isLast = account.destinations.every((name) => name === destination || fates?.has(name));
      const isRefused = fate === 'setAside' || [...(fates?.values() ?? [])].includes('setAside');
      // Else a power cut could bring its blocks back in another file, of which nobody knows who has it.
      if (item.type === 'blocks' && (!isLast || isRefused)) await unsynced.syncOne(item.file);
      // Behind that, which may find that its directory can never be written: it has another key then.
      const entry: SettledEntry = { kind: 'settled', item: referenceOf(item), destination, fate };
      if (!isLast) await writer.commit(entry);
      else await this.#end(item, { ...entry, end: isRefused ? 'failed' : 'removed' }, reason);
      onSettled(item, fate, destination);
    });
  }

  /**
   * Removes an item for want of space, also from `failed/`; or forgets one that was deleted by hand. Not one that is being
   * delivered: that it was would not be counted.
   */
  discard(item: Item): Promise<void> {
    const { items } = this.#options.state;
    const { file } = item;
    // What is delivered from now on would be there, and counted as deleted.
    file.discarding = true;
    const discarded = file.turn.run(async () => {
      if (file.gone) return;
      const end = items.failed.get(item.key) === item ? 'failed-removed' : 'removed';
      await this.#end(item, { kind: 'settled', item: referenceOf(item), fate: 'deleted', end });
      this.#options.onSettled(item, 'deleted');
    });
    return discarded.finally(() => {
      file.discarding = false;
    });
  }

  /** An adopted file has changed: it is its owner's again, and another item when he gives it again. */
  release(item: FileItem): Promise<void> {
    return item.file.turn.run(async () => {
      if (item.file.gone) return;
      await this.#options.writer.commit({
        kind: 'settled',
        item: referenceOf(item),
        fate: 'released',
        end: 'left',
      });
      item.file.gone = true;
      this.#options.state.items.remove(item, this.#options.state.items.waiting);
    });
  }

  /** What every destination has settled, as one was configured away, goes. */
  async endSettled(): Promise<void> {
    const { items, account } = this.#options.state;
    if (account.destinations.length === 0) return;
    for (const item of items.waiting.values()) {
      const fates = items.fates.get(item.key);
      if (fates === undefined || !account.destinations.every((name) => fates.has(name))) continue;
      const end = [...fates.values()].includes('setAside') ? 'failed' : 'removed';
      await item.file.turn.run(async () => {
        if (item.file.gone) return;
        await this.#end(item, { kind: 'settled', item: referenceOf(item), fate: 'delivered', end });
      });
    }
  }

  async #end(item: Item, entry: SettledEntry & { end: End }, reason = ''): Promise<void> {
    const { state, unsynced, writer, notes, onProblem } = this.#options;
    const { items } = state;
    const { end } = entry;
    try {
      await writer.commit(entry);
      // Of an attempt before this one, in which the file would not go.
      if (notes.has(item.key))
        await notes.remove(item.key).catch((error: Error) => onProblem(item.file.path, error));
    } catch (error) {
      if (end === 'failed' || !isOfFullDisk(error)) throw error;
      await this.#makeRoom(item, entry);
    }
    const { file } = item;
    file.gone = true;
    const isUntouched = file.held?.isUntouched ?? false;
    file.held?.drop();
    unsynced.forget(file);
    items.remove(item, end === 'failed-removed' ? items.failed : items.waiting);
    // One that was adopted is its owner's, in a directory of his.
    if (end === 'failed' && item.type !== 'file') items.addFailed(referenceOf(item));
    // Of what the disk never had there is nothing to remove.
    if (isUntouched && !notes.has(item.key)) items.leaving.delete(item.key);
    else await this.#dispose(item, end, reason);
  }

  /** A full disk has no room for the entry either, and would stay full: the file goes first. */
  async #makeRoom(item: Item, entry: SettledEntry & { end: End }): Promise<void> {
    const { state, storage, unsynced, notes, writer, onProblem } = this.#options;
    const { items } = state;
    const report = (error: Error) => onProblem(item.file.path, error);
    let isNoted = false;
    try {
      if (entry.fate === 'delivered') await notes.add(item);
      isNoted = entry.fate === 'delivered';
    } catch (error) {
      report(asError(error));
    }
    try {
      if (!item.file.held?.isUntouched)
        await dispose({ storage, items, unsynced, notes }, item.key, departureOf(item, entry.end));
    } catch (error) {
      // With a note it is settled, wherever its file is: it goes with a checkpoint.
      if (!isNoted) throw error;
      report(asError(error));
    }
    try {
      await writer.commit(entry);
      await notes.remove(item.key).catch(report);
    } catch (error) {
      report(error as Error);
      state.apply(entry);
      notes.leaveToSnapshot(item.key);
    }
  }

  /** What cannot be done now is done with the next checkpoint: the item is settled all the same. */
  async #dispose(item: Item, end: End, reason: string): Promise<void> {
    const { state, storage, unsynced, notes, onProblem } = this.#options;
    const { items } = state;
    try {
      await dispose({ storage, items, unsynced, notes }, item.key, departureOf(item, end));
      if (end === 'failed' && reason !== '')
        await storage.replace(reasonPathOf(items.failedPathOf(item.key)), Buffer.from(`${reason}\n`));
    } catch (error) {
      onProblem(item.file.path, error as Error);
    }
  }
}
