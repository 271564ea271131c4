/** `npx sluice secret CONFIG PART`: what a part proves itself by, for the command that flashes its board. */
import process from 'node:process';
import { readTextFile } from '@sluice/common/text-file';
import type { Command } from 'commander';
import { guarded } from '../output';

export function register(program: Command): void {
  program
    .command('secret')
    .description('print the secret of a part, for the command that flashes its board')
    .argument('<configuration>', "the main part's Viam configuration, JSON")
    .argument('<part>', "the remote's name")
    .action(
      guarded(async (path: string, part: string) => {
        const { partSecret } = await import('../compose/part-secret');
        process.stdout.write(`${partSecret(readTextFile(path), path, part)}\n`);
      }),
    );
}
