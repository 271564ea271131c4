import { mkdtemp, rm } from 'node:fs/promises';
import { get as getSecure } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openAuthority } from '../tls';
import { makeServer } from './secure-server';

let directory: string;
let server: ReturnType<typeof makeServer>;
let authority: string;
let port: number;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-plain-text-'));
  const { certificate, key, authority: own } = await openAuthority(directory);
  authority = own.pem;
  server = makeServer({ host: '127.0.0.1', tls: { certificate, key } }, {});
  server.get('/data', () => 'of the route');
  await server.listen({ host: '127.0.0.1', port: 0 });
  port = (server.server.address() as AddressInfo).port;
});
afterAll(async () => {
  await server.close();
  await rm(directory, { recursive: true });
});

/** What a connection in plain text is told until it is closed. */
function answerTo(...pieces: string[]): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', async () => {
      for (const piece of pieces) {
        socket.write(piece);
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    });
    socket.on('data', (chunk) => {
      answer += chunk;
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
  });
}

const headers = { accept: 'text/html,*/*' };

test('over TLS requests go to the routes', async () => {
  const answer = await new Promise<string>((resolve, reject) =>
    getSecure({ host: 'localhost', port, path: '/data', ca: authority }, (response) => {
      response.setEncoding('utf8').on('data', resolve);
    }).on('error', reject),
  );
  expect(answer).toBe('of the route');
});

test('a browser in plain text is sent to the same page over TLS', async () => {
  const answer = await fetch(`http://localhost:${port}/data?from=1`, { redirect: 'manual', headers });
  expect(answer.status).toBe(307);
  expect(answer.headers.get('location')).toBe(`https://localhost:${port}/data?from=1`);
});

test('nobody is sent to another host', async () => {
  const answer = await answerTo(
    'GET //elsewhere.example/ HTTP/1.1\r\n',
    'host: here.example\r\naccept: text/html\r\n\r\n',
  );
  expect(answer).toMatch(/^HTTP\/1\.1 307 /);
  expect(answer).toMatch(/location: https:\/\/here\.example\/\/elsewhere\.example\/\r\n/);
  expect(
    await answerTo(
      'GET http://elsewhere.example/ HTTP/1.1\r\nhost: here.example\r\naccept: text/html\r\n\r\n',
    ),
  ).toMatch(/^HTTP\/1\.1 400 /);
});

test.each([{}, { method: 'POST', body: 'x', headers }])(
  'a script, and what would change something, is refused in words: %j',
  async (request) => {
    const answer = await fetch(`http://localhost:${port}/data`, request);
    expect(answer.status).toBe(400);
    expect(await answer.json()).toEqual({ error: `this port speaks TLS alone: https://localhost:${port}` });
  },
);

test('what is no HTTP ends without harm', async () => {
  expect(await answerTo('\0\0\0 nothing')).toMatch(/^HTTP\/1\.1 400 Bad Request/);
  expect((await fetch(`http://localhost:${port}/data`, { redirect: 'manual', headers })).status).toBe(307);
});
