/**
 * What is known of a data file, as the platform's metadata object has it (data formats, "Metadata in Minio"). Made from
 * the file's contents alone, so that a file of anybody's has it too.
 */
import { BlockError } from '../../modules/block/block-error';
import { type DecodedBlock, decodeBlock } from '../../modules/block/decoder';
import { blockName } from '../../modules/block/file';
import { fieldOf, pointsOf } from '../../modules/message/platform-message';
import { parseMessage } from '../message/message';
import type { Calendar } from '../stores/raw-files/calendar';
import { type ArrivedBlock, blocksIn, linesIn, parseDayKey } from '../stores/raw-files/read-day';

export interface ObjectMetadata {
  filename: string;
  /** `YYYY-MM-DD`: days of the first and the last measurement. */
  date_start: string;
  date_end: string;
  app_id: string;
  dev_id: string;
  /** Quantities, sorted. */
  keys: string[];
  /** Messages; of blocks, their readings. */
  num_events: number;
}

/** The key under which a data object's metadata is kept. */
export function metadataKey(key: string): string {
  return key.endsWith('.json') ? key : `${key}.json`;
}

/** The text of a metadata object. */
export function metadataText(metadata: ObjectMetadata): string {
  return JSON.stringify(metadata, undefined, 2);
}

/**
 * Reads a data object whole, in pieces. Whose it is its key says, or else its first message.
 * @param modified wall ms: the day of an object in which nothing has a time
 * @param onProblem told of what cannot be read, and is passed
 * @returns undefined: there is no message in it
 */
export async function extractMetadata(
  object: { key: string; pieces: AsyncIterable<Uint8Array>; modified: number },
  calendar: Calendar,
  onProblem: (problem: string) => void,
): Promise<ObjectMetadata | undefined> {
  const { key, pieces, modified } = object;
  const summary = new Summary();
  const problem = (reason: string) => onProblem(`${key}: ${reason}`);
  if (key.endsWith('.sluice')) await summarizeBlocks(summary, key, pieces, problem);
  else await summarizeLines(summary, pieces, problem);
  const day = parseDayKey(key);
  const { count, first = modified, last = modified } = summary;
  const appId = day?.appId ?? summary.appId;
  const devId = day?.devId ?? summary.devId;
  if (count === 0 || appId === undefined || devId === undefined) return undefined;
  return {
    filename: key,
    date_start: calendar.day(first),
    date_end: calendar.day(last),
    app_id: appId,
    dev_id: devId,
    keys: [...summary.keys].sort((a, b) => (a < b ? -1 : 1)),
    num_events: count,
  };
}

class Summary {
  count = 0;
  first: number | undefined;
  last: number | undefined;
  appId: string | undefined;
  devId: string | undefined;
  readonly keys = new Set<string>();

  time(time: number): void {
    if (!Number.isFinite(time)) return;
    if (this.first === undefined || time < this.first) this.first = time;
    if (this.last === undefined || time > this.last) this.last = time;
  }
}

async function summarizeLines(
  summary: Summary,
  pieces: AsyncIterable<Uint8Array>,
  onProblem: (reason: string) => void,
): Promise<void> {
  let refused = 0;
  for await (const line of linesIn(pieces)) {
    // One without a time, which only others write, says nothing of when it was measured.
    const parsed = parseMessage(line, undefined, Number.NaN);
    if ('refusal' in parsed) {
      if (refused++ === 0)
        onProblem(`a line that is no message: ${parsed.refusal.path} ${parsed.refusal.message}`);
      continue;
    }
    const { appId, devId, time, points } = parsed.message;
    summary.appId ??= appId;
    summary.devId ??= devId;
    summary.count++;
    summary.time(time);
    for (const { field } of points) summary.keys.add(field);
  }
  if (refused > 1) onProblem(`${refused} lines are no messages`);
}

async function summarizeBlocks(
  summary: Summary,
  key: string,
  pieces: AsyncIterable<Uint8Array>,
  onProblem: (reason: string) => void,
): Promise<void> {
  const seen = new Set<string>();
  const [app] = key.split('/');
  for await (const arrived of blocksIn(pieces, (offset) => onProblem(`damaged at byte ${offset}`))) {
    const name = blockName(arrived.head, arrived.block.sequence);
    if (seen.has(name)) continue;
    seen.add(name);
    const block = decodeBlock(arrived.block.bytes);
    if (block instanceof BlockError) {
      onProblem(`${name}: ${block.code} at byte ${block.offset}`);
      continue;
    }
    summary.appId ??= app;
    summary.devId ??= arrived.head.part;
    addBlock(summary, arrived, block);
  }
}

function addBlock(
  summary: Summary,
  { head, arrived, block: { mapping } }: ArrivedBlock,
  block: DecodedBlock,
) {
  const { requested } = block.times();
  const [first = 0] = requested;
  const last = requested.at(-1) ?? 0;
  const offset = mapping.known ? mapping.offset : arrived - last;
  summary.time(Math.floor(first + offset));
  summary.time(Math.floor(last + offset));
  summary.count += block.count;
  const field = fieldOf(head);
  if (block.kind !== 'record') summary.keys.add(field);
  else
    for (const record of block.values as object[])
      for (const point of pointsOf(field, record) ?? []) summary.keys.add(point.field);
}
