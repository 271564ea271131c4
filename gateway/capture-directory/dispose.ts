import { join } from 'node:path';
import type { RemovalCause } from './journal';
import type { Storage } from './storage';

/** Takes a file out of the directory: away, or into `failed/`. Gone already is as good. */
export async function dispose(
  storage: Storage,
  root: string,
  key: string,
  cause: RemovalCause,
): Promise<void> {
  const path = join(root, key);
  try {
    if (cause !== 'set-aside') return await storage.remove(path);
    const target = join(root, 'failed', key);
    await storage.makeDirectory(target.slice(0, target.lastIndexOf('/')));
    await storage.rename(path, target);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
