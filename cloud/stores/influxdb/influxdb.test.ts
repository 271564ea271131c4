import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { StrictDisk } from '@sluice/common/storage/strict';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { isMissing, type Server, startInfluxDb } from '../../../test/servers/servers';
import type { Arrival } from '../../inbox/arrival';
import { blockOf, metadataOf } from '../../inbox/test-arrivals';
import type { BadArrival } from '../../stages/stage';
import { InfluxDb, type InfluxOptions } from './influxdb';
import { lineOfMessage } from './point-line';
import { InfluxV1 } from './server-v1';

/** The server's own clock says what is too old. */
const time = Date.now() - 1_000_000;
const now = Date.now;
let bad: BadArrival[];
let position: number;

const message = (content: object, appId = 'app'): Arrival => ({
  kind: 'message',
  position: position++,
  arrived: time,
  appId,
  devId: 'device',
  line: Buffer.from(
    JSON.stringify({ app_id: appId, dev_id: 'device', time, payload_fields: {}, ...content }),
  ),
});

interface Kind {
  options(): InfluxOptions;
  /** Rows of a measurement, by time, each with its tags; of a database of that name. */
  rows(database: string, measurement: string): Promise<Record<string, unknown>[]>;
  /** The server, away and back. */
  server?(): Server;
}

/** What the store does with every server. */
function suite({ options, rows, server }: Kind): void {
  let store: InfluxDb;
  let database: string;
  let number = 0;
  const disk = new StrictDisk(1);
  const open = async () => {
    store = await InfluxDb.open({
      server: options(),
      storage: disk.mount(),
      state: `/state/${database}.json`,
      first: 0,
      onProblem: () => undefined,
      now,
    });
  };
  const process = (batch: readonly Arrival[]) =>
    store.process(batch, position, async (letters) => void bad.push(...letters));

  beforeEach(async () => {
    database = `project "${number++}"`;
    bad = [];
    position = 0;
    await open();
  });

  test('has a message as a point: measurement, fields, tags, time of the measurement', async () => {
    await process([
      message(
        { payload_fields: { temperature: 42, foo: 'bar', 'a b': { c: true } }, tag_fields: { foo: 'bar' } },
        database,
      ),
    ]);
    expect(await rows(database, 'device')).toEqual([
      { time, temperature: 42, foo: 'bar', 'a b_c': true, dev_id: 'device', foo_1: 'bar' },
    ]);
    expect(bad).toEqual([]);
  });

  test('has the same once when it comes again, and is where it was after a restart', async () => {
    const batch = [message({ payload_fields: { n: 1 } }, database)];
    await process(batch);
    await process(batch);
    expect(await rows(database, 'device')).toHaveLength(1);
    await open();
    expect(store.position()).toBe(1);
  });

  test('has the readings of a block', async () => {
    const metadata = metadataOf('part', 0);
    const block = { ...blockOf(0, 0), mapping: { known: true, offset: time } };
    await process([
      {
        kind: 'blocks',
        position: position++,
        arrived: time,
        appId: database,
        devId: 'part',
        main: 'main',
        metadata,
        blocks: [block],
      },
    ]);
    const read = await rows(database, 'part');
    expect(read).toHaveLength(20);
    expect(read.slice(0, 4).map((row) => row.board_0)).toEqual([true, false, false, true]);
    expect(read[0]).toMatchObject({ dev_id: 'part', owner: 'part', method: 'Gpios' });
  });

  test('takes 42 and 42.5 as one type, sets aside a text where a number was, and stores what is beside it', async () => {
    const values = [42, 42.5, 'warm', 7];
    await process(values.map((n, index) => message({ time: time + index, payload_fields: { n } }, database)));
    expect((await rows(database, 'device')).map(({ n }) => n)).toEqual([42, 42.5, 7]);
    expect(bad).toMatchObject([{ arrival: { position: 2 }, reason: expect.stringContaining('type') }]);
  });

  test('passes what is older than the retention', async () => {
    await process([message({ time: 1_557_244_616_000, payload_fields: { n: 1 } }, database)]);
    expect(store.position()).toBe(1);
    expect(bad).toEqual([]);
  });

  test.skipIf(server === undefined)(
    'waits for a server that is away, and goes on',
    { timeout: 60_000 },
    async () => {
      const batch = [message({ payload_fields: { n: 1 } }, database)];
      await server!().kill();
      await expect(process(batch)).rejects.toThrow();
      expect(store.position()).toBe(0);
      await server!().restart();
      await process(batch);
      expect(await rows(database, 'device')).toHaveLength(1);
    },
  );
}

