import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { Lifecycle, onSignals } from './index';

function lifecycle(after?: (delay: number, action: () => void) => () => void) {
  const problems: string[] = [];
  const told: string[] = [];
  const owner = new Lifecycle({ onProblem: ({ message }) => problems.push(message), after });
  const thing = (name: string) => ({
    close: () => {
      told.push(name);
    },
  });
  return { owner, problems, told, thing };
}

test('closes in the opposite order of starting, once', async () => {
  const { owner, told, thing } = lifecycle();
  await owner.start('log', () => thing('log'));
  await owner.start('door', async () => thing('door'));
  await Promise.all([owner.close(), owner.close()]);
  expect(told).toEqual(['door', 'log']);
});

test('closes again what had started when the next cannot start', async () => {
  const { owner, told, thing } = lifecycle();
  await owner.start('log', () => thing('log'));
  const failed = owner.start('door', () => {
    throw new Error('the port is in use');
  });
  await expect(failed).rejects.toMatchObject({
    code: 'start-failed',
    message: 'door cannot start: the port is in use',
  });
  expect(told).toEqual(['log']);
});

test('closes what becomes ready after it was asked to stop', async () => {
  const { owner, told, thing } = lifecycle();
  let ready = () => {};
  const starting = owner.start(
    'slow',
    () =>
      new Promise<{ close(): void }>((resolve) => {
        ready = () => resolve(thing('slow'));
      }),
  );
  await owner.close();
  ready();
  await expect(starting).rejects.toMatchObject({ code: 'start-failed' });
  expect(told).toEqual(['slow']);
});

test('goes on when a close throws, and when one takes too long', async () => {
  const { owner, problems, told, thing } = lifecycle((_, action) => {
    const pending = setTimeout(action, 20);
    return () => clearTimeout(pending);
  });
  await owner.start('first', () => thing('first'));
  await owner.start('stuck', () => ({ close: () => new Promise<void>(() => undefined) }));
  await owner.start('broken', () => ({ close: () => Promise.reject(new Error('broken')) }));
  await owner.close();
  expect(told).toEqual(['first']);
  expect(problems).toEqual(['broken', 'stuck did not close within 10000 ms']);
});

test('stops at the first signal, and at once at the second', () => {
  const source = new EventEmitter();
  const heard: string[] = [];
  const end = onSignals(
    source,
    (signal) => heard.push(`stop ${signal}`),
    (signal) => heard.push(`now ${signal}`),
  );
  source.emit('SIGTERM');
  source.emit('SIGINT');
  expect(heard).toEqual(['stop SIGTERM', 'now SIGINT']);
  end();
  expect(source.listenerCount('SIGINT') + source.listenerCount('SIGTERM')).toBe(0);
});
