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
  /** The gateway lived to note it. */
  noted: boolean;
}

export class SimulatedCloud {
  readonly deliveries: Delivery[] = [];
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
    const delivery = { path: file.path, contents, noted: false };
    this.deliveries.push(delivery);
    await directory.uploaded(file);
    delivery.noted = true;
  }
}
