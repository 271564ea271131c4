/**
 * A block as standardised messages, one a reading. `dev_id` is the part that the resource is on, also for what the main
 * configured: the tag `owner` tells who did.
 */
import type { DecodedBlock } from '../../modules/block/decoder';
import type { CaptureFileMetadata, WallMapping } from '../../modules/block/file';
import { flattenBounds, frameOf, lineOf, pointsOf, tagsOf } from '../../modules/message/platform-message';
import { type Message, timed, timeLimit } from './message';

export interface Expansion {
  appId: string;
  /** What the main calls the part, if not by its name. */
  remote?: string | undefined;
  metadata: CaptureFileMetadata;
  /** The block's name in all the world. */
  name: string;
  mapping: WallMapping;
  block: DecodedBlock;
  /** Stands in for the time of the last reading, where its boot never knew the time. */
  arrival: number;
}

export function expandBlock(expansion: Expansion): Message[] {
  const { appId, metadata, remote, name, mapping, block, arrival } = expansion;
  const { known, offset } = mapping;
  const devId = metadata.part;
  const tags = tagsOf(metadata, known);
  const frame = frameOf({ ...metadata, remote }, appId, devId, name, known);
  const messages: Message[] = [];
  const readings = [...block.readings()];
  const last = readings.at(-1)?.requested ?? 0;
  for (const { requested, value } of readings) {
    const index = messages.length;
    const time = Math.floor(known ? requested + offset : arrival - (last - requested));
    if (!(Math.abs(time) <= timeLimit))
      throw new Error(`reading ${index} has a time that is no date: ${time}`);
    const points = pointsOf(frame.field, value, frame.range);
    if (points === undefined) throw new Error(`${frame.field} has ${flattenBounds}`);
    messages.push({
      appId,
      devId,
      time,
      line: known
        ? lineOf(frame, points, index, time, requested)
        : timed(lineOf(frame, points, index, undefined, requested), time),
      points: points.filter((point) => typeof point.value !== 'number' || Number.isFinite(point.value)),
      tags,
      unit: metadata.range?.unit,
      name: { block: name, index },
    });
  }
  return messages;
}
