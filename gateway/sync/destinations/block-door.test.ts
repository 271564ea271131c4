import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { destinationTypes } from '.';

describe('the block door', () => {
  let server: Server;
  let status = 200;
  let body = '';
  /** Milliseconds. */
  let thought = 0;
  let seen: { url?: string; authorization?: string } = {};

  beforeEach(async () => {
    server = createServer((request, response) => {
      seen = { url: request.url, authorization: request.headers.authorization };
      request.resume().on('end', () => setTimeout(() => response.writeHead(status).end(body), thought));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  const deliver = (
    part = 'esp-2',
    read = async (): Promise<Uint8Array | undefined> => Buffer.from('file'),
  ) => {
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const door = destinationTypes['block-door'].open<string>('cloud', {
      address,
      appId: 'app',
      main: 'the main',
      key: 'k',
      read: async () => {
        const blocks = await read();
        return blocks && { blocks };
      },
      remote: (item) => (item === 'esp-1' ? 'lab bench' : undefined),
    });
    return door.deliver(part, new AbortController().signal);
  };

  test.each([
    [200, '{"readings":5,"refused":[]}', { result: 'delivered' }],
    [
      200,
      '{"readings":5,"refused":[{"block":"b","reason":"check"}]}',
      { result: 'refused', reason: 'b: check' },
    ],
    [422, '{"error":"x"}', { result: 'refused' }],
    [401, '', { result: 'again', of: 'destination' }],
    [500, '', { result: 'again', of: 'item' }],
    [503, '', { result: 'again', of: 'destination' }],
    [200, 'not json', { result: 'again', of: 'destination' }],
  ])('answered with %i %s is %j', async (code, text, delivery) => {
    status = code;
    body = text;
    expect(await deliver()).toMatchObject(delivery);
    expect(seen).toEqual({ url: '/blocks/app/the%20main', authorization: 'Bearer k' });
  });

  test('is waited for longer than a connection waits for its next request', async () => {
    status = 200;
    body = '{"readings":5,"refused":[]}';
    thought = 4_500;
    expect(await deliver()).toEqual({ result: 'delivered' });
    thought = 0;
  }, 20_000);

  test('is told what the main calls the part', async () => {
    status = 200;
    body = '{"readings":5,"refused":[]}';
    await deliver('esp-1');
    expect(seen.url).toBe('/blocks/app/the%20main?remote=lab+bench');
  });

  test.each(['EMFILE', 'EIO'])('tries a file again that fails with %s', async (code) => {
    const read = () => Promise.reject(Object.assign(new Error('no'), { code, syscall: 'open' }));
    expect(await deliver('esp-2', read)).toEqual({ result: 'unread', reason: `cannot be read: ${code}` });
  });

  test('knows a file that was deleted by hand', async () => {
    expect(await deliver('esp-2', async () => undefined)).toEqual({ result: 'gone' });
  });

  test('that is not there is tried again', async () => {
    const options = {
      address: 'http://127.0.0.1:1',
      appId: 'a',
      main: 'm',
      read: async () => ({ blocks: Buffer.from('') }),
    };
    const nowhere = destinationTypes['block-door'].open<string>('cloud', options);
    const answer = await nowhere.deliver('a', new AbortController().signal);
    expect(answer).toMatchObject({ result: 'again', reason: expect.stringContaining('not reached') });
  });
});
