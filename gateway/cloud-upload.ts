/** What of an item of the outbox goes to our cloud. */
import type { Item } from './outbox/items';
import type { Outbox } from './outbox/outbox';
import type { CloudUpload } from './sync/destinations/block-door';

/** undefined: its owner has deleted or changed it. */
export async function cloudUpload(outbox: Outbox, item: Item): Promise<CloudUpload | undefined> {
  if (item.type === 'blocks') {
    const blocks = await outbox.read(item);
    return blocks && { blocks };
  }
  const content = await outbox.content(item);
  if (content === undefined) return undefined;
  const { name, type, begun, metadata } = item;
  return { name, description: { type, captured: begun, metadata }, ...content };
}
