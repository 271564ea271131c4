import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { exchange, type Streamed, Unanswered } from './exchange';

let server: Server;
let serve: (request: IncomingMessage, response: ServerResponse) => void;
const { signal } = new AbortController();

beforeEach(async () => {
  server = createServer((incoming, response) => serve(incoming, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

const call = (port = (server.address() as AddressInfo).port) =>
  request({ port, host: '127.0.0.1', method: 'PUT' }).setHeader('content-length', pieceBytes * count);

const pieceBytes = 1 << 18;
const count = 64;

/** Pieces of 0, 1, 2 …, all in one buffer. */
class Body implements Streamed {
  readonly length = pieceBytes * count;
  readonly pieces = this.#make();
  asked = 0;
  isOver = false;

  constructor(readonly failing = Number.POSITIVE_INFINITY) {}

  async *#make(): AsyncGenerator<Uint8Array> {
    const buffer = new Uint8Array(pieceBytes);
    try {
      for (let piece = 0; piece < count; piece++) {
        this.asked++;
        if (piece === this.failing) throw new Error('the disk is gone');
        yield buffer.fill(piece);
      }
    } finally {
      this.isOver = true;
    }
  }
}

test('a body goes through one buffer as it is, to an end that is slow to take it, and is read no further', async () => {
  const hash = createHash('sha256');
  let asked = 0;
  const body = new Body();
  serve = (incoming, response) => {
    incoming.pause();
    setTimeout(() => {
      asked = body.asked;
      incoming.on('data', (bytes: Buffer) => hash.update(bytes)).on('end', () => response.end('thanks'));
      incoming.resume();
    }, 200);
  };
  expect(await exchange(call(), body, signal, 10_000)).toEqual({ status: 200, text: 'thanks' });
  // What the kernel's buffers take.
  expect(asked).toBeLessThan(count / 2);
  const wanted = createHash('sha256');
  for (let piece = 0; piece < count; piece++) wanted.update(new Uint8Array(pieceBytes).fill(piece));
  expect(hash.digest('hex')).toBe(wanted.digest('hex'));
});

test('an answer before all has come is an answer, and the rest is not read', async () => {
  serve = (_incoming, response) => response.writeHead(413).end('too much');
  const body = new Body();
  expect(await exchange(call(), body, signal, 10_000)).toEqual({ status: 413, text: 'too much' });
  expect(body.isOver).toBe(true);
  expect(body.asked).toBeLessThan(count);
});

test.each<[string, () => void, RegExp]>([
  [
    'goes in the midst of it',
    () => {
      serve = (incoming) => incoming.once('data', () => incoming.socket.destroy());
    },
    /./,
  ],
  [
    'does not answer in time',
    () => {
      serve = (incoming) => incoming.resume();
    },
    /no answer within 500 ms/,
  ],
  [
    'goes in the midst of its answer',
    () => {
      serve = (incoming, response) =>
        incoming.resume().on('end', () => {
          response.writeHead(200, { 'content-length': 10 }).write('half', () => incoming.socket.destroy());
        });
    },
    /./,
  ],
])('nobody has answered when the other end %s', async (_, prepare, why) => {
  prepare();
  const body = new Body();
  const answer = exchange(call(), body, signal, 500);
  await expect(answer).rejects.toThrow(Unanswered);
  await expect(answer).rejects.toThrow(why);
  expect(body.isOver).toBe(true);
});

test('nobody has answered where nobody listens, and nothing is left open', async () => {
  const body = new Body();
  await expect(exchange(call(1), body, signal, 10_000)).rejects.toThrow(Unanswered);
  expect(body.isOver).toBe(true);
});

test('a body that cannot be read is told as it is, and is not taken for whole', async () => {
  const seen = new Promise<boolean>((resolve) => {
    serve = (incoming) => incoming.resume().on('close', () => resolve(incoming.complete));
  });
  await expect(exchange(call(), new Body(10), signal, 10_000)).rejects.toThrow('the disk is gone');
  expect(await seen).toBe(false);
});

test('who gives it up does not wait for it, nor begins it afterwards', async () => {
  serve = (incoming) => incoming.pause();
  const giving = new AbortController();
  const body = new Body();
  const answer = exchange(call(), body, giving.signal, 10_000);
  setTimeout(() => giving.abort(), 50);
  await expect(answer).rejects.toThrow('given up');
  expect(body.isOver).toBe(true);
  await expect(exchange(call(), new Body(), giving.signal, 10_000)).rejects.toThrow('given up');
});

test('twenty at once warn of no leak', async () => {
  serve = (incoming, response) => incoming.resume().on('end', () => response.end());
  const warnings: Error[] = [];
  const hear = (warning: Error) => void warnings.push(warning);
  process.on('warning', hear);
  await Promise.all(Array.from({ length: 20 }, () => exchange(call(), new Body(), signal, 60_000)));
  process.off('warning', hear);
  expect(warnings).toEqual([]);
});
