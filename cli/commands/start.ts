/** `npx sluice start`: cloud, gateway and one simulated ESP32 in one process, with one address to look at. */
import { resolve } from 'node:path';
import { type Command, InvalidArgumentError, Option } from 'commander';
import type { StartOptions } from '../compose/start';
import { parseSimulatedChip } from '../options';
import { exitCodes, guarded, tellingProgress } from '../output';

/** Ports taken, from the page's on: the page, the link, the cloud's HTTP and MQTT doors, Viam's API. */
const defaultPort = 8470;

export function register(program: Command): void {
  program
    .command('start')
    .description('run the cloud, the gateway and one simulated ESP32, and print the address of the page')
    .option('--port <number>', 'port of the page; the five above it are taken too', parsePort, defaultPort)
    .option('--alerts <file>', 'what alerts are raised for, and where they go: JSON')
    .option('--directory <path>', 'where everything is kept', '.sluice')
    .option('--json', 'print all addresses as one line of JSON when everything runs')
    .option('--config <file>', "the board's own configuration (default: the demonstration's)")
    .option(
      '--chip <name>',
      'of the simulated board, with its pins and its memory: esp32, esp32c3 or esp32s3',
      parseSimulatedChip,
      'esp32',
    )
    .option('--main <file>', "the main part's configuration (default: the demonstration's)")
    .addOption(
      new Option(
        '--pin <signal>',
        'e.g. 34=constant:2000+sine:500,1.5 or 34=samples:ecg.csv@360; may be repeated',
      )
        .argParser((text: string, before: string[]) => [...before, text])
        .default([], 'recordings, or a wave on each input'),
    )
    .action(
      guarded(async (options: StartOptions) => {
        // Loaded only when asked for: the other commands need none of it. What runs already is found before that.
        const { holdDirectory } = await import('@sluice/common/running');
        const address = `http://localhost:${options.port}/`;
        (await holdDirectory(resolve(options.directory), address)).release();
        if (!(await isCheckedToRun(options))) {
          process.exitCode = exitCodes.failed;
          return;
        }
        await tellingProgress('starting the cloud and the gateway: some seconds', async () => {
          const { startAll } = await import('../compose/start');
          await startAll(options);
        });
      }),
    );
}

/**
 * Says what is wrong with one's own configurations.
 * @returns whether there is anything to run @throws Error that says which signal is none, or on no pin of the chip
 */
async function isCheckedToRun({ config, main, chip, pin }: StartOptions): Promise<boolean> {
  if (pin.length > 0) {
    const { parsePins } = await import('@sluice/host-sim/signal-text');
    const { boards } = await import('@sluice/host-sim/manifest/boards');
    parsePins(pin, boards[chip].chip);
  }
  const files = [main, config].filter((file) => file !== undefined);
  if (files.length === 0) return true;
  const { provideChipModules } = await import('../check/chip/load');
  provideChipModules();
  const { checkStart } = await import('../check/check-start');
  const { lineOf } = await import('../check/print');
  const { findings, runs } = checkStart({ config, main, chip });
  for (const finding of findings) console.error(lineOf(finding));
  return runs;
}

export function parsePort(text: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port <= 65_531) return port;
  throw new InvalidArgumentError('must be a whole number from 1 to 65531.');
}
