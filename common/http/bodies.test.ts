import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo, connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { isSluiceError } from '../errors';
import { Bodies } from './bodies';
import { boundConnections } from './connections';

const limit = 300_000;
let bodies: Bodies;
let server: Server;
const sockets: Socket[] = [];

beforeEach(async () => {
  bodies = new Bodies({ most: 1_000_000, share: 10_000 });
  server = createServer((request, response) => {
    bodies.read(request, response, limit).then(
      (body) => response.end(`${body.length}`),
      (error) => response.writeHead(isSluiceError(error, 'http-congested') ? 503 : error.statusCode).end(),
    );
  });
  boundConnections(server, 8);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

/** A request of which so many bytes are sent, and what is answered to it. */
function post(length: number | 'chunked', sent: number): Socket & { answer: string } {
  const socket = Object.assign(connect((server.address() as AddressInfo).port, '127.0.0.1'), { answer: '' });
  sockets.push(socket);
  socket.on('error', () => undefined);
  socket.on('data', (text) => {
    socket.answer += text;
  });
  const of = length === 'chunked' ? 'transfer-encoding: chunked' : `content-length: ${length}`;
  socket.write(`POST / HTTP/1.1\r\nhost: x\r\n${of}\r\n\r\n`);
  if (length === 'chunked') socket.write(`${sent.toString(16)}\r\n`);
  socket.write(Buffer.alloc(sent));
  return socket;
}

const answered = (socket: { answer: string }) =>
  expect.poll(() => /^HTTP\/1\.1 (\d+)/.exec(socket.answer)?.[1]);

describe('bodies of requests', () => {
  test('together take no more than they may: a large one beyond is refused, a small one is taken', async () => {
    const slow = [1, 2, 3, 4].map(() => post(250_001, 250_000));
    await expect.poll(() => bodies.bytes).toBe(1_000_000);
    await answered(post(250_000, 20_000)).toBe('503');
    await answered(post('chunked', 20_000)).toBe('503');
    await answered(post(10_000, 10_000)).toBe('200');
    expect(slow.map(({ answer }) => answer)).toEqual(['', '', '', '']);
    slow[0]!.destroy();
    await expect.poll(() => bodies.bytes).toBe(750_000);
    slow[1]!.write('x');
    await answered(slow[1]!).toBe('200');
    await expect.poll(() => bodies.bytes).toBe(500_000);
    await answered(post(250_000, 250_000)).toBe('200');
  });

  test('are bounded one by one, whether they say their length or not', async () => {
    await answered(post(limit + 1, 1)).toBe('413');
    await answered(post('chunked', limit + 1)).toBe('413');
    await expect.poll(() => bodies.bytes).toBe(0);
  });
});

test('of connections beyond their number each is told to come again', async () => {
  const open = Array.from({ length: 8 }, () => post(2, 1));
  await expect.poll(() => bodies.bytes).toBe(8);
  const late = post(2, 2);
  await answered(late).toBe('503');
  expect(late.answer).toContain('\r\nretry-after: 10\r\n');
  open[0]!.destroy();
  await expect.poll(() => bodies.bytes).toBe(7);
  await answered(post(2, 2)).toBe('200');
});
