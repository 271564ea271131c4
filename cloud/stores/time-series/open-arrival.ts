/** What arrived, opened to rows: a message's points, or each reading of its blocks. */
import { BlockError } from '../../../modules/block/block-error';
import { bootText } from '../../../modules/block/boot-text';
import { type DecodedBlock, decodeBlock } from '../../../modules/block/decoder';
import type { CapturedBlock, CaptureFileMetadata } from '../../../modules/block/file';
import {
  fieldOf,
  flattenBounds,
  pointsOf,
  tagsOf,
  type Value,
} from '../../../modules/message/platform-message';
import type { Arrival, BlocksArrival, MessageArrival } from '../../inbox/arrival';
import { pathsIn, pathsOf } from '../../message/leaf-paths';
import { parseMessage, timeLimit } from '../../message/message';
import type { PointColumns } from './point-columns';
import type { NewSeries, Origin, Retention, Scale, SeriesTable } from './series-table';

/** A block that came, from which gaps and missed readings are told. */
export interface BlockNote {
  appId: string;
  devId: string;
  field: string;
  tags: string;
  boot: string;
  stream: number;
  sequence: number;
  /** Times of its first and last reading, ms. */
  first: number;
  last: number;
  readings: number;
  /** Readings that the device was too busy to take. */
  missed: number;
}

/** What the stage knows of a batch. */
export interface Batch {
  table: SeriesTable;
  columns: PointColumns;
  blocks: BlockNote[];
}

const wholeNumbers: Scale = { minimum: 0, step: 1, unit: undefined };

/** @throws when the arrival can never be stored; the batch is then as before. */
export function openArrival(arrival: Arrival, batch: Batch): void {
  const rows = batch.columns.length;
  const blocks = batch.blocks.length;
  try {
    if (arrival.kind === 'message') openMessage(arrival, batch);
    else for (const block of arrival.blocks) openBlock(arrival, block, batch);
  } catch (error) {
    batch.columns.cut(rows);
    batch.blocks.length = blocks;
    throw error;
  }
}

function openMessage({ line, arrived }: MessageArrival, { table, columns }: Batch): void {
  const parsed = parseMessage(line, undefined, arrived);
  if ('refusal' in parsed) throw new Error(`${parsed.refusal.path} ${parsed.refusal.message}`);
  const { appId, devId, time, tags: tagRecord, points, unit } = parsed.message;
  const tags = JSON.stringify(tagRecord);
  for (const { field, value } of points) {
    const series = { appId, devId, field, tags, scale: undefined, unit, retention: undefined };
    const id = table.idOf(series, () => {
      const path = pathsIn(line).get(field);
      return path === undefined ? undefined : { path };
    });
    add(table, columns, id, time, value);
  }
}

function openBlock(arrival: BlocksArrival, captured: CapturedBlock, batch: Batch): void {
  const { metadata, appId, remote, arrived } = arrival;
  const { sequence, mapping } = captured;
  const block = decodeBlock(captured.bytes);
  if (block instanceof BlockError) throw new Error(`block ${sequence}: ${block.code} at ${block.offset}`);
  const of = {
    appId,
    devId: metadata.part,
    field: fieldOf({ ...metadata, remote }),
    tags: JSON.stringify(tagsOf(metadata, mapping.known)),
    retention: retentionOf(metadata),
  };
  const times = wallTimes(block, mapping, arrived);
  if (!(Math.abs(times[0]!) <= timeLimit && Math.abs(times.at(-1)!) <= timeLimit))
    throw new Error(`block ${sequence} has a time that is no date`);
  addReadings(block, times, of, arrival, batch);
  batch.blocks.push({
    appId: of.appId,
    devId: of.devId,
    field: of.field,
    tags: of.tags,
    boot: bootText(block.boot),
    stream: block.stream,
    sequence,
    first: times[0]!,
    last: times.at(-1)!,
    readings: block.count,
    missed: block.slips.reduce((sum, { missed }) => sum + missed, 0),
  });
}

/** Where its boot never knew the time, the last reading has the arrival's. */
function wallTimes(block: DecodedBlock, mapping: CapturedBlock['mapping'], arrived: number): Float64Array {
  const { requested } = block.times();
  const offset = mapping.known ? mapping.offset : arrived - requested.at(-1)!;
  for (let index = 0; index < requested.length; index++)
    requested[index] = Math.floor(requested[index]! + offset);
  return requested;
}

type StreamOf = Pick<NewSeries, 'appId' | 'devId' | 'field' | 'tags' | 'retention'>;

function addReadings(
  block: DecodedBlock,
  times: Float64Array,
  of: StreamOf,
  { main, metadata: { range } }: BlocksArrival,
  { table, columns }: Batch,
): void {
  const originOf = (): Origin => ({ main, ...(range !== undefined && { maximum: range.max }) });
  const idOf = (series: NewSeries, origin = originOf) => table.idOf(series, origin, main);
  const { kind, count } = block;
  if (kind === 'record') {
    const ids = new Map<string, number>();
    const records = block.values as object[];
    for (let index = 0; index < count; index++) {
      const points = pointsOf(of.field, records[index]);
      if (points === undefined) throw new Error(`${of.field} has ${flattenBounds}`);
      for (const { field, value } of points) {
        let id = ids.get(field);
        if (id === undefined) {
          id = idOf({ ...of, field, scale: undefined, unit: undefined }, () => {
            const path = pathsOf(records[index]!).get(field.slice(of.field.length + 1));
            return { main, ...(path !== undefined && { path: [of.field, ...path] }) };
          });
          ids.set(field, id);
        }
        add(table, columns, id, times[index]!, value);
      }
    }
    return;
  }
  if (kind === 'integer') {
    const scale: Scale =
      range === undefined ? wholeNumbers : { minimum: range.min, step: range.step, unit: range.unit };
    const id = idOf({ ...of, scale, unit: scale.unit });
    table.noteKind(id, 'number');
    columns.addCounts(id, times, block.values as Int32Array);
    return;
  }
  const id = idOf({ ...of, scale: undefined, unit: undefined });
  if (kind === 'boolean') {
    table.noteKind(id, 'boolean');
    const levels = block.values as Uint8Array;
    for (let index = 0; index < count; index++) columns.addBoolean(id, times[index]!, levels[index] === 1);
  } else {
    const values = block.values as Float64Array;
    for (let index = 0; index < count; index++) add(table, columns, id, times[index]!, values[index]!);
  }
}

/** What is no number in JSON (NaN, infinities) is no value. */
function add(
  table: SeriesTable,
  columns: PointColumns,
  id: number,
  time: number,
  value: Value | bigint,
): void {
  switch (typeof value) {
    case 'number':
      if (!Number.isFinite(value)) return;
      columns.addNumber(id, time, value);
      table.noteKind(id, 'number');
      break;
    case 'bigint':
      columns.addNumber(id, time, Number(value), String(value));
      table.noteKind(id, 'number');
      break;
    case 'boolean':
      columns.addBoolean(id, time, value);
      table.noteKind(id, 'boolean');
      break;
    default:
      columns.addText(id, time, value);
      table.noteKind(id, 'text');
  }
}

function retentionOf({ retention }: CaptureFileMetadata): Retention | undefined {
  if (retention?.days === undefined && retention?.tabularLimitGb === undefined) return undefined;
  const { days, tabularLimitGb } = retention;
  return { ...(days !== undefined && { days }), ...(tabularLimitGb !== undefined && { tabularLimitGb }) };
}
