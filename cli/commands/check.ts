/** `npx sluice check CONFIG…`: everything that device and gateway would say of configurations, before anything runs. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { parseSize } from '../options';

interface Options {
  chip: string;
  partition: number;
  as?: 'board' | 'main';
  json?: boolean;
  quiet?: boolean;
}

export function register(program: Command): void {
  program
    .command('check')
    .description('say what is wrong with configurations of boards and main parts, before anything is flashed')
    .argument('<configuration...>', 'Viam configurations, JSON, in any order')
    .option('--chip <name>', 'esp32, esp32c3, esp32c6 or esp32s3', parseChip, 'esp32')
    .option('--partition <size>', 'of the capture partition', parseSize, 1 << 20)
    .addOption(
      new Option('--as <kind>', 'what the files are; else it is seen from them').choices(['board', 'main']),
    )
    .option('--json', 'end with one line of JSON')
    .option('--quiet', 'print problems only')
    .addHelpText('after', '\nExit code: 0 without errors, 1 with errors, 2 for a wrong command line.')
    .action(async (files: string[], options: Options) => {
      const [{ provideChipModules }] = await Promise.all([import('../check/chip/load')]);
      provideChipModules();
      const [{ checkFiles }, { countOf, jsonOf, lineOf, summaryOf }] = await Promise.all([
        import('../check/check'),
        import('../check/print'),
      ]);
      const { chip, partition, as: role, json, quiet } = options;
      const checked = checkFiles(files, { chip, partition, ...(role && { role }) });
      for (const finding of checked.findings) console.log(lineOf(finding));
      if (!quiet) {
        for (const note of checked.notes) console.log(note);
        console.log(summaryOf(checked, chip));
      }
      if (json) console.log(jsonOf(checked));
      if (countOf(checked.findings).errors > 0) process.exitCode = 1;
    });
}

const chipNames = ['esp32', 'esp32c3', 'esp32c6', 'esp32s3'];

/** As people and `mcconfig` write it: `ESP32-C3`, `esp32/esp32c3`. */
function parseChip(text: string): string {
  const name = text
    .toLowerCase()
    .replace(/^esp32\//, '')
    .replace(/[-_ ]/g, '');
  if (chipNames.includes(name)) return name;
  throw new InvalidArgumentError(`is one of ${chipNames.join(', ')}.`);
}
