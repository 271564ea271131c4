/** `sluice pack FILE.csv`: packs a recorded signal as the device would, and says what it takes. */
import { readFileSync } from 'node:fs';
import { type Command, InvalidArgumentError } from 'commander';
import { BlockError } from '../../modules/block/block-error';
import { differenceEntropy } from '../../modules/block/comparison.node.js';
import { decodeBlock } from '../../modules/block/decoder';
import { pack } from '../../modules/block/encode.node.js';
import { sensorDataBytes } from '../../modules/block/sensor-data.node.js';
import type { Period } from '../../modules/block/types';

const types = { int: 'integer', double: 'double', bool: 'boolean' } as const;
type Type = keyof typeof types;
/** A wall time like today's, for the size of the peer's stamps. */
const wallStart = 1_760_000_000_000;

interface Options {
  hz: number;
  type?: Type;
  block: number;
  json?: boolean;
}

export interface PackResult {
  readings: number;
  bytes: number;
  blocks: number;
  bytes_per_reading: number;
  entropy_bytes_per_reading: number;
  verified: boolean;
}

export function register(program: Command): void {
  program
    .command('pack')
    .description('pack a recorded one-column signal as the device would, verify the round trip, compare')
    .argument('<file>', 'CSV of one column; a first line that is no value is its name')
    .option('--hz <rate>', 'readings a second', positive, 100)
    .option('--type <int|double|bool>', 'what a reading is; found from the values if left out', typeName)
    .option('--block <bytes>', 'bytes a block', blockSize, 512)
    .option('--json', 'end with one line of JSON')
    .action((file: string, options: Options) => {
      let text: string;
      try {
        text = readFileSync(file, 'utf8');
      } catch (error) {
        return program.error(`pack: cannot read ${file}: ${(error as Error).message}`);
      }
      const column = readColumn(text);
      if ('line' in column)
        return program.error(`pack: ${file}:${column.line}: '${column.text}' is not one value`);
      if (column.values.length === 0) return program.error(`pack: ${file} holds no values`);
      const type = options.type ?? typeOf(column.values);
      const wrong = column.values.findIndex((value) => !fits(value, type));
      if (wrong >= 0)
        return program.error(
          `pack: ${file}:${column.first + wrong}: ${column.values[wrong]} is not ${named[type]}`,
        );
      report(column.values, type, options);
    });
}

const named = { int: 'a 32-bit integer', double: 'a double', bool: '0 or 1' };

function report(values: number[], type: Type, { hz, block, json }: Options): void {
  const column = type === 'bool' ? values.map((value) => value === 1) : values;
  const { blocks } = pack(types[type], column, { period: periodOf(hz), target: block });
  const decoded = blocks.flatMap((bytes) => {
    const result = decodeBlock(bytes);
    return result instanceof BlockError ? [] : Array.from(result.values as ArrayLike<number>);
  });
  const verified =
    decoded.length === values.length &&
    values.every(
      (value, index) => Object.is(value + 0, decoded[index]! + 0) || Object.is(value, decoded[index]),
    );
  const bytes = blocks.reduce((sum, { length }) => sum + length, 0);
  const readings = values.length;
  const sensorData = column.reduce<number>(
    (sum, value, index) => sum + sensorDataBytes(value, wallStart + Math.floor((index * 1000) / hz)),
    0,
  );
  const entropy = differenceEntropy(values);
  const result: PackResult = {
    readings,
    bytes,
    blocks: blocks.length,
    bytes_per_reading: bytes / readings,
    entropy_bytes_per_reading: entropy / readings,
    verified,
  };
  const each = (total: number) => `${(total / readings).toFixed(4).padStart(9)} B a reading`;
  console.log(`${readings} readings (${type}, ${hz} Hz) in ${blocks.length} blocks of at most ${block} B`);
  console.log(`  packed                       ${each(bytes)}   heads, times and checks included`);
  console.log(
    `  as int16                     ${each(2 * readings)}   ${((2 * readings) / bytes).toFixed(1)} times as much`,
  );
  console.log(
    `  as the peer's SensorData     ${each(sensorData)}   ${(sensorData / bytes).toFixed(1)} times as much`,
  );
  console.log(
    `  entropy of the differences   ${each(entropy)}   the better of first and second, values alone`,
  );
  console.log(
    verified
      ? '  verified: every reading comes back as it was'
      : '  NOT VERIFIED: readings differ after the round trip',
  );
  if (json) console.log(JSON.stringify(result));
  if (!verified) process.exitCode = 1;
}

/** Values of a one-column text, or the line that is none. The first line may be a name. */
export function readColumn(
  text: string,
): { values: number[]; first: number } | { line: number; text: string } {
  const lines = text.replace(/^\ufeff/, '').split(/\r?\n/);
  while (lines.length > 0 && lines.at(-1)!.trim() === '') lines.pop();
  const first = lines.length > 0 && parseValue(lines[0]!) === undefined ? 1 : 0;
  const values: number[] = [];
  for (let line = first; line < lines.length; line += 1) {
    const value = parseValue(lines[line]!);
    if (value === undefined) return { line: line + 1, text: lines[line]! };
    values.push(value);
  }
  return { values, first: first + 1 };
}

function parseValue(text: string): number | undefined {
  const trimmed = text.trim().replace(/^"(.*)"$/, '$1');
  if (/^true$/i.test(trimmed)) return 1;
  if (/^false$/i.test(trimmed)) return 0;
  if (/^nan$/i.test(trimmed)) return Number.NaN;
  if (/^[+-]?inf(inity)?$/i.test(trimmed)) return trimmed.startsWith('-') ? -Infinity : Infinity;
  if (!/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed)) return undefined;
  return Number(trimmed);
}

function typeOf(values: number[]): Type {
  return values.every((value) => fits(value, 'int')) ? 'int' : 'double';
}

function fits(value: number, type: Type): boolean {
  if (type === 'double') return true;
  if (type === 'bool') return value === 0 || value === 1;
  return value === (value | 0) && !Object.is(value, -0);
}

/** 360 Hz is 25/9 ms: the exact fraction of a rate of up to six decimals. */
function periodOf(hz: number): Period {
  let numerator = 1e9;
  let denominator = Math.round(hz * 1e6);
  for (let left = numerator, right = denominator; right > 0; [left, right] = [right, left % right])
    if (left % right === 0) {
      numerator /= right;
      denominator /= right;
      break;
    }
  return { numerator, denominator };
}

function positive(text: string): number {
  const value = Number(text);
  if (!(value >= 1e-6 && value <= 1e6)) throw new InvalidArgumentError('a rate from 0.000001 to 1000000 Hz');
  return value;
}

function blockSize(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 128 || value > 65535)
    throw new InvalidArgumentError('an integer from 128 to 65535');
  return value;
}

function typeName(text: string): Type {
  if (text in types) return text as Type;
  throw new InvalidArgumentError('int, double or bool');
}
