import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SluiceError } from '@sluice/common/errors';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CloudConnection } from './cloud-connection';
import { FileDoor } from './file-door';

const mebibyte = 1 << 20;
let server: Server;
/** What a cloud has got: bytes and query of each part. */
let parts: { offset: number; sha256: string | null; bytes: Buffer }[];
let door: FileDoor;

beforeEach(async () => {
  parts = [];
  server = createServer(async (incoming, response) => {
    const bytes = Buffer.concat(await incoming.toArray());
    const query = new URL(incoming.url!, 'http://cloud').searchParams;
    if (incoming.method === 'POST') return response.end('{"stored":false}');
    const sha256 = query.get('sha256');
    parts.push({ offset: Number(query.get('offset')), sha256, bytes });
    return response.end(JSON.stringify({ stored: sha256 !== null, sha256 }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  door = new FileDoor(new CloudConnection({ address, appId: 'app' }), 'main');
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

const buffers = new Set<Uint8Array>();

/** @param there bytes that can be read, in the end @param failure what comes after them */
function deliver(contents: Uint8Array, there = contents.length, failure?: Error) {
  return door.deliver(
    {
      name: 'a',
      description: { type: 'file', captured: 0, metadata: {} },
      bytes: contents.length,
      async *pieces(buffer) {
        buffers.add(buffer);
        for (let offset = 0; offset < there; offset += buffer.length) {
          const piece = contents.subarray(offset, Math.min(there, offset + buffer.length));
          buffer.set(piece);
          yield buffer.subarray(0, piece.length);
        }
        if (failure) throw failure;
      },
    },
    new AbortController().signal,
  );
}

test.each([0, 1, mebibyte / 4, mebibyte / 4 + 1, mebibyte, 4 * mebibyte, 9 * mebibyte + 5])(
  'a file of %i bytes arrives whole, and its last part alone says its digest',
  async (bytes) => {
    const contents = randomBytes(bytes);
    expect(await deliver(contents)).toEqual({ result: 'delivered' });
    expect(Buffer.concat(parts.map((part) => part.bytes)).equals(contents)).toBe(true);
    let offset = 0;
    for (const part of parts) {
      expect(part.offset).toBe(offset);
      expect(part.bytes.length).toBeLessThanOrEqual(4 * mebibyte);
      offset += part.bytes.length;
    }
    const digests = parts.map(({ sha256 }) => sha256).filter((sha256) => sha256 !== null);
    expect(digests).toEqual([createHash('sha256').update(contents).digest('hex')]);
    expect(parts.at(-1)!.sha256).toBe(digests[0]);
  },
);

test('files one after another take one buffer', async () => {
  buffers.clear();
  for (let file = 0; file < 3; file++) await deliver(randomBytes(mebibyte));
  expect(buffers.size).toBe(1);
});

test('a file that was changed while it was sent does not become whole, and is gone from here', async () => {
  const changed = new SluiceError('file-changed', 'it was written to');
  const contents = randomBytes(mebibyte);
  expect(await deliver(contents, contents.length, changed)).toEqual({ result: 'gone' });
  expect(parts.filter(({ sha256 }) => sha256 !== null)).toEqual([]);
});

test('a file that became shorter is tried again, and does not become whole', async () => {
  expect(await deliver(randomBytes(mebibyte), mebibyte / 2)).toEqual({
    result: 'unread',
    reason: 'cannot be read: it is no longer as long as it was',
  });
  expect(parts).toEqual([]);
});
