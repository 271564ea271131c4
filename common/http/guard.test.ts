import Fastify from 'fastify';
import { describe, expect, it } from 'vitest';
import { guard, refuse } from './guard';

describe('without a key', () => {
  const local = { host: '127.0.0.1' };
  it.each([
    ['localhost:8470', undefined, undefined],
    ['127.0.0.1:8470', 'http://127.0.0.1:8470', undefined],
    ['[::1]:8470', undefined, undefined],
    ['rebound.example:8470', undefined, 403],
    ['127.example.com:8470', undefined, 403],
    ['localhost:8470', 'http://elsewhere.example', 403],
    ['localhost:8470', 'null', 403],
    ['', undefined, 403],
  ])('a request to Host %j with Origin %j gets %j', (host, origin, status) => {
    expect(refuse(local, { host, origin })?.status).toBe(status);
  });
});

describe('a guarded server', () => {
  const ask = async (headers: Record<string, string>) => {
    const server = Fastify();
    guard(server, { host: '0.0.0.0', key: 'right' }, { 'x-content-type-options': 'nosniff' });
    server.get('/', async () => 'told');
    return server.inject({ url: '/', headers });
  };

  it('answers who shows the key, with its own headers', async () => {
    const { statusCode, body, headers } = await ask({ authorization: 'Bearer right' });
    expect([statusCode, body, headers['x-content-type-options']]).toEqual([200, 'told', 'nosniff']);
  });

  it('tells nothing to who does not', async () => {
    const { statusCode, body } = await ask({ authorization: 'Bearer wrong' });
    expect(statusCode).toBe(401);
    expect(body).not.toContain('told');
  });
});
