/** A captured file to the outbox, with what a destination is told of it. */

import type { BinaryMetadata } from '../outbox/entry';
import type { Outbox } from '../outbox/outbox';
import { extensionOf } from '../resources/images';
import type { BinaryCollector, CapturedFile } from './binary-collector';

export type BinaryStore = (collector: BinaryCollector, file: CapturedFile) => Promise<void>;

export interface BinaryStoreOptions {
  /** The main part's name. */
  main: string;
  /** Wall ms less monotonic ms. */
  offset(): number;
  outbox: Pick<Outbox, 'binary'>;
}

export function binaryStore({ main, offset, outbox }: BinaryStoreOptions): BinaryStore {
  return async ({ plan: { identity, tags, retention } }, file) => {
    const { bytes, mimeType, source, annotations, requested, received } = file;
    const wall = offset();
    const { owner, resource, method, parameters } = identity;
    const metadata: BinaryMetadata = {
      part: main,
      owner,
      resource,
      method,
      parameters,
      requested: requested + wall,
      received: received + wall,
      // The reading's own wins over what was asked for.
      ...(mimeType ? { mimeType } : {}),
      extension: extensionOf(mimeType),
      tags,
      ...(retention ? { retention } : {}),
      ...(source ? { source } : {}),
      ...(annotations ? { annotations } : {}),
    };
    await outbox.binary(metadata, bytes);
  };
}
