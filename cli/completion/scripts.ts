/** Completion for shells, made of the program itself: a command more is one more everywhere. */
import type { Command } from 'commander';

interface Words {
  /** `cloud raw`; empty for the program. */
  path: string;
  description: string;
  /** Names of what may follow. */
  commands: { name: string; description: string }[];
  options: { name: string; description: string; choices: readonly string[] }[];
}

const makers: Record<string, (words: readonly Words[]) => string> = { bash, fish, zsh };

/** @throws Error for a shell that is not known */
export function completionScript(program: Command, shell: string): string {
  const make = Object.hasOwn(makers, shell) ? makers[shell] : undefined;
  if (!make) throw new Error(`no completion for ${shell}: there is ${Object.keys(makers).join(', ')}`);
  return make(wordsOf(program, ''));
}

function wordsOf(command: Command, path: string): Words[] {
  const own: Words = {
    path,
    description: command.description(),
    commands: command.commands.map((each) => ({
      name: each.name(),
      description: firstClause(each.description()),
    })),
    options: command.options
      .filter(({ long, hidden }) => long && !hidden)
      .map(({ long, description, argChoices = [] }) => ({
        name: long!,
        description: firstClause(description),
        choices: argChoices,
      })),
  };
  const below = command.commands.flatMap((each) => wordsOf(each, `${path} ${each.name()}`.trim()));
  return [own, ...below];
}

function firstClause(text: string): string {
  return text.split(/[;:(]/)[0]!.trim();
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function bash(all: readonly Words[]): string {
  const cases = all.map(({ path, commands, options }) => {
    const words = [...commands.map(({ name }) => name), ...options.map(({ name }) => name), '--help'];
    return `    ${quoted(path)}) words=${quoted(words.join(' '))} ;;`;
  });
  const choices = all.flatMap(({ path, options }) =>
    options
      .filter((option) => option.choices.length > 0)
      .map(
        (option) => `    ${quoted(`${path} ${option.name}`)}) words=${quoted(option.choices.join(' '))} ;;`,
      ),
  );
  return `# bash completion of sluice
_sluice() {
  local current="\${COMP_WORDS[COMP_CWORD]}" before="\${COMP_WORDS[COMP_CWORD-1]}" path="" words="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) case " ${all.map(({ path }) => path.replaceAll(' ', '/')).join(' ')} " in *" \${path:+\${path// //}/}$word "*) path="\${path:+$path }$word" ;; esac ;; esac
  done
  case "$path" in
${cases.join('\n')}
  esac
  case "$path $before" in
${choices.join('\n')}
    *) ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
  # What is no word of ours is a file.
  if [ \${#COMPREPLY[@]} -eq 0 ]; then COMPREPLY=($(compgen -f -- "$current")); fi
}
complete -o filenames -F _sluice sluice
# As a clone has it. What else npx runs is completed as if nobody had said how.
_sluice_of_npx() {
  if [ "\${COMP_WORDS[1]}" = sluice ] && [ "$COMP_CWORD" -gt 1 ]; then
    COMP_WORDS=("\${COMP_WORDS[@]:1}")
    COMP_CWORD=$((COMP_CWORD - 1))
    _sluice
  fi
}
complete -o default -o filenames -F _sluice_of_npx npx`;
}

function zsh(all: readonly Words[]): string {
  // zsh runs the same function by its own emulation of bash's completion.
  return `#compdef sluice
autoload -U +X bashcompinit && bashcompinit
${bash(all)}`;
}

function fish(all: readonly Words[]): string {
  const lines = [...fishLines(all, 'sluice'), ...fishLines(all, 'npx', 'sluice')];
  return `# fish completion of sluice\n${lines.join('\n')}`;
}

/** @param before words that stand before all of ours */
function fishLines(all: readonly Words[], program: string, ...before: readonly string[]): string[] {
  return all.flatMap(({ path, commands, options }) => {
    const seen = [...before, ...(path === '' ? [] : path.split(' '))];
    const below = commands.map(({ name }) => name);
    const conditions = seen.map((word) => `__fish_seen_subcommand_from ${word}`);
    const none = below.length > 0 ? [`not __fish_seen_subcommand_from ${below.join(' ')}`] : [];
    const when = [...conditions, ...none].join('; and ');
    const at = when === '' ? '' : ` -n ${quoted(when)}`;
    return [
      ...commands.map(
        ({ name, description }) => `complete -c ${program}${at} -f -a ${name} -d ${quoted(description)}`,
      ),
      ...options.map(({ name, description, choices }) => {
        const values = choices.length > 0 ? ` -x -a ${quoted(choices.join(' '))}` : '';
        return `complete -c ${program}${at} -l ${name.slice(2)}${values} -d ${quoted(description)}`;
      }),
    ];
  });
}
