/** `npx sluice cloud stages`, `rebuild`, `dead-letters`, `part delete`: what an operator asks of a cloud that runs. */
import type { Command } from 'commander';
import type { Door } from '../data-out/door';
import { addDoorOptions, type DoorOptions } from '../data-out/options';
import { spanText } from '../operate/words';
import { guarded, remark, say } from '../output';

interface Stage {
  name: string;
  state: string;
  behind: { arrivals: number; milliseconds: number };
  stored: number;
  deadLetters: number;
  error?: string;
}

export function addOperationCommands(cloud: Command): void {
  const letters = cloud.command('dead-letters').description('what a stage could not store');
  for (const [name, description, act] of [
    ['list', 'the oldest, with their reasons: a line of JSON each', listLetters],
    ['retry', 'give them to their stage again', retryLetters],
  ] as const)
    addDoorOptions(
      letters
        .command(name)
        .description(description)
        .argument('[stage]', 'raw-files or time-series; without it, all'),
    ).action(
      guarded(async (stage: string | undefined, options: DoorOptions) => {
        const door = await doorOf(options);
        const names = stage === undefined ? (await stagesOf(door)).map((each) => each.name) : [stage];
        await act(door, names);
      }),
    );
  addDoorOptions(cloud.command('stages').description('every stage, its lag and its failure'))
    .option('--json', 'end with one line of JSON')
    .action(
      guarded(async ({ json, ...options }: DoorOptions & { json?: boolean }) => {
        const stages = await stagesOf(await doorOf(options));
        for (const stage of stages) console.log(stageLine(stage));
        if (json) console.log(JSON.stringify({ stages }));
      }),
    );
  addDoorOptions(
    cloud
      .command('rebuild')
      .description('build the time series anew from the raw files; the doors stay open'),
  ).action(
    guarded(async (options: DoorOptions) => {
      await (await doorOf(options)).ask('/time-series/rebuild', {}, { method: 'POST' });
      say('the time series is being rebuilt: `sluice cloud stages` tells how far it is');
    }),
  );
  addDoorOptions(
    cloud
      .command('part')
      .description('parts that have stored something')
      .command('delete')
      .description('remove all that there is of a part, for good: rows, raw files, their copies, objects')
      .argument('<app-id>', 'its project')
      .argument('<part>', 'its name'),
  ).action(
    guarded(async (appId: string, part: string, options: DoorOptions) =>
      deletePart(await doorOf(options), appId, part),
    ),
  );
}

async function deletePart(door: Door, appId: string, part: string): Promise<void> {
  const path = `/parts/${encodeURIComponent(appId)}/${encodeURIComponent(part)}`;
  const { text } = await door.ask(path, {}, { method: 'DELETE' });
  const { days, objects, copies } = JSON.parse(text) as { days: number; objects: number; copies: number };
  if (days + objects + copies === 0)
    throw new Error(
      `there are no raw files and no objects of '${part}' in the project '${appId}': \`sluice streams\` lists the parts`,
    );
  const of = [
    counted(days, 'day of raw files', 'days of raw files'),
    counted(copies, 'copy of them', 'copies of them'),
    counted(objects, 'object', 'objects'),
  ];
  console.log(`${part} is deleted, with ${of.join(', ')}`);
}

async function listLetters(door: Door, stages: readonly string[]): Promise<void> {
  let count = 0;
  for (const stage of stages) {
    const { text } = await door.ask(pathOf(stage), {});
    for (const letter of JSON.parse(text) as object[]) {
      count += 1;
      console.log(JSON.stringify({ stage, ...letter }));
    }
  }
  if (count === 0) remark('there is none: every stage has stored what came');
}

async function retryLetters(door: Door, stages: readonly string[]): Promise<void> {
  for (const stage of stages) {
    const { text } = await door.ask(`${pathOf(stage)}/retry`, {}, { method: 'POST' });
    const { stored, left } = JSON.parse(text) as { stored: number; left: number };
    console.log(`${stage}: ${stored} stored, ${left} are dead letters still`);
  }
}

const pathOf = (stage: string) => `/dead-letters/${encodeURIComponent(stage)}`;

async function stagesOf(door: Door): Promise<Stage[]> {
  return JSON.parse((await door.ask('/stages', {})).text) as Stage[];
}

/** `time-series: running, 12 arrivals (3 s) behind, 915 stored` */
function stageLine({ name, state, behind, stored, deadLetters, error }: Stage): string {
  const lag =
    behind.arrivals === 0
      ? 'not behind'
      : `${counted(behind.arrivals, 'arrival', 'arrivals')} (${spanText(behind.milliseconds)}) behind`;
  const rest = deadLetters === 0 ? [] : [counted(deadLetters, 'dead letter', 'dead letters')];
  const line = `${name}: ${[state, lag, `${stored} stored`, ...rest].join(', ')}`;
  return error === undefined ? line : `${line}; ${error}`;
}

function counted(count: number, one: string, several: string): string {
  return `${count} ${count === 1 ? one : several}`;
}

async function doorOf(options: DoorOptions): Promise<Door> {
  // Loaded only when asked for: the other commands need none of it.
  const { findDoor } = await import('../data-out/find-door');
  return findDoor(options);
}
