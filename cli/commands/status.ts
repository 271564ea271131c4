/** `sluice status`: what runs, where, and how it is. */
import { statSync } from 'node:fs';
import process from 'node:process';
import type { Command } from 'commander';
import { exitCodes, guarded, say } from '../output';

export function register(program: Command): void {
  program
    .command('status')
    .description('say what runs, where, and how it is; exit code 1 when nothing does, or not well')
    .argument('[directory...]', 'where state is kept (default: those in the current folder)')
    .option('--json', 'end with one line of JSON')
    .action(
      guarded(async (given: string[], { json }: { json?: boolean }) => {
        const [{ stateDirectories }, { statusLines, statusOf }] = await Promise.all([
          import('../operate/directories'),
          import('../operate/status'),
        ]);
        const none = given.find((path) => !statSync(path, { throwIfNoEntry: false })?.isDirectory());
        if (none !== undefined) throw new Error(`there is no directory ${none}`);
        const directories = given.length > 0 ? given : stateDirectories();
        const all = await Promise.all(directories.map(statusOf));
        for (const status of all) console.log(statusLines(status, Date.now()).join('\n'));
        if (all.length === 0) say('nothing has been started in this folder');
        if (json) console.log(JSON.stringify({ programs: all }));
        const running = all.filter((status) => status.running);
        if (running.length === 0 || running.some(({ healthy }) => !healthy))
          process.exitCode = exitCodes.failed;
      }),
    );
}
