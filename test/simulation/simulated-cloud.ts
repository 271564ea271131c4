/**
 * The sync's other end: takes complete files, fails now and then, and keeps all it was given. What a gateway has
 * not noted as uploaded before it died comes again, perhaps in another file: the cloud tells by the blocks' names.
 */
import type { CaptureDirectory } from '../../gateway/capture-directory/capture-directory';
import type { CaptureFile } from '../../gateway/capture-directory/capture-files';
import type { CaptureFileContents } from '../../modules/block/file';

export interface Delivery {
  path: string;
  contents: CaptureFileContents;
  /** The gateway lived to note it, and its disk had room for the note. */
  noted: boolean;
}

export class SimulatedCloud {
  readonly deliveries: Delivery[] = [];
  /** Uploads fail while set. */
  down = false;

  /** One pass of the sync. @param problems paths that the directory could not note */
  async sync(
    directory: CaptureDirectory,
    problems: ReadonlySet<string>,
    isAlive: () => boolean,
  ): Promise<void> {
    await directory.complete();
    for (const file of directory.completeFiles()) {
      if (this.down || !isAlive()) return;
      await this.upload(directory, problems, file);
    }
  }

  private async upload(
    directory: CaptureDirectory,
    problems: ReadonlySet<string>,
    file: CaptureFile,
  ): Promise<void> {
    const contents = await directory.read(file);
    if (contents === undefined) return;
    const delivery = { path: file.path, contents, noted: false };
    this.deliveries.push(delivery);
    await directory.uploaded(file);
    delivery.noted = !problems.has(file.path);
  }
}
