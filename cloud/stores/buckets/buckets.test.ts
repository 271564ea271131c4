import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NodeStorage } from '@sluice/common/storage';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isMissing, minioKeys, type Server, startMinio } from '../../../test/servers/servers';
import type { Bucket, ObjectBody } from './bucket';
import { DirectoryBucket } from './directory-bucket';
import { S3Bucket } from './s3-bucket';

const body = (text: string): ObjectBody => {
  const bytes = Buffer.from(text);
  return { size: bytes.length, type: 'application/json', pieces: () => [bytes] };
};
const all = async <T>(items: AsyncIterable<T>): Promise<T[]> => {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
};
const textOf = async (bucket: Bucket, key: string) => Buffer.concat(await all(bucket.read(key))).toString();

interface Kind {
  name: string;
  open(): Promise<Bucket>;
  close(): Promise<void>;
}

/** What every bucket does. @param open an empty one each time */
function suite({ name, open, close }: Kind, skipped: boolean): void {
  describe.skipIf(skipped)(name, () => {
    let bucket: Bucket;
    beforeEach(async () => {
      bucket = await open();
      return () => bucket.close();
    });
    afterAll(close);

    test('has an object once it is put, and the new one when it is put again', async () => {
      await bucket.put('app/device-2026-01-01.json', body('{"a":1}\n'));
      expect(await textOf(bucket, 'app/device-2026-01-01.json')).toBe('{"a":1}\n');
      await bucket.put('app/device-2026-01-01.json', body('{"a":1}\n{"a":2}\n'));
      expect(await textOf(bucket, 'app/device-2026-01-01.json')).toBe('{"a":1}\n{"a":2}\n');
      const status = await bucket.status('app/device-2026-01-01.json');
      expect(status).toMatchObject({ key: 'app/device-2026-01-01.json', size: 16 });
      expect(Math.abs(status!.modified - Date.now())).toBeLessThan(60_000);
    });

    test('says of what is not there that it is not', async () => {
      expect(await bucket.status('app/nothing.json')).toBeUndefined();
      await expect(all(bucket.read('app/nothing.json'))).rejects.toThrow();
      expect(await all(bucket.list())).toEqual([]);
    });

    test('lists all objects in the order of their UTF-8, more than a page of them', async () => {
      const keys = ['a/b', 'a-b', 'a.b/c', 'ä/ö', '𝒳/y', '\uffee/z', 'with space/x y+z%.json'];
      for (let index = 0; index < 1_010; index++) keys.push(`many/${index}`);
      for (const key of keys) await bucket.put(key, body(key));
      const listed = (await all(bucket.list())).map(({ key }) => key);
      expect(listed).toEqual(keys.sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
      expect(await textOf(bucket, 'with space/x y+z%.json')).toBe('with space/x y+z%.json');
    });

    test('takes an object of 20 MB in pieces, and gives it back', async () => {
      const piece = Buffer.alloc(1 << 20, 'sluice ');
      await bucket.put('app/large.sluice', {
        size: 20 * piece.length,
        type: 'application/octet-stream',
        *pieces() {
          for (let index = 0; index < 20; index++) yield piece;
        },
      });
      const read = Buffer.concat(await all(bucket.read('app/large.sluice')));
      expect(read.length).toBe(20 * piece.length);
      expect(read.subarray(-piece.length).equals(piece)).toBe(true);
    });

    test('keeps the object from before when its replacement breaks off', async () => {
      await bucket.put('app/x.json', body('before'));
      const broken = { size: 10, type: 'application/json', pieces: breaking };
      await expect(bucket.put('app/x.json', broken)).rejects.toThrow('the file is gone');
      expect(await textOf(bucket, 'app/x.json')).toBe('before');
      expect((await all(bucket.list())).map(({ key }) => key)).toEqual(['app/x.json']);
    });

    test('removes an object, and one that is not there', async () => {
      await bucket.put('app/x.json', body('x'));
      await bucket.remove('app/x.json');
      await bucket.remove('app/x.json');
      expect(await bucket.status('app/x.json')).toBeUndefined();
    });
  });
}

async function* breaking(): AsyncGenerator<Uint8Array> {
  yield Buffer.from('after');
  throw new Error('the file is gone');
}

const storage = new NodeStorage();
const directories: string[] = [];
suite(
  {
    name: 'a bucket that is a directory',
    async open() {
      const directory = await mkdtemp(join(tmpdir(), 'sluice-bucket-'));
      directories.push(directory);
      return new DirectoryBucket(storage, join(directory, 'data'));
    },
    async close() {
      for (const directory of directories) await rm(directory, { recursive: true });
    },
  },
  false,
);

describe('a bucket that is a directory', () => {
  test('has no keys that lead out of it', async () => {
    const bucket = new DirectoryBucket(storage, '/nowhere');
    for (const key of ['../x', 'a/../../x', '/x', 'a//b', 'a/\0', ''])
      await expect(bucket.put(key, body('x'))).rejects.toThrow('no key');
  });
});

let minio: Server;
let number = 0;
describe('MinIO (skipped: it is not on this machine)', () => {
  beforeAll(async () => {
    if (!isMissing('minio')) minio = await startMinio();
  });
  suite(
    {
      name: 'a bucket of an S3 server',
      async open() {
        const options = { endpoint: `http://127.0.0.1:${minio.port}`, region: 'us-east-1', ...minioKeys };
        return new S3Bucket(options, `bucket-${number++}`);
      },
      close: () => minio.close(),
    },
    isMissing('minio'),
  );
});
