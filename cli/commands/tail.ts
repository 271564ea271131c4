/** `npx sluice tail STREAM…`: values as they come, until Ctrl-C or until nobody reads them any more. */
import { once } from 'node:events';
import process from 'node:process';
import { sentenceOf } from '@sluice/common/errors';
import { type Command, Option } from 'commander';
import type { FollowedValue, FollowOptions } from '../data-out/follow';
import { addDoorOptions, addStreamOptions, type DoorOptions } from '../data-out/options';
import { parseCount } from '../options';
import { complain, guarded } from '../output';

type Options = FollowOptions & DoorOptions & { json?: true };

export function register(program: Command): void {
  const command = program
    .command('tail')
    .description('print values of streams as they come, until Ctrl-C')
    .argument(
      '[stream...]',
      'names, or their ends where no other stream has them; all of the parts without any',
    );
  addStreamOptions(command)
    .option(
      '--newest <count>',
      'values of each stream that are there already',
      (text: string) => parseCount(text, 0, 10_000),
      10,
    )
    .addOption(
      new Option('--interval <ms>', 'between two looks, from 200')
        .argParser((text: string) => parseCount(text, 200, 3_600_000))
        .default(1000, '1000'),
    );
  addDoorOptions(command).option('--json', 'a line of JSON a value').action(guarded(tail));
}

async function tail(names: string[], options: Options): Promise<void> {
  const [{ findDoor }, { Follower }, { untilSignal }] = await Promise.all([
    import('../data-out/find-door'),
    import('../data-out/follow'),
    import('../data-out/whole-file'),
  ]);
  const door = findDoor(options);
  const text = options.json ? jsonText : lineText;
  await untilSignal(async (signal) => {
    const follower = new Follower(door, names, options, signal);
    const onAway = (reason: unknown) => complain(`${sentenceOf(reason)} (it is asked again)`);
    try {
      for await (const value of follower.values(onAway))
        if (!process.stdout.write(`${text(value)}\n`)) await once(process.stdout, 'drain', { signal });
    } catch (error) {
      // Ctrl-C is how it is meant to end.
      if (!signal.aborted) throw error;
    }
  });
}

/** `2026-11-29T11:40:01.250Z esp-home my-esp32_A1 412 mV` */
function lineText({ time, part, stream, value, unit }: FollowedValue): string {
  return [new Date(time).toISOString(), part, stream, value, unit ?? ''].join(' ').trimEnd();
}

/** Written by hand for the value's digits. */
function jsonText({ value, unit, tags, ...row }: FollowedValue): string {
  const rest = { ...(unit !== undefined && { unit }), tags };
  return `${JSON.stringify(row).slice(0, -1)},"value":${value},${JSON.stringify(rest).slice(1)}`;
}
