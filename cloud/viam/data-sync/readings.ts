/**
 * Readings of an upload as the platform's messages, as blocks have them: a field for each leaf behind
 * `<name>_<reader, pin or method>`, tags for resource, method, owner and the configured tags.
 *
 * A reading is named by the request it came in and its place there: a request that is sent again, as after a lost
 * answer, is the same to the byte, and stored once. One whose readings say no times has no name.
 */
import { createHash } from 'node:crypto';
import { type Plain, plainOf, SensorData } from '@sluice/common/viam/messages';
import { fieldOf, type MessageSource, tagsOf } from '../../../modules/message/platform-message';
import { invalid, type ReadingMetadata, readReadingMetadata, type UploadMetadata } from './upload-metadata';

export interface Content extends ReadingMetadata {
  struct: Record<string, unknown> | undefined;
  binary: Uint8Array | undefined;
}

/** @param bytes a serialised `SensorData` @throws ConnectError INVALID_ARGUMENT */
export function readContent(bytes: Uint8Array, index: number): Content {
  const place = `sensor_contents[${index}]`;
  let plain: ReturnType<typeof plainOf>;
  try {
    plain = plainOf(SensorData.fromBinary(bytes));
  } catch {
    throw invalid(`${place}: is no SensorData`);
  }
  const { metadata, struct, binary } = plain as { metadata?: Plain; struct?: never; binary?: never };
  return { ...readReadingMetadata(metadata, place), struct, binary };
}

/** Of the readings of one request. */
export class ReadingLines {
  readonly #head: object;
  readonly #field: string;
  readonly #tags: Record<string, string>;
  readonly #parameters: Record<string, unknown>;
  /** Names the request: its readings are named by it and their place. */
  readonly block: string;

  constructor(appId: string, metadata: UploadMetadata, contents: readonly Uint8Array[]) {
    const { part, resource, method, parameters, tags } = metadata;
    const source: MessageSource = {
      part,
      owner: 'part',
      resource,
      method,
      parameters: parameters as Record<string, string>,
      tags,
    };
    this.#head = { app_id: appId, dev_id: part };
    this.#field = fieldOf(source);
    this.#tags = tagsOf({ ...source, owner: 'main' }, true);
    this.#parameters = parameters;
    this.block = requestName(metadata, contents);
  }

  line({ requested, received, annotations, struct }: Content, index: number): Uint8Array {
    const isNamed = requested !== undefined;
    const message = {
      ...this.#head,
      ...(isNamed && { time: Math.floor(requested) }),
      payload_fields: { [this.#field]: struct },
      tag_fields: this.#tags,
      viam: { received, parameters: this.#parameters, annotations },
      ...(isNamed && { sluice: { block: this.block, index } }),
    };
    return Buffer.from(JSON.stringify(message));
  }
}

/** In the form of a block's name, `<part>/<boot>/<stream>/<sequence>`, out of 96 bits of a digest. */
function requestName(
  { part, resource, method, parameters }: UploadMetadata,
  contents: readonly Uint8Array[],
): string {
  const hash = createHash('sha256').update(JSON.stringify([part, resource, method, parameters]));
  for (const content of contents) hash.update(`${content.length}:`).update(content);
  const digest = hash.digest();
  return `${part}/0-${digest.toString('hex', 0, 4)}/${digest.readBigUInt64LE(4)}/0`;
}
