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
    else openBlocks(arrival, batch);
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

/** What those blocks of an arrival have in common that are of one kind, and whose time is known, or is not. */
interface BlockStream {
  of: Pick<NewSeries, 'appId' | 'devId' | 'field' | 'tags' | 'retention'>;
  /** Numbers of its series, by field; what is no record has one. */
  ids: Map<string, number>;
}

function openBlocks(arrival: BlocksArrival, batch: Batch): void {
  const streams = new Map<string, BlockStream>();
  for (const captured of arrival.blocks) {
    const { sequence, mapping } = captured;
    const block = decodeBlock(captured.bytes);
    if (block instanceof BlockError) throw new Error(`block ${sequence}: ${block.code} at ${block.offset}`);
    const key = `${block.kind} ${mapping.known}`;
    let stream = streams.get(key);
    if (stream === undefined) {
      stream = { of: streamOf(arrival, mapping.known), ids: new Map() };
      streams.set(key, stream);
    }
    addBlock(block, captured, stream, arrival, batch);
  }
}

function streamOf({ metadata, appId, remote }: BlocksArrival, known: boolean): BlockStream['of'] {
  return {
    appId,
    devId: metadata.part,
    field: fieldOf({ ...metadata, remote }),
    tags: JSON.stringify(tagsOf(metadata, known)),
    retention: retentionOf(metadata),
  };
}

function addBlock(
  block: DecodedBlock,
  { sequence, mapping }: CapturedBlock,
  stream: BlockStream,
  arrival: BlocksArrival,
  batch: Batch,
): void {
  const { appId, devId, field, tags } = stream.of;
  const times = wallTimes(block, mapping, arrival.arrived);
  const first = times[0]!;
  const last = times[times.length - 1]!;
  if (!(Math.abs(first) <= timeLimit && Math.abs(last) <= timeLimit))
    throw new Error(`block ${sequence} has a time that is no date`);
  addReadings(block, times, stream, arrival, batch);
  let missed = 0;
  for (const slip of block.slips) missed += slip.missed;
  const boot = bootText(block.boot);
  batch.blocks.push({
    ...{ appId, devId, field, tags, boot, stream: block.stream, sequence },
    ...{ first, last, readings: block.count, missed },
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

function addReadings(
  block: DecodedBlock,
  times: Float64Array,
  { of, ids }: BlockStream,
  { main, metadata: { range } }: BlocksArrival,
  { table, columns }: Batch,
): void {
  const { kind, count } = block;
  const idOf = (
    series: Pick<NewSeries, 'field' | 'scale' | 'unit'>,
    originOf = (): Origin => ({ main, ...(range !== undefined && { maximum: range.max }) }),
  ): number => {
    const known = ids.get(series.field);
    if (known !== undefined) return known;
    const id = table.idOf({ ...of, ...series }, originOf, main);
    ids.set(series.field, id);
    return id;
  };
  if (kind === 'record') {
    const records = block.values as object[];
    for (let index = 0; index < count; index++) {
      const points = pointsOf(of.field, records[index]);
      if (points === undefined) throw new Error(`${of.field} has ${flattenBounds}`);
      for (const { field, value } of points) {
        const id = idOf({ field, scale: undefined, unit: undefined }, () => {
          const path = pathsOf(records[index]!).get(field.slice(of.field.length + 1));
          return { main, ...(path !== undefined && { path: [of.field, ...path] }) };
        });
        add(table, columns, id, times[index]!, value);
      }
    }
    return;
  }
  if (kind === 'integer') {
    const scale: Scale =
      range === undefined ? wholeNumbers : { minimum: range.min, step: range.step, unit: range.unit };
    const id = idOf({ field: of.field, scale, unit: scale.unit });
    table.noteKind(id, 'number');
    columns.addCounts(id, times, block.values as Int32Array);
    return;
  }
  const id = idOf({ field: of.field, scale: undefined, unit: undefined });
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
