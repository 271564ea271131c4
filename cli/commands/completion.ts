/** `sluice completion SHELL`: a script for the shell, made of the commands and options that there are. */
import { Argument, type Command, Option } from 'commander';
import { guarded } from '../output';

export function register(program: Command): void {
  program
    .command('completion')
    .description('print a completion script: `source <(sluice completion bash)`')
    .addOption(new Option('--quiet').hideHelp())
    .addArgument(new Argument('<shell>', 'for which').choices(['bash', 'zsh', 'fish']))
    .action(
      guarded(async (shell: string) => {
        const { completionScript } = await import('../completion/scripts');
        console.log(completionScript(program, shell));
      }),
    );
}
