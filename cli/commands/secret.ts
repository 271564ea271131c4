/** `npx sluice secret CONFIG PART`: what a part proves itself by, for the command that flashes its board. */
import process from 'node:process';
import type { Command } from 'commander';
import { readBytes } from '../input';
import { guarded } from '../output';

export function register(program: Command): void {
  program
    .command('secret')
    .description('print the secret of a part, for the command that flashes its board')
    .argument('<configuration>', "the main part's Viam configuration, JSON")
    .argument('<part>', "the remote's name")
    .action(
      guarded(async (path: string, part: string) => {
        const { readMachine } = await import('@sluice/gateway/machine/machine');
        const { remotes, problems } = readMachine(readBytes(path).toString('utf8'));
        const remote = remotes.find(({ name, partNames }) => name === part || partNames.includes(part));
        if (!remote) throw new Error(`${path} has no remote ${part}: ${namesOf(remotes)}`);
        if (remote.secret === '') {
          const place = `${remote.path}.secret`;
          const why = problems.find(({ path: at }) => at === place)?.message ?? 'is absent';
          throw new Error(`${path}: ${place}: ${why}`);
        }
        process.stdout.write(`${remote.secret}\n`);
      }),
    );
}

function namesOf(remotes: readonly { name: string }[]): string {
  return remotes.length === 0 ? 'it has none' : `there is ${remotes.map(({ name }) => name).join(', ')}`;
}
