/** A value a line of CSV, as raw files are read back. */
import type { Value } from '../message/message';
import { cellOf, lineOf } from './csv-answer';

export interface ValueLine {
  time: number;
  stream: string;
  value: Value;
  tags: Record<string, string>;
}

export const csvHead = 'time,stream,value,tags\r\n';

/** By RFC 4180, time in ISO 8601. */
export function csvLine({ time, stream, value, tags }: ValueLine): string {
  return lineOf([new Date(time).toISOString(), cellOf(stream), cellOf(value), JSON.stringify(tags)]);
}
