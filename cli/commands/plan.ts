/** `npx sluice plan CONFIG`: what a configuration asks of a board, before anything is flashed. */
import process from 'node:process';
import { readTextFile } from '@sluice/common/text-file';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseChip, parseSize } from '../options';
import { exitCodes, guarded } from '../output';

interface Options {
  partition: number;
  chip: string;
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
    .argument('<configuration>', "a board's own Viam configuration, JSON")
    .addOption(
      new Option('--partition <size>', 'of the capture partition')
        .argParser(parseSize)
        .default(1 << 20, '1MB'),
    )
    .option(
      '--chip <name>',
      'for which the configuration is checked: esp32, esp32c3, esp32c6 or esp32s3',
      parseChip,
      'esp32',
    )
    .addOption(
      new Option(
        '--recording <name=file@hz>',
        'a recorded column for a reader, pin or resource; may be repeated',
      )
        .argParser(addRecording)
        .default(new Map(), 'assumed signals'),
    )
    .option('--battery <mAh>', 'capacity of the battery', parseCapacity, 2_500)
    .option('--currents <file>', 'mA of each chip (default: of the data sheets, cli/plan/currents.json)')
    .option('--json', 'print one JSON object')
    .action(guarded(plan));
}

async function plan(path: string, options: Options): Promise<void> {
  const { partition, chip, recording, battery, currents, json } = options;
  const { provideChipModules } = await import('../check/chip/load');
  provideChipModules();
  const [
    { batteryLife, readCurrents, usualCurrents },
    { checkFiles },
    { unusable },
    { countOf, lineOf },
    { instructionsPerReading },
    { parsePart },
    { estimate },
    { estimateMemory, memoryLines },
    { printBattery, printEstimate },
    { plannedRecording },
  ] = await Promise.all([
    import('../plan/battery'),
    import('../check/check'),
    import('../check/check-start'),
    import('../check/print'),
    import('../check/rates'),
    import('../../modules/config/part'),
    import('../plan/capacity'),
    import('../plan/memory'),
    import('../plan/print'),
    import('../plan/recordings'),
  ]);
  const { findings } = checkFiles([path], { chip, partition, role: 'board' });
  for (const finding of findings) console.error(lineOf(finding));
  const { errors } = countOf(findings);
  // What is wrong is left out by the board, and here: the figures are of the rest.
  if (errors > 0) process.exitCode = exitCodes.failed;
  if (findings.some(({ code, path }) => path === '$' && unusable.includes(code))) return;
  const text = readTextFile(path);
  const { collectors, sync } = parsePart(text);
  if (collectors.length === 0) throw new Error(`${path} captures nothing`);
  const recordings = new Map([...recording].map(([name, file]) => [name, plannedRecording(file)]));
  const result = estimate({
    collectors,
    partitionBytes: partition,
    recordings,
    instructionsPerReading: instructionsPerReading(),
  });
  const lives = batteryLife(result, sync, readCurrents(currents ?? usualCurrents), battery);
  const memory = estimateMemory(text);
  if (json) {
    console.log(JSON.stringify({ ...result, battery: lives, memory }));
    return;
  }
  printEstimate(result, partition);
  printBattery(lives, battery);
  console.log(memoryLines(memory).join('\n'));
}

function parseCapacity(text: string): number {
  const capacity = Number(text);
  if (capacity > 0 && Number.isFinite(capacity)) return capacity;
  throw new InvalidArgumentError('must be a capacity in mAh such as 2500.');
}

function addRecording(text: string, before: Map<string, string>): Map<string, string> {
  const [name, ...file] = text.split('=');
  if (!name || file.length === 0) throw new InvalidArgumentError('must be written name=file.');
  return new Map(before).set(name, file.join('='));
}
