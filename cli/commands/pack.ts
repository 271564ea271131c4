/** `sluice pack FILE.csv`: packs a recorded signal as the device would, and says what it takes. */
import { readRecording } from '@sluice/host-sim/recording';
import { type Command, InvalidArgumentError } from 'commander';
import { BlockError } from '../../modules/block/block-error';
import { differenceEntropy } from '../../modules/block/comparison.node.js';
import { decodeBlock } from '../../modules/block/decoder';
import { pack } from '../../modules/block/encode.node.js';
import { sensorDataBytes } from '../../modules/block/sensor-data.node.js';
import type { Period } from '../../modules/block/types';
import { guarded, say } from '../output';

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
    .argument('<file>', 'one value a line; a first line that is no value is their name')
    .option('--hz <rate>', 'readings a second', positive, 100)
    .option('--type <int|double|bool>', 'what a reading is; found from the values if left out', typeName)
    .option('--block <bytes>', 'bytes a block', blockSize, 512)
    .option('--json', 'end with one line of JSON')
    .action(
      guarded((file: string, options: Options) => {
        const { values, first } = readRecording(file);
        const column = [...values];
        const type = options.type ?? typeOf(column);
        const wrong = column.findIndex((value) => !fits(value, type));
        if (wrong >= 0) throw new Error(`${file}:${first + wrong}: ${column[wrong]} is not ${named[type]}`);
        report(column, type, options);
      }),
    );
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
  say(
    `${readings} readings (${type}, ${hz} Hz) in ${blocks.length} ${blocks.length === 1 ? 'block' : 'blocks'} of at most ${block} B`,
  );
  say(`  packed                       ${each(bytes)}   heads, times and checks included`);
  say(
    `  as int16                     ${each(2 * readings)}   ${((2 * readings) / bytes).toFixed(1)} times as much`,
  );
  say(
    `  as the peer's SensorData     ${each(sensorData)}   ${(sensorData / bytes).toFixed(1)} times as much`,
  );
  say(`  entropy of the differences   ${each(entropy)}   the better of first and second, values alone`);
  say(
    verified
      ? '  verified: every reading comes back as it was'
      : '  NOT VERIFIED: readings differ after the round trip',
  );
  if (json) console.log(JSON.stringify(result));
  if (!verified) process.exitCode = 1;
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
  if (!(value >= 1e-6 && value <= 1e6))
    throw new InvalidArgumentError('must be a rate from 0.000001 to 1000000 Hz.');
  return value;
}

function blockSize(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 128 || value > 65535)
    throw new InvalidArgumentError('must be a whole number from 128 to 65535.');
  return value;
}

function typeName(text: string): Type {
  if (text in types) return text as Type;
  throw new InvalidArgumentError('must be int, double or bool.');
}
