/** `sluice logs`: what a program has logged, for people. */
import { existsSync } from 'node:fs';
import { type Command, Option } from 'commander';
import { parseCount } from '../options';
import { guarded, remark } from '../output';

interface Options {
  lines: number;
  level: 'debug' | 'info' | 'warn' | 'error';
  follow?: boolean;
  json?: boolean;
}

export function register(program: Command): void {
  program
    .command('logs')
    .description('print the last lines of a program’s log')
    .argument('[directory]', 'where its state is kept (default: the one in the current folder)')
    .option('--lines <count>', 'how many', (text: string) => parseCount(text, 0, 1_000_000), 50)
    .addOption(
      new Option('--level <level>', 'the least that is printed')
        .choices(['debug', 'info', 'warn', 'error'])
        .default('info'),
    )
    .option('--follow', 'go on with what is added, until Ctrl-C')
    .option('--json', 'the lines as they are in the file, JSON')
    .action(
      guarded(async (given: string | undefined, { lines, level, follow, json = false }: Options) => {
        const [{ logOf, stateDirectories }, { followLines, lastLines }] = await Promise.all([
          import('../operate/directories'),
          import('../operate/log-lines'),
        ]);
        const directory = given ?? stateDirectories().find((each) => existsSync(logOf(each)));
        if (directory === undefined) throw new Error('nothing has been started in this folder');
        const path = logOf(directory);
        if (!existsSync(path)) throw new Error(`there is no log in ${directory}`);
        const options = { lines, level, json };
        const { found, end } = lastLines(path, options);
        for (const line of found) console.log(line);
        if (found.length === 0 && lines > 0) remark(`nothing of that is logged in ${directory}`);
        if (follow) await followLines(path, end, options, (line) => console.log(line));
      }),
    );
}
