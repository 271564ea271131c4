/**
 * The sync's other end: takes complete files, fails now and then, and keeps every block it was given. A file that
 * comes twice, because its gateway died before it knew, is the same file.
 */

import type { CaptureDirectory } from '../../gateway/capture-directory/capture-directory';
import type { CaptureFile } from '../../gateway/capture-directory/capture-files';
import type { CaptureFileContents } from '../../modules/block/file';

export class SimulatedCloud {
  readonly files = new Map<string, CaptureFileContents>();
  /** Uploads fail while set. */
  down = false;

  /** One pass of the sync. */
  async sync(directory: CaptureDirectory, isAlive: () => boolean): Promise<void> {
    await directory.complete();
    for (const file of directory.completeFiles()) {
      if (this.down || !isAlive()) return;
      await this.upload(directory, file);
    }
  }

  private async upload(directory: CaptureDirectory, file: CaptureFile): Promise<void> {
    const contents = await directory.read(file);
    if (contents === undefined) return;
    this.files.set(file.path, contents);
    await directory.uploaded(file);
  }
}
