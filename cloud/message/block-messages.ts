/**
 * A block as standardised messages, one a reading. `dev_id` is the part that the resource is on, also for what the main
 * configured: the tag `owner` tells who did.
 */
import type { DecodedBlock } from '../../modules/block/decoder';
import type { CaptureFileMetadata, WallMapping } from '../../modules/block/file';
import {
  fieldOf,
  flattenBounds,
  frameOf,
  lineOf,
  type Point,
  pointsOf,
  tagsOf,
} from '../../modules/message/platform-message';
import { type Message, type TimedPoint, timed, timeLimit } from './message';

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
  const { appId, metadata, remote, name, mapping } = expansion;
  const { known } = mapping;
  const devId = metadata.part;
  const tags = tagsOf(metadata, known);
  const frame = frameOf({ ...metadata, remote }, appId, devId, name, known);
  const messages: Message[] = [];
  eachReading(expansion, frame.field, (requested, time, points) => {
    const index = messages.length;
    messages.push({
      appId,
      devId,
      time,
      line: known
        ? lineOf(frame, points, index, time, requested)
        : timed(lineOf(frame, points, index, undefined, requested), time),
      points: points.filter(isValue),
      tags,
      unit: metadata.range?.unit,
      name: { block: name, index },
    });
  });
  return messages;
}

/** The values of `expandBlock`, without the messages, which cost as much again. */
export function expandValues(expansion: Expansion): { tags: Record<string, string>; values: TimedPoint[] } {
  const values: TimedPoint[] = [];
  const { metadata, remote, mapping } = expansion;
  const field = fieldOf({ ...metadata, remote });
  eachReading(expansion, field, (_requested, time, points) => {
    for (const point of points)
      if (isValue(point)) values.push({ time, field: point.field, value: point.value });
  });
  return { tags: tagsOf(metadata, mapping.known), values };
}

/** @param visit told when it was requested, as the device has it, and in wall time @throws what can be no message */
function eachReading(
  { metadata, mapping, block, arrival }: Expansion,
  field: string,
  visit: (requested: number, time: number, points: Point[]) => void,
): void {
  const { known, offset } = mapping;
  const { range } = metadata;
  const readings = [...block.readings()];
  const last = readings.at(-1)?.requested ?? 0;
  let index = 0;
  for (const { requested, value } of readings) {
    const time = Math.floor(known ? requested + offset : arrival - (last - requested));
    if (!(Math.abs(time) <= timeLimit))
      throw new Error(`reading ${index} has a time that is no date: ${time}`);
    const points = pointsOf(field, value, range);
    if (points === undefined) throw new Error(`${field} has ${flattenBounds}`);
    visit(requested, time, points);
    index++;
  }
}

/** What is no number in JSON (NaN, infinities) is no value. */
function isValue({ value }: Point): boolean {
  return typeof value !== 'number' || Number.isFinite(value);
}
