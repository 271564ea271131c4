/** `npx sluice plan CONFIG`: what a configuration asks of a board, before anything is flashed. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { type Command, InvalidArgumentError } from 'commander';

interface Options {
  partition: number;
  recording: Map<string, string>;
  battery: number;
  currents?: string;
  json?: boolean;
}

export function register(program: Command): void {
  program
    .command('plan')
    .description(
      'reckon outage covered, flash life, bandwidth, share of the chip and battery life of a configuration',
    )
    .argument('<configuration>', "a part's Viam configuration, JSON")
    .option('--partition <size>', 'of the capture partition: 1MB, 512KB', parseSize, 1 << 20)
    .option(
      '--recording <name=file>',
      'a recorded column for a reader, pin or resource; may be repeated',
      addRecording,
      new Map(),
    )
    .option('--battery <mAh>', 'capacity of the battery', parseCapacity, 2_500)
    .option('--currents <file>', 'mA of each chip; else those of the data sheets (cli/plan/currents.json)')
    .option('--json', 'print one JSON object')
    .action(async (path: string, options: Options) => {
      try {
        await plan(path, options);
      } catch (error) {
        console.error(`sluice: ${(error as Error).message}`);
        process.exitCode = 1;
      }
    });
}

async function plan(path: string, options: Options): Promise<void> {
  const { partition, recording, battery, currents, json } = options;
  const [
    { batteryLife, readCurrents, usualCurrents },
    { parsePart },
    { estimate },
    { estimateMemory, memoryLines },
    { printBattery, printEstimate },
    { keptFigures },
    { parseRecording },
  ] = await Promise.all([
    import('../plan/battery'),
    import('../../modules/config/part'),
    import('../plan/capacity'),
    import('../plan/memory'),
    import('../plan/print'),
    import('../../bench/kept'),
    import('@sluice/host-sim/signals'),
  ]);
  const text = readFileSync(path, 'utf8');
  const { collectors, sync, problems } = parsePart(text);
  for (const { severity, path: place, message } of problems)
    console.error(`${path}: ${severity} at ${place}: ${message}`);
  if (collectors.length === 0) throw new Error(`${path} captures nothing`);
  const recordings = new Map(
    [...recording].map(([name, file]) => [
      name,
      { name: basename(file), values: [...parseRecording(readFileSync(file, 'utf8'))] },
    ]),
  );
  const kept = keptFigures().capture?.find(({ figure }) => figure.startsWith('timer to ring'));
  if (!kept)
    throw new Error('bench/kept.json has no figure of the capture path: npm run bench -- capture --keep');
  const result = estimate({
    collectors,
    partitionBytes: partition,
    recordings,
    instructionsPerReading: kept.value,
  });
  const lives = batteryLife(result, sync, readCurrents(currents ?? usualCurrents), battery);
  const memory = estimateMemory(text);
  if (json) console.log(JSON.stringify({ ...result, battery: lives, memory }));
  else {
    printEstimate(result, partition);
    printBattery(lives, battery);
    console.log(memoryLines(memory).join('\n'));
  }
}

function parseCapacity(text: string): number {
  const capacity = Number(text);
  if (capacity > 0 && Number.isFinite(capacity)) return capacity;
  throw new InvalidArgumentError('is a capacity in mAh such as 2500.');
}

function parseSize(text: string): number {
  const match = /^(\d+)\s*(K|M)i?B?$/i.exec(text);
  if (!match) throw new InvalidArgumentError('is a size such as 1MB or 512KB.');
  const bytes = Number(match[1]) << (match[2]!.toUpperCase() === 'K' ? 10 : 20);
  if (bytes >= 64 << 10 && bytes <= 16 << 20) return bytes;
  throw new InvalidArgumentError('is from 64KB to 16MB.');
}

function addRecording(text: string, before: Map<string, string>): Map<string, string> {
  const [name, ...file] = text.split('=');
  if (!name || file.length === 0) throw new InvalidArgumentError('is written name=file.');
  return new Map(before).set(name, file.join('='));
}
