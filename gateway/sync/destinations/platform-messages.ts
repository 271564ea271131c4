/**
 * Items as messages of the IoT platform (data formats, "messages sent to the pipeline topic"): one a reading, as a part's
 * own `mqtt` uplink and our cloud make them. The platform has no place for files: of a binary or a file one message says
 * that there is one, and what it is.
 */
import type { WallMilliseconds } from '@sluice/common/clock';
import { BlockError } from '../../../modules/block/block-error';
import { decodeBlock } from '../../../modules/block/decoder';
import { blockName, readCaptureFile } from '../../../modules/block/file';
import {
  fieldOf,
  flattenBounds,
  frameOf,
  lineOf,
  type MessageSource,
  pointsOf,
  tagsOf,
} from '../../../modules/message/platform-message';

export type PlatformUpload =
  | {
      type: 'blocks';
      file: Uint8Array;
      /** What the main calls the part, if not by its name. */
      remote?: string | undefined;
    }
  | {
      type: 'binary' | 'file';
      /** In all the world. */
      name: string;
      metadata: Omit<MessageSource, 'range' | 'remote'> & { mimeType?: string; fileName?: string };
      bytes: number;
      /** Wall milliseconds. */
      time: WallMilliseconds;
    };

/** One message: what it is published or posted as. */
export interface PlatformMessage {
  devId: string;
  /** JSON, on one line. */
  line: string;
}

/** Readings that are made ready in one turn of the event loop: some ten milliseconds. */
const turnReadings = 128;

/** @throws Error that names what is wrong with the file */
export async function* platformMessages(
  upload: PlatformUpload,
  appId: string,
): AsyncGenerator<PlatformMessage> {
  if (upload.type === 'blocks') yield* readingsOf(upload.file, appId, upload.remote);
  else yield announcement(upload, appId);
}

async function* readingsOf(
  file: Uint8Array,
  appId: string,
  remote: string | undefined,
): AsyncGenerator<PlatformMessage> {
  const { metadata, blocks } = readCaptureFile(file);
  const devId = metadata.part;
  let count = 0;
  for (const { sequence, mapping, bytes } of blocks) {
    const block = decodeBlock(bytes);
    if (block instanceof BlockError) throw new Error(`block ${sequence}: ${block.message}`);
    const { known, offset } = mapping;
    const frame = frameOf({ ...metadata, remote }, appId, devId, blockName(metadata, sequence), known);
    let index = 0;
    for (const { requested, value } of block.readings()) {
      const points = pointsOf(frame.field, value, frame.range);
      if (points === undefined) throw new Error(`${frame.field} has ${flattenBounds}`);
      const time = known ? Math.floor(requested + offset) : undefined;
      yield { devId, line: lineOf(frame, points, index++, time, requested) };
      if (++count % turnReadings === 0) await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

function announcement(
  { type, name, metadata, bytes, time }: Exclude<PlatformUpload, { type: 'blocks' }>,
  appId: string,
): PlatformMessage {
  const { part: devId, mimeType, fileName } = metadata;
  const line = JSON.stringify({
    app_id: appId,
    dev_id: devId,
    time: Math.floor(time),
    payload_fields: { [`${fieldOf(metadata)}_bytes`]: bytes },
    tag_fields: tagsOf(metadata, true),
    [type]: { name, ...(mimeType && { mime_type: mimeType }), ...(fileName && { file_name: fileName }) },
  });
  return { devId, line };
}
