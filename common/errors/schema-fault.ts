/** What zod found wrong with a value, in the words that boards have for it (`modules/config/attributes.ts`). */
import type { z } from 'zod';

type Issue = z.core.$ZodIssue;

/** What somebody sees who has the place of it before: `must be a string, not a number`. */
export function schemaFault(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type': {
      if (isMissing(issue)) return 'is required';
      const received = receivedIn(issue);
      return `must be ${wanted(issue)}${received === undefined ? '' : `, not ${noun(received)}`}`;
    }
    case 'invalid_value':
      return `must be ${wanted(issue)}`;
    case 'invalid_union': {
      const ways = issue.errors.map(([first]) => first && wanted(first)).filter((way) => way !== undefined);
      return ways.length > 0 ? `must be ${[...new Set(ways)].join(' or ')}` : issue.message;
    }
    case 'too_small':
      return issue.origin === 'string' ? 'must not be empty' : `must be at least ${issue.minimum}`;
    case 'too_big':
      return `must be at most ${issue.maximum}`;
    default:
      return issue.message;
  }
}

/** Whether there is nothing where something must be. */
export function isMissing(issue: Issue): boolean {
  return issue.code === 'invalid_type' && receivedIn(issue) === 'undefined';
}

function wanted(issue: Issue): string | undefined {
  if (issue.code === 'invalid_type') return noun(issue.expected);
  if (issue.code === 'invalid_value')
    return `${issue.values.length > 1 ? 'one of ' : ''}${issue.values.join(', ')}`;
  return undefined;
}

/** zod keeps no other word of it. */
function receivedIn({ message }: Issue): string | undefined {
  return /, received (\w+)$/.exec(message)?.[1];
}

const nouns: Readonly<Record<string, string>> = {
  object: 'an object',
  record: 'an object',
  array: 'a list',
  int: 'a whole number',
  boolean: 'true or false',
};

function noun(type: string): string {
  return nouns[type] ?? (type === 'null' ? type : `a ${type}`);
}
