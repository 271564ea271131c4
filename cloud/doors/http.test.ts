import { type AddressInfo, connect, type Socket } from 'node:net';
import { Bodies } from '@sluice/common/http';
import type { FastifyInstance } from 'fastify';
import { afterEach, expect, test } from 'vitest';
import { type HttpDoorOptions, openHttpDoor } from './http';

let server: FastifyInstance;
const sockets: Socket[] = [];

async function open(options: Partial<HttpDoorOptions>): Promise<void> {
  const stored = { stored: 1, duplicates: 0 };
  server = await openHttpDoor({
    access: { host: '127.0.0.1' },
    port: 0,
    bodies: new Bodies({ most: 1_000_000, share: 1_000 }),
    entries: {
      receive: async () => stored,
      receiveAll: async () => ({ ...stored, refused: [] }),
      receiveBlocks: async () => 'no blocks here',
    },
    cloud: {} as never,
    questions: {} as never,
    files: { give: () => undefined } as never,
    raw: {} as never,
    onFailure: () => undefined,
    ...options,
  });
}

afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await server.close();
});

/** A request that says its length, of which so many bytes are sent. */
function post(length: number, sent: number, type = 'text/plain') {
  const socket = Object.assign(connect((server.server.address() as AddressInfo).port, '127.0.0.1'), {
    answer: '',
  });
  sockets.push(socket);
  socket.on('error', () => undefined);
  socket.on('data', (text) => {
    socket.answer += text;
  });
  const head = `POST /pipeline HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: ${type}\r\n`;
  socket.write(`${head}content-length: ${length}\r\n\r\n`);
  socket.write(Buffer.alloc(sent, ' '));
  return socket;
}

const answered = (socket: { answer: string }) =>
  expect.poll(() => /^HTTP\/1\.1 (\d+)/.exec(socket.answer)?.[1], { timeout: 5_000 });

const lines = 'application/x-ndjson';

test.each([
  ['one message', 'text/plain'],
  ['many messages', lines],
])('a request of %s is told to come again when others hold the memory that all may', async (_, type) => {
  const bodies = new Bodies({ most: 1_000_000, share: 1_000 });
  await open({ bodies });
  const slow = post(2_000_000, 1_000_000, lines);
  await expect.poll(() => bodies.bytes).toBe(1_000_000);
  const late = post(5_000, 5_000, type);
  await answered(late).toBe('503');
  expect(late.answer).toMatch(/\r\nretry-after: 1\r\n[\s\S]*\{"error":"http-congested"\}$/);
  await answered(post(500, 500, type)).toBe('200');
  slow.destroy();
  await expect.poll(() => bodies.bytes).toBe(0);
  await answered(post(5_000, 5_000, type)).toBe('200');
});

test.each([
  ['one message', 'text/plain'],
  ['many messages', lines],
])('a request of %s that does not arrive in time is closed, and nothing is held for it', async (_, type) => {
  const bodies = new Bodies({ most: 1_000_000, share: 1_000 });
  await open({ bodies, patience: 500 });
  const slow = post(10_000, 5_000, type);
  const closed = new Promise((resolve) => slow.once('close', resolve));
  const drip = setInterval(() => slow.write(' '), 50);
  const begun = performance.now();
  await answered(slow).toBe('408');
  await closed;
  clearInterval(drip);
  expect(performance.now() - begun).toBeGreaterThan(400);
  await expect.poll(() => bodies.bytes).toBe(0);
});
