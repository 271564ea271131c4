import { createServer, type Server } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { Lifecycle } from '../lifecycle';
import { namingPort } from './index';

let server: Server | undefined;
afterEach(() => server?.close());

function listen(port: number): Promise<Server> {
  return new Promise((resolve, reject) => {
    const listening = createServer();
    listening.once('error', reject).listen(port, '127.0.0.1', () => resolve(listening));
  });
}

it('names the port that is in use, however deep the error lies', async () => {
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

it('leaves every other error as it is', async () => {
  const error = new Error('of another kind');
  await expect(
    namingPort(1, () => {
      throw error;
    }),
  ).rejects.toBe(error);
});
