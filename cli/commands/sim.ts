/** `npx sluice sim`: one firmware in the simulator, with its traces, its restarts, and what it used. */
import { writeFileSync } from 'node:fs';
import process from 'node:process';
import type { SimulatedDevice } from '@sluice/host-sim/device';
import type { Report } from '@sluice/host-sim/exit';
import type { BoardName } from '@sluice/host-sim/manifest/boards';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { complain, guarded } from '../output';

interface Options {
  board: string;
  time: string;
  for: number;
  seed: number;
  pin: string[];
  config: string[];
  network: string;
  flash: string;
  directory?: string;
  truth?: string;
  report?: string;
  json?: boolean;
  quiet?: boolean;
}

const units: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

function duration(text: string): number {
  const [, number, unit] = /^([\d.]+)(ms|s|m|h|d)$/.exec(text) ?? [];
  if (number === undefined)
    throw new InvalidArgumentError('must be a duration such as 500ms, 10s, 5m, 2h or 1d.');
  return Number(number) * units[unit!]!;
}

const each = (value: string, values: string[]) => [...values, value];

function oneOf<const T extends string>(what: string, value: string, allowed: readonly T[]): T {
  if (!allowed.includes(value as T)) throw new Error(`--${what} must be ${allowed.join(' or ')}`);
  return value as T;
}

function summary({ slots, chunks, arena, stack, keys, collections, flash }: Report): string {
  return [
    ...(arena.size > 0 ? [`arena ${arena.peak} of ${arena.size} B`] : []),
    `slots ${slots.peak} of ${slots.reserved}, chunks ${chunks.peak} of ${chunks.reserved} B`,
    `stack ${stack.peak} of ${stack.size}, keys ${keys.used} of ${keys.available}, ${collections} collections`,
    `flash ${flash.programs} pages programmed, ${flash.erases} sectors erased, ${flash.stalled.toFixed(0)} ms`,
  ].join('\n');
}

async function start(firmware: string, options: Options): Promise<SimulatedDevice> {
  // Loaded only when asked for: the other commands need none of it.
  const { SimulatedDevice } = await import('@sluice/host-sim/device');
  const { boards } = await import('@sluice/host-sim/manifest/boards');
  const { configValues, manifestConfig } = await import('../simulate/config-values');
  const { parsePins } = await import('@sluice/host-sim/signal-text');
  const { SimulatedNetwork } = await import('@sluice/host-sim/network/simulated-network');
  const board = oneOf('board', options.board, Object.keys(boards) as BoardName[]);
  const time = oneOf('time', options.time, ['real', 'virtual']);
  const outside = oneOf('network', options.network, ['none', 'real']);
  if (outside === 'real' && time === 'virtual') throw new Error('--network real needs --time real');
  return SimulatedDevice.start({
    firmware,
    board,
    time,
    seed: options.seed,
    config: configValues(options.config, manifestConfig(firmware, board)),
    pins: parsePins(options.pin, boards[board].chip),
    flash: { timing: oneOf('flash', options.flash, ['none', 'typical', 'worst']) },
    network: new SimulatedNetwork({ seed: options.seed, outside }),
    trace: (text) => process.stdout.write(text),
    ...(options.directory ? { directory: options.directory } : {}),
    ...(options.truth ? { truth: options.truth } : {}),
  });
}

async function run(firmware: string, options: Options): Promise<void> {
  const device = await start(firmware, options);
  let interrupted = false;
  process.once('SIGINT', () => {
    interrupted = true;
  });
  let told = 0;
  try {
    for (let passed = 0; passed < options.for && !interrupted; ) {
      const step = Math.min(device.clock.kind === 'real' ? 200 : 60_000, options.for - passed);
      await device.run(step);
      passed += step;
      for (; told < device.exits.length; told++) {
        const { at, reason, detail } = device.exits[told]!;
        complain(`at ${at.toFixed(1)} ms: ${reason}${detail ? `\n${detail}` : ''}`);
      }
    }
    const report = await device.report();
    if (!options.quiet) console.error(summary(report));
    if (options.json) console.log(JSON.stringify(report));
    if (options.report) writeFileSync(options.report, JSON.stringify(report, null, 2));
  } finally {
    await device.close();
  }
}

export function register(program: Command): void {
  program
    .command('sim')
    .description(
      'run a firmware in the simulator: real XS, an ESP32’s memory, simulated pins, flash and network',
    )
    .argument('[firmware]', 'a manifest.json or its directory', '.')
    .option('--board <name>', 'esp32, esp32c3 or esp32s3', 'esp32')
    .option('--time <kind>', 'real or virtual', 'real')
    .addOption(
      new Option('--for <time>', 'how long: 500ms, 10s, 5m, 2h, 1d')
        .argParser(duration)
        .default(60_000, '1m'),
    )
    .option('--seed <number>', 'of everything random', parseSeed, 1)
    .addOption(
      new Option('--pin <signal>', 'e.g. 34=constant:2000+sine:500,1.5 or 34=samples:ecg.csv@360')
        .argParser(each)
        .default([], 'nothing is wired'),
    )
    .addOption(
      new Option('--config <name=value>', 'a value of mc/config, of the type that the manifest gives it')
        .argParser(each)
        .default([], 'as in the manifest'),
    )
    .option('--network <kind>', 'what lies beyond the simulated access point "sim": none or real', 'none')
    .option('--flash <timing>', 'none, typical or worst', 'typical')
    .option('--directory <path>', 'keep flash and preferences there (default: nothing is kept)')
    .option('--truth <file>', 'log every read of a pin')
    .option('--report <file>', 'write peaks and counters as JSON')
    .option('--json', 'end with one line of JSON: peaks and counters')
    .action(guarded(run));
}

function parseSeed(text: string): number {
  const seed = Number(text);
  if (text !== '' && Number.isInteger(seed) && seed >= 0 && seed <= 0xffffffff) return seed;
  throw new InvalidArgumentError('must be a whole number from 0 to 4294967295.');
}
