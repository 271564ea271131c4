/** `npx sluice check CONFIG…`: everything that device, gateway and cloud would say of configurations, before anything runs. */
import process from 'node:process';
import { type Command, Option } from 'commander';
import { parseChip, parseSize } from '../options';
import { exitCodes, guarded, say } from '../output';

interface Options {
  chip: string;
  partition: number;
  as?: 'board' | 'main' | 'cloud';
  json?: boolean;
}

export function register(program: Command): void {
  program
    .command('check')
    .description(
      'say what is wrong with configurations of boards, main parts and clouds, before anything is flashed',
    )
    .argument('<configuration...>', 'Viam configurations, and a cloud’s, JSON, in any order')
    .option('--chip <name>', 'esp32, esp32c3, esp32c6 or esp32s3', parseChip, 'esp32')
    .addOption(
      new Option('--partition <size>', 'of the capture partition')
        .argParser(parseSize)
        .default(1 << 20, '1MB'),
    )
    .addOption(
      new Option('--as <kind>', 'what the files are; else it is seen from them').choices([
        'board',
        'main',
        'cloud',
      ]),
    )
    .option('--json', 'end with one line of JSON')
    .action(
      guarded(async (files: string[], { chip, partition, as: role, json }: Options) => {
        const { provideChipModules } = await import('../check/chip/load');
        provideChipModules();
        const [{ checkFiles }, { countOf, jsonOf, lineOf, summaryOf }] = await Promise.all([
          import('../check/check'),
          import('../check/print'),
        ]);
        const checked = checkFiles(files, { chip, partition, ...(role && { role }) });
        for (const finding of checked.findings) console.log(lineOf(finding));
        for (const note of checked.notes) say(note);
        say(summaryOf(checked, chip));
        if (json) console.log(jsonOf(checked));
        if (countOf(checked.findings).errors > 0) process.exitCode = exitCodes.failed;
      }),
    );
}
