import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { errorCodes, errorReference, isSluiceError, SluiceError, schemaFault, systemCode } from './index';

describe('the error', () => {
  test('carries code, sentence, path, cause and data', () => {
    const cause = Object.assign(new Error('no space left'), { code: 'ENOSPC', syscall: 'write' });
    const error = new SluiceError('log-write-failed', 'the log /l took nothing', {
      path: '/l',
      cause,
      data: { first: 3 },
    });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ code: 'log-write-failed', path: '/l', cause, data: { first: 3 } });
    expect(error.stack).toContain('SluiceError: the log /l took nothing');
  });

  test('has the HTTP status of the table, or 500', () => {
    expect(new SluiceError('log-congested', 'later').status).toBe(503);
    expect(new SluiceError('start-failed', 'no').status).toBe(500);
  });

  test('is told from others, and by its code', () => {
    const error: unknown = new SluiceError('log-closed', 'closed');
    expect(isSluiceError(error)).toBe(true);
    expect(isSluiceError(error, 'log-congested')).toBe(false);
    expect(isSluiceError(Object.assign(new Error(), { code: 'log-closed' }))).toBe(false);
  });

  test('names the failed system call behind it', () => {
    const cause = Object.assign(new Error('no space left'), { code: 'ENOSPC', syscall: 'write' });
    expect(systemCode(new SluiceError('log-write-failed', 'no', { cause }))).toBe('ENOSPC');
    expect(systemCode(new SluiceError('log-closed', 'no'))).toBeUndefined();
  });
});

describe('the reference of error codes', () => {
  test('has a line for every code, with what to do', () => {
    const lines = errorReference().split('\n');
    for (const [code, { remedy }] of Object.entries(errorCodes))
      expect(lines.filter((line) => line.includes(`\`${code}\``) && line.includes(remedy))).toHaveLength(1);
  });

  test('lets no cell break the table', () => {
    for (const { meaning, remedy } of Object.values(errorCodes))
      expect(meaning + remedy).not.toMatch(/[|\n]/);
  });
});

describe('what a schema finds is said', () => {
  const shape = z.strictObject({
    text: z.string().min(1).max(5),
    amount: z.number().min(1).max(9),
    list: z.array(z.string()).max(1),
    share: z.number().positive().lt(1),
    numeric: z.union([z.number(), z.string().regex(/^\d+$/)]),
    flag: z.union([z.boolean(), z.enum(['yes', 'no'])]),
    choice: z.enum(['one', 'two']),
    port: z.number('is a port').max(9, 'is a port'),
  });
  const right = {
    text: 'a',
    amount: 1,
    list: [],
    share: 0.5,
    numeric: 1,
    flag: true,
    choice: 'one',
    port: 1,
  };

  test.each([
    [{ text: undefined }, 'is required'],
    [{ text: null }, 'must be a string, not null'],
    [{ text: 5 }, 'must be a string, not a number'],
    [{ text: '' }, 'must not be empty'],
    [{ amount: '1' }, 'must be a number, not a string'],
    [{ amount: 0 }, 'must be at least 1'],
    [{ amount: 10 }, 'must be at most 9'],
    [{ text: 'a longer one' }, 'must have at most 5 characters'],
    [{ list: ['a', 'b'] }, 'must have at most 1 entries'],
    [{ share: 0 }, 'must be above 0'],
    [{ share: 1 }, 'must be below 1'],
    [{ list: {} }, 'must be a list, not an object'],
    [{ numeric: [] }, 'must be a number or a string'],
    [{ flag: 1 }, 'must be true or false or one of yes, no'],
    [{ port: 'a' }, 'is a port'],
    [{ port: 10 }, 'is a port'],
    [{ choice: 'three' }, 'must be one of one, two'],
  ])('of %j', (wrong, words) => {
    const { error } = shape.safeParse({ ...right, ...wrong });
    expect(error!.issues.map(schemaFault)).toEqual([words]);
  });
});
