/** What of an item of the outbox goes to our cloud. */
import { encodeHead, largestCaptureFile, readHead } from '../modules/block/file';
import type { Item } from './outbox/items';
import type { Outbox } from './outbox/outbox';
import type { CloudUpload } from './sync/destinations/block-door';

/** What the data manager says of whatever is captured for it. */
export interface UploadPolicy {
  /** The main part's name. */
  main: string;
  /** Deleting a part in the cloud is to delete what it captured (specification, "delete_data_on_part_deletion"). */
  deleteDataOnPartDeletion: boolean;
}

/** undefined: its owner has deleted or changed it. */
export async function cloudUpload(
  outbox: Outbox,
  item: Item,
  policy: UploadPolicy,
): Promise<CloudUpload | undefined> {
  const isDeleted = policy.deleteDataOnPartDeletion && isOfMain(item, policy.main);
  if (item.type === 'blocks') {
    const blocks = await outbox.read(item);
    return blocks && { blocks: isDeleted ? markedForDeletion(blocks) : blocks };
  }
  const content = await outbox.content(item);
  if (content === undefined) return undefined;
  const { name, type, begun, metadata } = item;
  const description = { type, captured: begun, metadata };
  return {
    name,
    description: isDeleted ? { ...description, deleteDataOnPartDeletion: true } : description,
    ...content,
  };
}

/** A part's own streams obey its own data manager. */
function isOfMain({ metadata: { owner, part } }: Item, main: string): boolean {
  return owner === 'main' || part === main;
}

/** The setting of now, also for what was captured under another. */
function markedForDeletion(file: Uint8Array): Uint8Array {
  const { metadata, end } = readHead(file);
  const head = encodeHead({ ...metadata, deleteDataOnPartDeletion: true });
  // The door takes no more; other files of the stream say it, too.
  if (head.length + file.length - end > largestCaptureFile) return file;
  return Buffer.concat([head, file.subarray(end)]);
}
