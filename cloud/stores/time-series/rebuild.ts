/** Raw files, read back as arrivals: what a time series is rebuilt from. */
import { join } from 'node:path';
import type { Storage } from '@sluice/common/storage';
import type { Arrival } from '../../inbox/arrival';
import { type DayName, dayPath, listDays, readBlocks, readLines } from '../raw-files/read-day';
import type { Tombstones } from './tombstones';

export interface RawSource {
  storage: Storage;
  /** Where the raw files are. */
  directory: string;
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

/** All of the raw files that is not deleted, device by device in the order of arrival. @param from first day, `YYYY-MM-DD` */
export async function* rawArrivals(
  { storage, directory, onProblem }: RawSource,
  tombstones: Pick<Tombstones, 'of'>,
  from = '',
): AsyncGenerator<RebuildBatch> {
  const days = (await listDays(storage, directory, {})).filter(({ date }) => date >= from);
  let arrivals: Arrival[] = [];
  let bytes = 0;
  let readings = 0;
  for (const [done, day] of days.entries()) {
    for await (const { arrival, size, count } of arrivalsOf(storage, directory, day, onProblem)) {
      if (isDeleted(arrival, day, tombstones)) continue;
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
  storage: Storage,
  directory: string,
  day: DayName,
  onProblem: (problem: string) => void,
): AsyncGenerator<{ arrival: Arrival; size: number; count: number }> {
  const { appId, devId } = day;
  // No position: they are of no inbox.
  const of = { position: -1, appId, devId };
  for await (const line of readLines(storage, join(directory, dayPath(day, 'json')))) {
    // A raw line has a time of its own, and the day stands for its arrival.
    const arrived = Date.parse(`${day.date}T00:00:00Z`);
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

/** Of a line the day of its arrival is known alone: what came on the day of the deletion goes by its own time. */
function isDeleted(arrival: Arrival, { date }: DayName, tombstones: Pick<Tombstones, 'of'>): boolean {
  const before = tombstones.of(arrival.appId, arrival.devId);
  if (before === undefined) return false;
  if (arrival.kind === 'blocks') return arrival.arrived <= before;
  const day = new Date(before).toISOString().slice(0, 10);
  if (date !== day) return date < day;
  try {
    const { time } = JSON.parse(Buffer.from(arrival.line).toString()) as { time?: unknown };
    return typeof time === 'number' && time <= before;
  } catch {
    return false; // It is set aside as what it is.
  }
}
