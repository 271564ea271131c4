/** Every capture file that a cloud has been given or that is still on the disk of its gateway. */
import type { Storage } from '../../common/storage';
import type { StrictDisk } from '../../common/storage/strict-disk';
import { type CaptureFileContents, CaptureFileError, readCaptureFile } from '../../modules/block/file';
import type { Delivery, SimulatedCloud } from './simulated-cloud';

export interface KeptFiles {
  files: Delivery[];
  /** Of ours by their names, on the disk, and not to be read. */
  unreadable: string[];
}

export async function keptFiles(cloud: SimulatedCloud, disk: StrictDisk): Promise<KeptFiles> {
  const files = [...cloud.deliveries];
  const unreadable: string[] = [];
  const storage = disk.mount();
  for await (const path of captureFiles(storage, '/capture')) {
    const contents = asContents(await storage.read(path));
    if (contents === undefined) unreadable.push(path);
    else files.push({ path, contents, noted: true });
  }
  return { files, unreadable };
}

function asContents(bytes: Uint8Array): CaptureFileContents | undefined {
  try {
    return readCaptureFile(bytes);
  } catch (error) {
    if (error instanceof CaptureFileError) return undefined;
    throw error;
  }
}

/** Open, complete and set aside. */
async function* captureFiles(storage: Storage, path: string): AsyncGenerator<string> {
  for (const { name, directory } of await storage.list(path)) {
    // The outbox's own: its log, and notes that are named as what they are of.
    if (name === '.sluice') continue;
    if (directory) yield* captureFiles(storage, `${path}/${name}`);
    else if (name.endsWith('.sluice') || name.endsWith('.prog')) yield `${path}/${name}`;
  }
}
