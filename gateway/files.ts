/** The capture directory as sync sees it. */
import { readFile, writeFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { CaptureDirectory } from './capture-directory/capture-directory';
import type { CaptureFile } from './capture-directory/capture-files';
import type { SyncFiles } from './sync/sync';

export function syncFiles(
  directory: CaptureDirectory,
  path: string,
  onSetAside: () => void,
): SyncFiles<CaptureFile> {
  return {
    complete: () => directory.complete(),
    list: () => directory.completeFiles(),
    describe: (file) => relative(path, file.path),
    uploaded: (file) => directory.uploaded(file),
    async read(file) {
      try {
        return await readFile(file.path);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
        await directory.discard(file);
        return undefined;
      }
    },
    async setAside(file, reason) {
      await directory.setAside(file);
      onSetAside();
      await writeFile(join(path, 'failed', `${relative(path, file.path)}.reason.txt`), `${reason}\n`);
    },
  };
}
