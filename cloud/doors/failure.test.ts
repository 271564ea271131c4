import { SluiceError } from '@sluice/common/errors';
import { expect, test } from 'vitest';
import { failureOf } from './failure';

test('a failure by a stage names it, and nothing else of what is known', () => {
  const failure = new SluiceError('stage-behind', '/srv is away', { data: { stage: 'raw-files' } });
  expect(failureOf(failure, () => undefined)).toEqual({
    status: 507,
    body: { error: 'stage-behind', stage: 'raw-files' },
  });
});

test.each<[string, unknown, unknown, string[]]>([
  [
    'of ours by its code',
    new SluiceError('users-damaged', '/srv/users.json is not JSON'),
    'users-damaged',
    [],
  ],
  ['of who asked by its sentence', Object.assign(new Error('too long'), { statusCode: 413 }), 'too long', []],
  ['from inside in the log alone', new Error('/srv/rows: EIO'), 'failed, see the log', ['/srv/rows: EIO']],
  ['that is no Error as well', 'a text', 'failed, see the log', ['a text']],
])('a failure %s is told', (_, error, told, logged) => {
  const log: string[] = [];
  const { body } = failureOf(error, ({ message }) => log.push(message));
  expect(body).toEqual({ error: told });
  expect(log).toEqual(logged);
});
