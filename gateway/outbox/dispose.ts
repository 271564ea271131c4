/** Takes files out of the capture directory. */
import { dirname } from 'node:path';
import type { Storage } from '@sluice/common/storage';
import type { DeliveredNotes } from './delivered-notes';
import type { Departure, Items } from './items';
import type { UnsyncedFiles } from './stored-files';

interface Place {
  storage: Storage;
  items: Items;
  unsynced: UnsyncedFiles;
  notes: DeliveredNotes;
}

/**
 * Brings what is leaving to its end: away, or into `failed/`. Gone already is as good. Durable with the next checkpoint,
 * which the entry that says so does not outlive.
 */
export async function dispose(place: Place, key: string, { end, version }: Departure): Promise<void> {
  const { storage, items, unsynced, notes } = place;
  // While there is a note, the next snapshot has to say that what it tells is counted.
  const left = () => {
    if (!notes.has(key)) items.leaving.delete(key);
  };
  if (version !== undefined) {
    // Written to since: it is its owner's again, and another item.
    const status = await storage.status(key);
    if (status?.size !== version.bytes || status.modified !== version.modified) {
      // A process before this one may have moved it away, and died before that was synced.
      unsynced.moved(key);
      left();
      return;
    }
  }
  const failed = items.failedPathOf(key);
  const path = end === 'failed-removed' ? failed : items.pathOf(key);
  if (end === 'failed') {
    await storage.makeDirectory(dirname(failed));
    try {
      await storage.rename(path, failed);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
    unsynced.moved(failed);
  } else await storage.discard(path);
  if (end === 'failed-removed') await storage.discard(reasonPathOf(failed));
  unsynced.moved(path);
  left();
}

/** The file beside one in `failed/` that says why it is there. */
export function reasonPathOf(path: string): string {
  return `${path}.reason.txt`;
}
