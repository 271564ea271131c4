/** `npx sluice cloud …`: the cloud alone; its jobs; raw files read back. */
import { type Command, Option } from 'commander';
import type { CloudProgramOptions } from '../compose/cloud';
import type { RawOptions } from '../compose/raw-files';
import { guarded } from '../output';
import { addOperationCommands } from './cloud-operation';
import { addMachineCommands } from './machine';
import { parseTimeZone } from './serve';
import { parsePort } from './start';
import { addUserCommands } from './user';

export function register(program: Command): void {
  const cloud = program
    .command('cloud')
    .description('the IoT platform: run it alone; its jobs, raw files, dead letters, stages');
  cloud
    .command('run', { isDefault: true })
    .description('run the cloud alone; so does `sluice cloud`; or, with a job, that alone and now')
    .argument(
      '[job]',
      'copy (raw files to the bucket `data`), metadata (of every object there), compact, rollup or retention (of the time series)',
    )
    .option('--directory <path>', 'where everything is kept', '.sluice-cloud')
    .option('--configuration <file>', 'stores, broker, projects: JSON')
    .option('--alerts <file>', 'what alerts are raised for, and where they go: JSON')
    .option('--date <date>', 'of a job: this day alone, YYYY-MM-DD')
    .option('--key <key>', 'of a job: an operator’s, where the cloud has users')
    .option(
      '--port <number>',
      'of the HTTP door; the one above it is MQTT’s, the third Viam’s machines’',
      parsePort,
      8472,
    )
    .option('--host <address>', 'of all doors; beyond loopback users are required', '127.0.0.1')
    .option('--insecure', 'plain text beyond loopback is meant')
    .option('--certificate <file>', 'PEM, with its chain, instead of one by the authority here')
    .option('--private-key <file>', 'of that certificate, PEM')
    .option(
      '--time-zone <zone>',
      'IANA name of the zone in which the cloud’s days begin (default: what --configuration says, else UTC)',
      parseTimeZone,
    )
    .action(guarded(runCloud));
  cloud
    .command('raw')
    .description(
      'raw files as JSON lines, CSV, Parquet or Arrow, to the standard output; reads the files themselves',
    )
    .argument('<directory>', 'of the cloud: the one that has data/ in it')
    .option('--app-id <id>', 'of this project alone')
    .option('--dev-id <id>', 'of this device alone')
    .option('--from <date>', 'first day of arrival, YYYY-MM-DD')
    .option('--to <date>', 'last day of arrival, YYYY-MM-DD')
    .addOption(
      new Option('--format <format>', 'of what is printed')
        .choices(['json', 'csv', 'parquet', 'arrow'])
        .default('json'),
    )
    .action(guarded(printRaw));
  addOperationCommands(cloud);
  addUserCommands(cloud, guarded);
  addMachineCommands(cloud, guarded);
}

type RunOptions = CloudProgramOptions & { date?: string; key?: string };

async function runCloud(job: string | undefined, { date, key, ...options }: RunOptions): Promise<void> {
  if (job === undefined) {
    const { runCloudProgram } = await import('../compose/cloud');
    return runCloudProgram(options);
  }
  const { runCloudJob } = await import('../compose/cloud-job');
  const { directory, configuration, timeZone } = options;
  await runCloudJob(job, {
    directory,
    ...(key !== undefined && { key }),
    ...(date !== undefined && { date }),
    ...(configuration !== undefined && { configuration }),
    ...(timeZone !== undefined && { timeZone }),
  });
}

async function printRaw(directory: string, options: RawOptions): Promise<void> {
  // Loaded only when asked for: the other commands need none of it.
  const { printRawFiles } = await import('../compose/raw-files');
  await printRawFiles(directory, options);
}
