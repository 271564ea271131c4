/** `npx sluice streams`: which streams there are, and how much of each. */
import type { Command } from 'commander';
import type { KnownStream } from '../data-out/choose';
import { addDoorOptions, addStreamOptions, type DoorOptions, type StreamOptions } from '../data-out/options';
import { guarded, say } from '../output';

type Options = DoorOptions & StreamOptions & { json?: true };

export function register(program: Command): void {
  const command = program
    .command('streams')
    .description('list the streams that the cloud has: their names, how many values, from when to when');
  addDoorOptions(addStreamOptions(command))
    .option('--json', 'a line of JSON a stream, with its tags')
    .action(
      guarded(async ({ json, ...options }: Options) => {
        const [{ findDoor }, { knownStreams }, { untilSignal }] = await Promise.all([
          import('../data-out/find-door'),
          import('../data-out/choose'),
          import('../data-out/whole-file'),
        ]);
        const door = findDoor(options);
        const { streams } = await untilSignal((signal) => knownStreams(door, options, signal));
        for (const line of json ? streams.map((stream) => JSON.stringify(stream)) : linesOf(streams))
          console.log(line);
        if (streams.length === 0) say(`${door.address} has no values of that yet`);
      }),
    );
}

/** In columns; times are wall milliseconds. */
function linesOf(streams: readonly KnownStream[]): string[] {
  const severalProjects = new Set(streams.map(({ app_id }) => app_id)).size > 1;
  const rows = streams.map(({ app_id, part, stream, values, unit, first, last }) => [
    ...(severalProjects ? [app_id] : []),
    part,
    stream,
    `${values} values`,
    `${timeText(first)} to ${timeText(last)}`,
    unit ?? '',
  ]);
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) =>
    row
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join('  ')
      .trimEnd(),
  );
}

function timeText(time: number): string {
  return new Date(time).toISOString();
}
