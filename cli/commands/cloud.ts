/** `npx sluice cloud …`: the cloud alone; its jobs; raw files read back, dead letters, stages. */
import { type Command, Option } from 'commander';
import type { CloudProgramOptions } from '../compose/cloud';
import type { RawOptions } from '../compose/raw-files';
import { guarded } from '../output';
import { addMachineCommands } from './machine';
import { parseTimeZone } from './serve';
import { parsePort } from './start';
import { addUserCommands } from './user';

const defaultAddress = 'http://127.0.0.1:8472';

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
    .description('raw files as JSON lines or CSV, to the standard output; reads the files themselves')
    .argument('<directory>', 'of the cloud: the one that has data/ in it')
    .option('--app-id <id>', 'of this project alone')
    .option('--dev-id <id>', 'of this device alone')
    .option('--from <date>', 'first day of arrival, YYYY-MM-DD')
    .option('--to <date>', 'last day of arrival, YYYY-MM-DD')
    .addOption(new Option('--format <format>', 'of the lines').choices(['json', 'csv']).default('json'))
    .action(guarded(printRaw));
  const letters = cloud.command('dead-letters').description('what a stage could not store');
  for (const [name, description] of [
    ['list', 'the oldest, with their reasons'],
    ['retry', 'give them to their stage again'],
  ] as const)
    letters
      .command(name)
      .description(description)
      .argument('[stage]', 'raw-files or time-series; without it, both')
      .option('--address <url>', 'of the cloud’s HTTP door', defaultAddress)
      .option('--key <key>', 'the door’s key')
      .action(guarded((stage: string | undefined, at: Door) => deadLetters(name, stage, at)));
  cloud
    .command('stages')
    .description('every stage, its lag and its failure')
    .option('--address <url>', 'of the cloud’s HTTP door', defaultAddress)
    .option('--key <key>', 'the door’s key')
    .action(
      guarded(async (at: Door) => console.log(JSON.stringify(await ask(at, 'GET', '/stages'), undefined, 2))),
    );
  cloud
    .command('rebuild')
    .description('build the time series anew from the raw files; the doors stay open')
    .option('--address <url>', 'of the cloud’s HTTP door', defaultAddress)
    .option('--key <key>', 'the door’s key')
    .action(
      guarded(async (at: Door) => {
        await ask(at, 'POST', '/time-series/rebuild');
        console.log('the time series is being rebuilt: `sluice cloud stages` tells how far it is');
      }),
    );
  cloud
    .command('part')
    .description('parts that have stored something')
    .command('delete')
    .description('remove all that there is of a part, for good: rows, raw files, their copies, objects')
    .argument('<app-id>', 'its project')
    .argument('<part>', 'its name')
    .option('--address <url>', 'of the cloud’s HTTP door', defaultAddress)
    .option('--key <key>', 'the door’s key')
    .action(
      guarded(async (appId: string, part: string, at: Door) => {
        const path = `/parts/${encodeURIComponent(appId)}/${encodeURIComponent(part)}`;
        const removed = (await ask(at, 'DELETE', path)) as { days: number; objects: number; copies: number };
        const { days, objects, copies } = removed;
        console.log(
          `${part} is deleted, with ${days} days of raw files, ${copies} copies of them, ${objects} objects`,
        );
      }),
    );
  addUserCommands(cloud, guarded);
  addMachineCommands(cloud, guarded);
}

interface Door {
  address: string;
  key?: string;
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

async function deadLetters(action: 'list' | 'retry', stage: string | undefined, at: Door): Promise<void> {
  const stages =
    stage === undefined ? ((await ask(at, 'GET', '/stages')) as { name: string }[]) : [{ name: stage }];
  for (const { name } of stages) {
    const path = `/dead-letters/${encodeURIComponent(name)}`;
    if (action === 'retry') {
      const { stored, left } = (await ask(at, 'POST', `${path}/retry`)) as { stored: number; left: number };
      console.log(`${name}: ${stored} stored, ${left} are dead letters still`);
    } else
      for (const letter of (await ask(at, 'GET', path)) as object[])
        console.log(JSON.stringify({ stage: name, ...letter }));
  }
}

async function ask({ address, key }: Door, method: string, path: string): Promise<unknown> {
  const headers = key === undefined ? undefined : { authorization: `Bearer ${key}` };
  const response = await fetch(new URL(path, address), { method, ...(headers && { headers }) });
  const answer = await response.json();
  if (!response.ok) throw new Error(`${path}: ${(answer as { error?: string }).error ?? response.status}`);
  return answer;
}
