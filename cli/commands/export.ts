/** `npx sluice export`: every stream of a span as a file of its own. */
import process from 'node:process';
import type { Command } from 'commander';
import type { Exported, ExportOptions, Failed } from '../data-out/export';
import {
  addDoorOptions,
  addRowOptions,
  addSpanOptions,
  addStreamOptions,
  formatOption,
} from '../data-out/options';
import { complain, exitCodes, guarded, say } from '../output';

export function register(program: Command): void {
  const command = program
    .command('export')
    .description('write each stream into a file of its own; one file with several: sluice query --output')
    .argument('[stream...]', 'names, or their ends where no other stream has them; all without any');
  addRowOptions(addSpanOptions(addStreamOptions(command)))
    .addOption(formatOption().default('csv'))
    .option(
      '--output <folder>',
      'made when it is not there; files are named <part>-<stream>',
      'sluice-export',
    );
  addDoorOptions(command)
    .option('--json', 'end with one line of JSON')
    .action(
      guarded(async (names: string[], { json, ...options }: ExportOptions & { json?: true }) => {
        const [{ exportStreams }, { writtenText }] = await Promise.all([
          import('../data-out/export'),
          import('../data-out/query'),
        ]);
        const files: Exported[] = [];
        const failed: Failed[] = [];
        await exportStreams(names, options, {
          exported(file) {
            files.push(file);
            say(writtenText(file));
          },
          failed(stream) {
            failed.push(stream);
            complain(`${stream.part} ${stream.stream}: ${stream.error}`);
          },
        });
        if (json) console.log(JSON.stringify({ files, failed }));
        if (failed.length > 0) process.exitCode = exitCodes.failed;
      }),
    );
}
