/** What parts say of the configuration that they were given: told once for each answer. */
import type { ConfigurationProblem, PartState } from './link/part-state';

export type ConfigurationAnswer = NonNullable<PartState['configuration']>;

type Told = Pick<PartState, 'name' | 'configuration'>;

/** A listener of a link's `changed`. @param tell gets each answer of a part, once */
export function configurationNews(
  tell: (part: string, answer: ConfigurationAnswer) => void,
): (state: Told) => void {
  const last = new Map<string, ConfigurationAnswer>();
  return ({ name, configuration }) => {
    // Without a revision it was not given to anybody: the main part's own.
    if (configuration === undefined || configuration.revision === '' || last.get(name) === configuration)
      return;
    last.set(name, configuration);
    tell(name, configuration);
  };
}

/**
 * What is wrong with what this machine does itself, as it is found when a configuration is acted on.
 * @param tell gets each problem when it comes, not again while it stays
 */
export function problemNews(
  tell: (problem: ConfigurationProblem) => void,
): (problems: readonly ConfigurationProblem[]) => void {
  let known = new Set<string>();
  return (problems) => {
    const now = new Set<string>();
    for (const problem of problems) {
      const key = JSON.stringify([problem.path, problem.code, problem.message]);
      if (!known.has(key) && !now.has(key)) tell(problem);
      now.add(key);
    }
    known = now;
  };
}

/** For people, a line each: what was refused, and whether the rest runs. */
export function answerLines(part: string, { applied, problems }: ConfigurationAnswer): string[] {
  const lines = problems.map((problem) => problemLine(part, problem));
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  if (!applied) return [...lines, `${part}: configuration refused; the one before goes on`];
  const but = errors === 0 ? '' : `, without ${errors === 1 ? 'what is' : `the ${errors} that are`} wrong`;
  return [...lines, `${part}: configuration applied${but}`];
}

/** For people: one thing that is wrong with a part's configuration. */
export function problemLine(part: string, { severity, path, message, code }: ConfigurationProblem): string {
  return `${part}: ${severity} at ${path}: ${message} [${code}]`;
}
