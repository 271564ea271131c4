/** For tests: what of blocks waits in an outbox. */
import { readCaptureFile } from '../../modules/block/file';
import type { Outbox } from './outbox';

/** Every block, as `stream/sequence`, sorted. */
export async function waitingBlocks(outbox: Outbox): Promise<string[]> {
  await outbox.complete();
  const all: string[] = [];
  for (const item of outbox.waiting()) {
    const { metadata, blocks } = readCaptureFile((await outbox.read(item))!);
    for (const { sequence } of blocks) all.push(`${metadata.stream}/${sequence}`);
  }
  return all.sort();
}
