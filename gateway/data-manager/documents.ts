/** The documents that viam-server's data capture writes to MongoDB (rdk, `data/collector.go`, `TabularDataBson`). */
import { BlockError } from '../../modules/block/block-error';
import { decodeBlock } from '../../modules/block/decoder';
import type { CaptureFileMetadata, WallMapping } from '../../modules/block/file';
import { findMethodOf } from '../../modules/config/methods';

export interface ReadingDocument {
  time_requested: Date;
  time_received: Date;
  /** As the main part calls it: `<remote>:<name>` on a remote. */
  component_name: string;
  /** `rdk:component:sensor` */
  component_type: string;
  method_name: string;
  data: Record<string, unknown>;
}

export interface CapturedBlockOf {
  metadata: CaptureFileMetadata;
  mapping: WallMapping;
  bytes: Uint8Array;
}

/**
 * One for each reading of a block, as they are asked for. Where the boot never knew the time, the last reading has that
 * of now.
 * @throws BlockError
 */
export function* documentsOf(
  { metadata, mapping, bytes }: CapturedBlockOf,
  remote: string | undefined,
  now: number,
): Generator<ReadingDocument> {
  const block = decodeBlock(bytes);
  if (block instanceof BlockError) throw block;
  const { requested, received } = block.times();
  const offset = mapping.known ? mapping.offset : now - (received.at(-1) ?? 0);
  const { resource, method, range } = metadata;
  const slash = resource.indexOf('/');
  const name = resource.slice(slash + 1);
  const payload = findMethodOf(resource, method)?.payload;
  for (let index = 0; index < block.count; index++) {
    const value: unknown = block.values[index];
    yield {
      time_requested: new Date(requested[index]! + offset),
      time_received: new Date(received[index]! + offset),
      component_name: remote === undefined ? name : `${remote}:${name}`,
      component_type: resource.slice(0, slash),
      method_name: method,
      data: payload ? payload(value, range) : { value },
    };
  }
}
