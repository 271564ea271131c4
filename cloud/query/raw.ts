/** Raw files as text: JSON lines as specified, whatever they were kept as, or CSV, a value a line. */
import { join } from 'node:path';
import type { Storage } from '@sluice/common/storage';
import { BlockError } from '../../modules/block/block-error';
import { decodeBlock } from '../../modules/block/decoder';
import { blockName } from '../../modules/block/file';
import { expandBlock } from '../message/block-messages';
import { type Message, parseMessage } from '../message/message';
import {
  type ArrivedBlock,
  type DayName,
  dayPath,
  readBlocks,
  readLines,
} from '../stores/raw-files/read-day';
import { csvHead, csvLine } from './csv-line';

export type RawFormat = 'json' | 'csv';

export interface RawSource {
  storage: Storage;
  /** Where the raw files are. */
  directory: string;
  /** Told of what cannot be read, and is passed. */
  onProblem(problem: string): void;
}

/** A day's messages, and then what its blocks stand for, some at a time. */
export async function* rawText(source: RawSource, day: DayName, format: RawFormat): AsyncGenerator<string> {
  const { storage, directory, onProblem } = source;
  const lines = dayPath(day, 'json');
  for await (const line of readLines(storage, join(directory, lines))) {
    if (format === 'json') yield `${Buffer.from(line)}\n`;
    else {
      const parsed = parseMessage(line, undefined, 0);
      if ('message' in parsed) yield csvOf(parsed.message);
      else onProblem(`${lines}: a line that is no message: ${parsed.refusal.path} ${parsed.refusal.message}`);
    }
  }
  const blocks = dayPath(day, 'sluice');
  const damaged = (offset: number) => onProblem(`${blocks}: damaged at byte ${offset}`);
  for await (const arrived of readBlocks(storage, join(directory, blocks), damaged)) {
    const messages = messagesOf(arrived, day);
    if (typeof messages === 'string') onProblem(`${blocks}: ${messages}`);
    else yield messages.map((message) => (format === 'json' ? `${message.line}\n` : csvOf(message))).join('');
  }
}

/** What a text of days begins with. */
export function rawHead(format: RawFormat): string {
  return format === 'csv' ? csvHead : '';
}

function messagesOf(
  { head, arrived, block: captured }: ArrivedBlock,
  { appId }: DayName,
): Message[] | string {
  const name = blockName(head, captured.sequence);
  const block = decodeBlock(captured.bytes);
  if (block instanceof BlockError) return `${name}: ${block.code} at byte ${block.offset}`;
  const { mapping } = captured;
  return expandBlock({ appId, remote: head.remote, metadata: head, name, mapping, block, arrival: arrived });
}

function csvOf({ time, points, tags }: Message): string {
  return points.map(({ field, value }) => csvLine({ time, stream: field, value, tags })).join('');
}