describe.skipIf(isMissing('influxd'))('InfluxDB 1.x (skipped: influxd is not on this machine)', () => {
  let server: Server;
  beforeAll(async () => {
    server = await startInfluxDb();
  }, 60_000);
  afterAll(() => server.close());

  test('a project’s database keeps its points for 90 days', async () => {
    const made = new InfluxV1({ version: 1, url: `http://127.0.0.1:${server.port}` });
    expect(await made.write('kept', `device n=1 ${time}`)).toBeUndefined();
    const q = encodeURIComponent('SHOW RETENTION POLICIES ON "kept"');
    const answer = await fetch(`http://127.0.0.1:${server.port}/query?q=${q}`);
    const { results } = (await answer.json()) as { results: { series: { values: unknown[][] }[] }[] };
    expect(results[0]!.series[0]!.values).toEqual([expect.arrayContaining(['2160h0m0s', true])]);
  });

  suite({
    options: () => ({ version: 1, url: `http://127.0.0.1:${server.port}` }),
    server: () => server,
    async rows(database, measurement) {
      const address = new URL(`http://127.0.0.1:${server.port}/query`);
      address.search = new URLSearchParams({
        db: database,
        epoch: 'ms',
        q: `SELECT * FROM "${measurement}"`,
      }).toString();
      const { results } = (await (await fetch(address)).json()) as {
        results: { series?: { columns: string[]; values: unknown[][] }[] }[];
      };
      const [series] = results[0]!.series ?? [];
      return (series?.values ?? []).map((row) =>
        Object.fromEntries(series!.columns.map((column, index) => [column, row[index]])),
      );
    },
  });
});

describe('InfluxDB 2.x, a stand-in', () => {
  const made: unknown[] = [];
  const written: { bucket: string; precision: string; lines: string[] }[] = [];
  const buckets = new Set<string>();
  const standIn = createServer((request, response) => {
    const address = new URL(request.url!, 'http://localhost');
    let body = '';
    request.on('data', (piece) => {
      body += piece;
    });
    request.on('end', () => {
      const send = (status: number, content?: object) =>
        response.writeHead(status).end(content && JSON.stringify(content));
      if (request.headers.authorization !== 'Token secret')
        return send(401, { message: 'unauthorized access' });
      if (address.pathname === '/api/v2/orgs') return send(200, { orgs: [{ id: '0f', name: 'lab' }] });
      if (address.pathname === '/api/v2/buckets') {
        made.push(JSON.parse(body));
        buckets.add(JSON.parse(body).name);
        return send(201, {});
      }
      const bucket = address.searchParams.get('bucket')!;
      if (!buckets.has(bucket))
        return send(404, { code: 'not found', message: `bucket "${bucket}" not found` });
      if (body.includes('"warm"'))
        return send(422, { code: 'unprocessable entity', message: 'field type conflict' });
      written.push({ bucket, precision: address.searchParams.get('precision')!, lines: body.split('\n') });
      return send(204);
    });
  });
  let store: InfluxDb;

  beforeEach(async () => {
    bad = [];
    position = 0;
    standIn.listen(0, '127.0.0.1');
    await once(standIn, 'listening');
    const { port } = standIn.address() as AddressInfo;
    const url = `http://127.0.0.1:${port}`;
    store = await InfluxDb.open({
      server: { version: 2, url, organization: 'lab', token: 'secret' },
      storage: new StrictDisk(1).mount(),
      state: '/state/influxdb.json',
      first: 0,
      onProblem: () => undefined,
      now,
    });
  });

  afterEach(() => {
    standIn.closeAllConnections();
    standIn.close();
  });

  test('has a bucket a project with the platform’s retention, and points in milliseconds; what it refuses is set aside', async () => {
    const batch = [42, 'warm', 7].map((n, index) => message({ time: time + index, payload_fields: { n } }));
    await store.process(batch, 3, async (letters) => void bad.push(...letters));
    expect(made).toEqual([
      { orgID: '0f', name: 'app', retentionRules: [{ type: 'expire', everySeconds: 7_776_000 }] },
    ]);
    const lines = written.flatMap((each) => each.lines);
    expect(lines).toEqual([`device,dev_id=device n=42 ${time}`, `device,dev_id=device n=7 ${time + 2}`]);
    expect(written[0]).toMatchObject({ bucket: 'app', precision: 'ms' });
    expect(bad).toMatchObject([{ arrival: { position: 1 }, reason: 'field type conflict' }]);
    expect(store.position()).toBe(3);
  });
});

test('a point’s line keeps what line protocol gives a meaning, and begins no other', () => {
  const tags = { 'k =': 'v,\n x', empty: '' };
  const points = [{ field: 'f,=', value: 'say "hi"\n\\' }];
  expect(lineOfMessage({ appId: 'a', devId: 'my, dev', time: 1, line: '', points, tags })).toBe(
    `${String.raw`my\,\ dev,dev_id=my\,\ dev,k\ \==v\,\ \ x f\,\==`}"say \\"hi\\"\n\\\\" 1`,
  );
});
