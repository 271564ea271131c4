import { describe, expect, test } from 'vitest';
import { errorCodes, errorReference, isSluiceError, SluiceError, systemCode } from './index';

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
