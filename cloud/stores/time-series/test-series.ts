/** Time series for tests: arrivals of messages and blocks, and all rows that a store has. */
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NodeStorage } from '@sluice/common/storage';
import { pack } from '../../../modules/block/encode.node.js';
import type { CaptureFileMetadata } from '../../../modules/block/file';
import type { Arrival, MessageArrival } from '../../inbox/arrival';
import { rowsOf } from './cold-files';
import { TimeSeries } from './time-series';

export const noon = Date.parse('2026-03-01T12:00:00Z');

export async function temporaryDirectory(): Promise<string> {
  return mkdtemp(join(tmpdir(), 'sluice-series-'));
}

export interface TestSeries {
  series: TimeSeries;
  problems: Error[];
  clock: { now: number };
}

export async function openSeries(
  directory: string,
  now = noon,
  stored = () => 0,
  mostBytes?: number,
  timeZone = 'UTC',
): Promise<TestSeries> {
  const problems: Error[] = [];
  const clock = { now };
  const storage = new NodeStorage();
  const series = await TimeSeries.open({
    directory: join(directory, 'time-series'),
    storage,
    first: 0,
    raw: {
      storage,
      directory: join(directory, 'data'),
      timeZone,
      stored,
      onProblem: (problem) => problems.push(new Error(problem)),
    },
    ...(mostBytes !== undefined && { mostBytes }),
    now: () => clock.now,
    onProblem: (problem) => problems.push(problem),
  });
  return { series, problems, clock };
}

export function messageOf(
  position: number,
  payload: string | object,
  {
    time = position,
    devId = 'device',
    appId = 'app',
    tags = {} as object,
    unit = undefined as string | undefined,
  } = {},
): Arrival & MessageArrival {
  const text = typeof payload === 'string' ? payload : JSON.stringify(payload);
  const more = unit === undefined ? '' : `,"unit":${JSON.stringify(unit)}`;
  const line = `{"app_id":"${appId}","dev_id":"${devId}","time":${time},"payload_fields":${text},"tag_fields":${JSON.stringify(tags)}${more}}`;
  return { kind: 'message', position, arrived: time, appId, devId, line: Buffer.from(line) };
}

const range = { min: 0, max: 3.3, step: 0.001, unit: 'V' };

/** An hour's or so blocks of an analog reader at 100 Hz. */
export function blocksOf(
  position: number,
  counts: readonly number[],
  {
    start = noon,
    stream = 1,
    devId = 'device',
    range: of = range as typeof range | null,
    retention = undefined as CaptureFileMetadata['retention'],
  } = {},
): Arrival {
  const period = { numerator: 10, denominator: 1 };
  const boot = { counter: 12, random: 0x9f00c3a1 };
  const packed = pack('integer', counts, { stream, period, boot, start: 1000 });
  return {
    kind: 'blocks',
    position,
    arrived: start + counts.length * 10,
    appId: 'app',
    devId,
    main: 'main',
    metadata: {
      part: devId,
      boot,
      stream,
      owner: 'part',
      resource: 'rdk:component:board/board',
      method: 'Analogs',
      parameters: { reader_name: `A${stream}` },
      kind: 'integer',
      period,
      ...(of !== null && { range: of }),
      tags: [],
      ...(retention !== undefined && { retention }),
    },
    blocks: packed.blocks.map((bytes, index) => ({
      sequence: index,
      readings: packed.ends[index]!.readings,
      mapping: { known: true, offset: start - 1000 },
      bytes,
    })),
  };
}

export async function store(series: TimeSeries, ...arrivals: Arrival[]): Promise<void> {
  const upTo = Math.max(series.position(), ...arrivals.map(({ position }) => position + 1));
  await series.process(arrivals, upTo, async ([bad]) => {
    throw new Error(bad!.reason);
  });
}

export interface StoredRow {
  part: string;
  field: string;
  time: number;
  value: number | boolean | string;
}

/** Of rows in the database and in files; a series and time that is there twice comes twice. */
export async function allRows(series: TimeSeries): Promise<StoredRow[]> {
  return series.read(async (connection, { directory }) => {
    const files = await connection.runAndReadAll('select path from files where resolution = 0');
    const paths = files.getRowsJS().map(([path]) => join(directory, path as string));
    const cold = paths.length === 0 ? '' : `union all select * from ${rowsOf(paths)}`;
    const found = await connection.runAndReadAll(`
      select dev_id, field, time::double, minimum + count * step, number, boolean, text
      from (select series, time, count, number, boolean, text from points ${cold}) join series on id = series
      order by dev_id, field, tags, time`);
    return found.getRowsJS().map(([part, field, time, scaled, number, boolean, text]) => ({
      part: part as string,
      field: field as string,
      time: time as number,
      value: (text ?? scaled ?? number ?? boolean) as number | boolean | string,
    }));
  });
}
