/** What zod found wrong with a value, in the words that boards have for it (`modules/config/attributes.ts`). */
import type { z } from 'zod';

type Issue = z.core.$ZodIssue;

/** How zod's messages begin. */
const zodsOwn = /^(Invalid |Too small|Too big)/;

/** What somebody sees who has the place of it before: `must be a string, not a number`. */
export function schemaFault(issue: Issue): string {
  // The schema's own words are better than any.
  if (!zodsOwn.test(issue.message)) return issue.message;
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
      if (issue.origin === 'string' && issue.minimum === 1) return 'must not be empty';
      return bound(issue.origin, issue.inclusive === false ? 'above' : 'at least', issue.minimum);
    case 'too_big':
      return bound(issue.origin, issue.inclusive === false ? 'below' : 'at most', issue.maximum);
    default:
      return issue.message;
  }
}

function bound(origin: string, relation: string, limit: number | bigint): string {
  if (origin === 'string') return `must have ${relation} ${limit} characters`;
  if (origin === 'array') return `must have ${relation} ${limit} entries`;
  return `must be ${relation} ${limit}`;
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
