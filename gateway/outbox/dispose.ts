/** Takes files out of the capture directory. */
import { dirname } from 'node:path';
import type { Storage } from '@sluice/common/storage';
import type { End } from './entry';
import type { Items } from './items';
import type { UnsyncedFiles } from './stored-files';

/**
 * Brings what is leaving to its end: away, or into `failed/`. Gone already is as good. Durable with the next checkpoint,
 * which the entry that says so does not outlive.
 */
export async function dispose(
  storage: Storage,
  items: Items,
  unsynced: UnsyncedFiles,
  key: string,
  end: End,
): Promise<void> {
  const failed = items.failedPathOf(key);
  const path = end === 'failed-removed' ? failed : items.pathOf(key);
  if (end === 'failed') {
    await storage.makeDirectory(dirname(failed));
    try {
      await storage.rename(path, failed);
      unsynced.moved(failed);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  } else await storage.discard(path);
  if (end === 'failed-removed') await storage.discard(reasonPathOf(failed));
  unsynced.moved(path);
  items.leaving.delete(key);
}

/** The file beside one in `failed/` that says why it is there. */
export function reasonPathOf(path: string): string {
  return `${path}.reason.txt`;
}
