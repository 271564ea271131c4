/** `npx sluice query STREAM…`: values or aggregates in a span of time, to a file or the standard output. */
import { type Command, Option } from 'commander';
import {
  addDoorOptions,
  addRowOptions,
  addSpanOptions,
  addStreamOptions,
  addText,
  formatOption,
} from '../data-out/options';
import type { QueryOptions } from '../data-out/query';
import { parseCount } from '../options';
import { guarded, say } from '../output';

const most = 1_000_000_000;

export function register(program: Command): void {
  const command = program
    .command('query')
    .description('print values of streams, or aggregates of them, as the cloud has them')
    .argument(
      '[stream...]',
      'names, or their ends where no other stream has them; all of the parts without any',
    );
  addStreamOptions(command).option(
    '--tag <key:value>',
    'of streams with this tag alone; may be repeated',
    addText,
  );
  addRowOptions(addSpanOptions(command))
    .addOption(
      new Option('--newest <count>', 'values of each stream, the newest')
        .argParser((text: string) => parseCount(text, 1, 100_000))
        .conflicts(['every', 'limit']),
    )
    .option('--limit <count>', 'rows at most, the oldest', (text: string) => parseCount(text, 1, most))
    .addOption(
      new Option('--gaps', 'what is missing and why, instead of what is there (csv or json)').conflicts([
        'every',
        'aggregate',
        'raw',
        'tag',
        'newest',
        'limit',
        'sql',
      ]),
    )
    .addOption(
      new Option('--sql <select>', 'over readings, rollups_1s, rollups_1m, rollups_1h and streams').conflicts(
        ['every', 'aggregate', 'raw', 'tag', 'newest', 'limit'],
      ),
    )
    .addOption(formatOption().default(undefined, "the output's ending, else csv"))
    .option('--output <file>', 'which is there once it is whole (default: the standard output)');
  addDoorOptions(command)
    .option('--json', 'with --output: end with one line of JSON')
    .action(
      guarded(async (names: string[], { json, ...options }: QueryOptions & { json?: true }) => {
        if (json && options.output === undefined)
          throw new Error('--json tells of a file: name one with --output, or ask for --format json');
        const { query, writtenText } = await import('../data-out/query');
        const written = await query(names, options);
        if (written === undefined) return;
        say(writtenText(written));
        if (json) console.log(JSON.stringify(written));
      }),
    );
}
