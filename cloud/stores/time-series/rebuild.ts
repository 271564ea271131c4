/** Raw files, read back as arrivals: what a time series is rebuilt from. */
import { join } from 'node:path';
import type { Storage } from '@sluice/common/storage';
import type { Arrival } from '../../inbox/arrival';
import { Calendar } from '../raw-files/calendar';
import { type DayName, dayPath, listDays, readBlocks, readLines } from '../raw-files/read-day';
import type { Tombstones } from './tombstones';

export interface RawSource {
  storage: Storage;
  /** Where the raw files are. */
  directory: string;
  /** IANA name of the zone of their days. */
  timeZone: string;
  /** Told of what cannot be read, and is passed. */
  onProblem(problem: string): void;
}

export interface RebuildBatch {
  arrivals: Arrival[];
  /** Days of devices that are done, of all that there are. */
  done: number;
  days: number;
}

/** Bytes of lines and blocks that are stored at a time. */
const batchBytes = 4 << 20;
const batchReadings = 500_000;

/**
 * All of the raw files, device by device in the order of arrival. What a deletion took has arrived at or before it.
 * @param from first day, `YYYY-MM-DD`
 */
export async function* rawArrivals(
  source: RawSource,
  tombstones: Pick<Tombstones, 'of'>,
  from = '',
): AsyncGenerator<RebuildBatch> {
  const { storage, directory, timeZone } = source;
  const calendar = new Calendar(timeZone);
  const days = (await listDays(storage, directory, {})).filter(({ date }) => date >= from);
  let arrivals: Arrival[] = [];
  let bytes = 0;
  let readings = 0;
  for (const [done, day] of days.entries()) {
    const arrivedOf = (line: Uint8Array) =>
      arrivalOfLine(line, day.date, tombstones.of(day.appId, day.devId), calendar);
    for await (const { arrival, size, count } of arrivalsOf(source, day, arrivedOf)) {
      arrivals.push(arrival);
      bytes += size;
      readings += count;
      if (bytes < batchBytes && readings < batchReadings) continue;
      yield { arrivals, done, days: days.length };
      arrivals = [];
      bytes = 0;
      readings = 0;
    }
  }
  yield { arrivals, done: days.length, days: days.length };
}

async function* arrivalsOf(
  { storage, directory, onProblem }: RawSource,
  day: DayName,
  arrivedOf: (line: Uint8Array) => number,
): AsyncGenerator<{ arrival: Arrival; size: number; count: number }> {
  const { appId, devId } = day;
  // No position: they are of no inbox.
  const of = { position: -1, appId, devId };
  for await (const line of readLines(storage, join(directory, dayPath(day, 'json')))) {
    const arrived = arrivedOf(line);
    yield { arrival: { kind: 'message', ...of, arrived, line: line.slice() }, size: line.length, count: 1 };
  }
  const path = dayPath(day, 'sluice');
  const damaged = (offset: number) => onProblem(`${path}: damaged at byte ${offset}`);
  for await (const { head, arrived, block } of readBlocks(storage, join(directory, path), damaged)) {
    const { main, remote, ...metadata } = head;
    const bytes = block.bytes.slice();
    const arrival: Arrival = {
      kind: 'blocks',
      ...of,
      arrived,
      main,
      ...(remote !== undefined && { remote }),
      metadata,
      blocks: [{ ...block, bytes }],
    };
    yield { arrival, size: bytes.length, count: block.readings };
  }
}

/**
 * Of a line the day of its arrival is known alone, which stands for it. Of one that came on the day of the deletion its
 * own time tells whether it came before.
 */
function arrivalOfLine(
  line: Uint8Array,
  date: string,
  deleted: number | undefined,
  calendar: Calendar,
): number {
  const day = Date.parse(`${date}T00:00:00Z`);
  if (deleted === undefined) return day;
  const deletedOn = calendar.day(deleted);
  const isOfBefore = date === deletedOn ? timeOf(line) <= deleted : date < deletedOn;
  return isOfBefore ? Math.min(day, deleted) : Math.max(day, deleted + 1);
}

/** NaN: it is no message, and is set aside as what it is. */
function timeOf(line: Uint8Array): number {
  try {
    const { time } = JSON.parse(Buffer.from(line).toString()) as { time?: unknown };
    return typeof time === 'number' ? time : Number.NaN;
  } catch {
    return Number.NaN;
  }
}
