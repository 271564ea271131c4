import { StrictDisk } from '@sluice/common/storage/strict';
import { MongoClient } from 'mongodb';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isMissing, type Server, startFerretDb } from '../../../test/servers/servers';
import type { Arrival } from '../../inbox/arrival';
import { blockOf, messageAt, metadataOf } from '../../inbox/test-arrivals';
import type { BadArrival } from '../../stages/stage';
import { MongoDb } from './mongodb';

let server: Server;
let client: MongoClient;
let store: MongoDb;
let database: string;
let number = 0;
let bad: BadArrival[];
const disk = new StrictDisk(1);

const url = () => `mongodb://127.0.0.1:${server.port}/?directConnection=true&serverSelectionTimeoutMS=1000`;
const open = async () => {
  store = await MongoDb.open({
    server: { url: url(), database, collection: 'messages' },
    storage: disk.mount(),
    state: `/state/${database}.json`,
    first: 0,
    onProblem: () => undefined,
  });
};
const process = (batch: readonly Arrival[], upTo: number) =>
  store.process(batch, upTo, async (letters) => void bad.push(...letters));
const all = () => client.db(database).collection('messages').find().sort({ time: 1 }).toArray();

describe.skipIf(isMissing('ferretdb'))(
  'MongoDB (skipped: FerretDB is not on this machine)',
  { timeout: 60_000 },
  () => {
    beforeAll(async () => {
      server = await startFerretDb();
    }, 60_000);
    afterAll(() => server.close());

    beforeEach(async () => {
      database = `cloud_${number++}`;
      bad = [];
      client = new MongoClient(url());
      await open();
    });
    afterEach(async () => {
      await store.close();
      await client.close();
    });

    test('has a message as a document with what it came with, its time as a date', async () => {
      const line =
        '{"app_id":"app","dev_id":"d","time":1557244616000,"payload_fields":{"a":{"b":42}},"tag_fields":{"foo":"bar"},"foo":"bar"}';
      await process([{ ...messageAt(7), arrived: 5, line: Buffer.from(line) }], 8);
      expect(await all()).toEqual([
        {
          _id: '5/7',
          app_id: 'app',
          dev_id: 'd',
          time: new Date(1557244616000),
          payload_fields: { a: { b: 42 } },
          tag_fields: { foo: 'bar' },
          foo: 'bar',
        },
      ]);
      expect(store.position()).toBe(8);
    });

    test('has readings once, whether they come as blocks or as messages, again and again', async () => {
      const metadata = metadataOf('part', 0);
      const of = { arrived: 0, appId: 'app', devId: 'part' };
      const blocks: Arrival = {
        kind: 'blocks',
        position: 0,
        ...of,
        main: 'main',
        metadata,
        blocks: [blockOf(0, 0)],
      };
      await process([blocks], 1);
      const before = await all();
      expect(before).toHaveLength(20);
      const name = { block: 'part/1-00000001/0/0', index: 3 };
      await process([blocks, { ...messageAt(1), ...of, name }, messageAt(2), messageAt(2)], 3);
      expect(await all()).toHaveLength(21);
      expect(bad).toEqual([]);
    });

    test('is where it was after a restart, and waits for a server that is away', async () => {
      await process([messageAt(0)], 1);
      await server.kill();
      await expect(process([messageAt(1)], 2)).rejects.toThrow();
      expect(store.position()).toBe(1);
      await server.restart();
      await store.close();
      await open();
      expect(store.position()).toBe(1);
      await process([messageAt(1)], 2);
      expect(await all()).toHaveLength(2);
    });

    test('sets aside what the server refuses, and stores what is beside it', async () => {
      const line = Buffer.from('{"app_id":"app","dev_id":"d","time":1,"payload_fields":{"$where":1}}');
      const refused: Arrival = { ...messageAt(1), line };
      await process([messageAt(0), refused, messageAt(2)], 3);
      expect(bad.map(({ arrival }) => arrival)).toEqual([refused]);
      expect(await all()).toHaveLength(2);
    });
  },
);
