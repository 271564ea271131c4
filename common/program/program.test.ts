import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { Lifecycle } from '../lifecycle';
import { whileNothingRuns } from '../running';
import { namingPort } from './index';

let server: Server | undefined;
afterEach(() => server?.close());

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const listening = createServer();
    listening.once('error', reject).listen(port, '127.0.0.1', () => resolve(listening));
  });
}

test('names the port that is in use, however deep the error lies', async () => {
  server = await listen(0);
  const { port } = server.address() as { port: number };
  const inner = new Lifecycle({ onProblem: () => undefined });
  const starting = namingPort(1, () =>
    inner.start('the link', async () => {
      const second = await listen(port);
      return { close: () => void second.close() };
    }),
  );
  await expect(starting).rejects.toThrow(
    `port ${port} is in use: end what uses it, or choose others with --port`,
  );
});

test('leaves every other error as it is', async () => {
  const error = new Error('of another kind');
  await expect(
    namingPort(1, () => {
      throw error;
    }),
  ).rejects.toBe(error);
});

test('lets nobody touch what a running program has, nor a program start meanwhile', async () => {
  const root = await mkdtemp(join(tmpdir(), 'sluice-program-'));
  const directory = join(root, 'state');
  try {
    await whileNothingRuns(directory, async () => {
      await expect(whileNothingRuns(directory, async () => undefined)).rejects.toThrow(
        `a program runs in ${directory}: end it first`,
      );
    });
    await expect(
      whileNothingRuns(directory, async () => {
        throw new Error('not done');
      }),
    ).rejects.toThrow('not done');
    expect(await whileNothingRuns(directory, async () => 'done')).toBe('done');
  } finally {
    await rm(root, { recursive: true });
  }
});
