/** What parts say of the configuration that they were given: told once for each answer. */
import type { PartState } from './link/part-state';

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

/** For people, a line each: what was refused, and whether the rest runs. */
export function answerLines(part: string, { applied, problems }: ConfigurationAnswer): string[] {
  const lines = problems.map(
    ({ severity, path, message, code }) => `${part}: ${severity} at ${path}: ${message} [${code}]`,
  );
  const errors = problems.filter(({ severity }) => severity === 'error').length;
  if (!applied) return [...lines, `${part}: configuration refused; the one before goes on`];
  const but = errors === 0 ? '' : `, without ${errors === 1 ? 'what is' : `the ${errors} that are`} wrong`;
  return [...lines, `${part}: configuration applied${but}`];
}
