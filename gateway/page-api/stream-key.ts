/** Names streams for the API. */
import type { CaptureFileMetadata } from '../../modules/block/file';
import { identityKey } from '../../modules/config/plan';

const keys = new WeakMap<object, string>();

/** The same for a collector over all boots of its part. */
export function streamKey(metadata: CaptureFileMetadata): string {
  let key = keys.get(metadata);
  if (key === undefined) {
    const { part, owner, resource, method, parameters } = metadata;
    key = `${part} ${identityKey({ owner, resource, method, parameters })}`;
    keys.set(metadata, key);
  }
  return key;
}
