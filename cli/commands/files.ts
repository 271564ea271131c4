/** `npx sluice files`: binaries and files that the cloud has; with `--output`, they come. */
import type { Command } from 'commander';
import type { FilesOptions } from '../data-out/files';
import {
  addDoorOptions,
  addSpanOptions,
  addStreamOptions,
  addText,
  type DoorOptions,
} from '../data-out/options';
import { guarded, remark } from '../output';

type Options = FilesOptions & DoorOptions & { output?: string; json?: true };

export function register(program: Command): void {
  const command = program
    .command('files')
    .description('list the images, point clouds and files that the cloud has; with --output, fetch them')
    .argument('[file...]', 'names, as they are listed; all without any');
  addSpanOptions(addStreamOptions(command))
    .option('--tag <tag>', 'with this tag alone; may be repeated: one of them', addText)
    .option('--output <folder>', 'where they are written to; made when it is not there');
  addDoorOptions(command)
    .option('--json', 'a line of JSON a file, with all that is known of it')
    .action(
      guarded(async (names: string[], { output, json, ...options }: Options) => {
        const [{ findDoor }, { fetchFile, fileLine, storedFiles }, { untilSignal }] = await Promise.all([
          import('../data-out/find-door'),
          import('../data-out/files'),
          import('../data-out/whole-file'),
        ]);
        const door = findDoor(options);
        await untilSignal(async (signal) => {
          const files = await storedFiles(door, names, options, signal);
          for (const file of files) {
            const place = output === undefined ? {} : { output: await fetchFile(door, file, output, signal) };
            if (json) console.log(JSON.stringify({ ...file, ...place }));
            else console.log(place.output ?? fileLine(file));
          }
          const { part, tag, last, from, to } = options;
          const isOfAll = [part, last, from, to, tag?.[0]].every((limit) => limit === undefined);
          if (files.length === 0) remark(`${door.address} has no ${isOfAll ? 'files yet' : 'such files'}`);
        });
      }),
    );
}
