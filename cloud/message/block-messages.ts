/**
 * A block as standardised messages, one a reading (design, "From stream to platform message"): `dev_id` is the part,
 * or the main part for what that one configured.
 */
import type { DecodedBlock } from '../../modules/block/decoder';
import type { CaptureFileMetadata, WallMapping } from '../../modules/block/file';
import { flattenBounds, frameOf, lineOf, pointsOf, tagsOf } from '../../modules/message/platform-message';
import { type Message, timeLimit } from './message';

export interface Expansion {
  appId: string;
  /** The main part's name. */
  main: string;
  /** What the main calls the part, if not by its name. */
  remote?: string | undefined;
  metadata: CaptureFileMetadata;
  /** The block's name in all the world. */
  name: string;
  mapping: WallMapping;
  block: DecodedBlock;
  /** Stands in for the time of readings whose boot never knew it. */
  arrival: number;
}

export function deviceOf(metadata: CaptureFileMetadata, main: string): string {
  return metadata.owner === 'part' ? metadata.part : main;
}

export function expandBlock(expansion: Expansion): Message[] {
  const { appId, main, metadata, remote, name, mapping, block, arrival } = expansion;
  const { known, offset } = mapping;
  const devId = deviceOf(metadata, main);
  const tags = tagsOf(metadata, known);
  const frame = frameOf({ ...metadata, remote }, appId, devId, name, known);
  const messages: Message[] = [];
  for (const { requested, value } of block.readings()) {
    const index = messages.length;
    const time = known ? Math.floor(requested + offset) : undefined;
    if (!(Math.abs(time ?? arrival) <= timeLimit))
      throw new Error(`reading ${index} has a time that is no date: ${time}`);
    const points = pointsOf(frame.field, value);
    if (points === undefined) throw new Error(`${frame.field} has ${flattenBounds}`);
    messages.push({
      appId,
      devId,
      time: time ?? arrival,
      line: lineOf(frame, points, index, time, requested),
      points: points.filter((point) => typeof point.value !== 'number' || Number.isFinite(point.value)),
      tags,
      name: { block: name, index },
    });
  }
  return messages;
}
