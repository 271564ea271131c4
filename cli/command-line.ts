/** From words to a command: what all commands have in common. */
import process from 'node:process';
import { Command, CommanderError } from 'commander';
import { commands } from './commands';
import { beQuiet, exitCodes } from './output';
import { version } from './version';

const help = `
Exit codes: 0 done, ${exitCodes.failed} not done or not right, ${exitCodes.usage} the command line was not understood.`;

/** @param words without the program's name. The exit code is left in \`process.exitCode\`. */
export async function runCommandLine(words: readonly string[]): Promise<void> {
  const program = await programOf(words);
  try {
    await program.parseAsync(words, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    // Help and version that were asked for are no mistake.
    if (error.exitCode !== 0) process.exitCode = exitCodes.usage;
  }
}

/** With the command that is asked for; with all of them where it is not clear which; with none for the version. */
export async function programOf(words: readonly string[]): Promise<Command> {
  const program = new Command('sluice')
    .description('Every reading of a sensor on an ESP32, safely to where it is wanted')
    .version(version(), '-V, --version', 'print the version')
    .addHelpText('after', help)
    .exitOverride()
    .configureOutput({ outputError: (text, write) => write(sentenceOfError(text)) })
    .showHelpAfterError(helpHint('sluice'));
  const wanted = words.find((word) => !word.startsWith('-'));
  const one = wanted !== undefined && Object.hasOwn(commands, wanted) ? commands[wanted] : undefined;
  const loads = one && !words.includes('completion') ? [one] : Object.values(commands);
  if (!isOfVersion(words[0])) for (const load of loads) (await load()).register(program);
  for (const command of leavesOf(program)) withQuiet(command);
  hintAtHelp(program, 'sluice');
  return program.hook('preAction', (_, action) => beQuiet(action.opts<{ quiet?: boolean }>().quiet === true));
}

/** Each command at its own. */
function hintAtHelp(command: Command, path: string): void {
  command.showHelpAfterError(helpHint(path));
  for (const each of command.commands) hintAtHelp(each, `${path} ${each.name()}`);
}

function helpHint(path: string): string {
  return `(${path} --help shows what there is)`;
}

/** `sluice: option '--last <duration>' must be a duration such as 90s, not '10'`, of commander's two sentences. */
function sentenceOfError(text: string): string {
  return text
    .replace(/^error: /, 'sluice: ')
    .replace(
      /(option '.*?') (?:argument|value) '(.*)' (?:from env '.*' )?is invalid\. (.*?)\.?$/m,
      (_, option, given, must) => `${option} ${mustOf(must)}, not '${given}'`,
    )
    .replace(
      /command-argument value '(.*)' is invalid for argument '(.*)'\. (.*?)\.?$/m,
      (_, given, argument, must) => `argument '${argument}' ${mustOf(must)}, not '${given}'`,
    );
}

/** Of choices commander makes a sentence of its own. */
function mustOf(text: string): string {
  return text.replace(/^Allowed choices are /, 'must be one of ');
}

const isOfVersion = (word: string | undefined) => word === '--version' || word === '-V';

/** Commands that do something. */
export function leavesOf(command: Command): Command[] {
  return command.commands.flatMap((each) => (each.commands.length > 0 ? leavesOf(each) : [each]));
}

function withQuiet(command: Command): void {
  if (!command.options.some(({ long }) => long === '--quiet'))
    command.option('--quiet', 'print results and errors only');
}
