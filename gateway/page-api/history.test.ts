import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { History } from './history';
import type { StreamView } from './state';

const stream = (of: Partial<StreamView>): StreamView => ({
  key: 'key',
  owner: 'part',
  resource: 'rdk:component:board/b',
  method: 'Analogs',
  parameters: {},
  frequency: 1,
  unit: '',
  ...of,
});
const streams = [
  stream({ key: 'a1', parameters: { reader_name: 'A1' } }),
  stream({ key: 'a1x', parameters: { reader_name: 'A1_x' } }),
  stream({ key: 'pin', owner: 'main', method: 'Gpios', parameters: { pin_name: '27' } }),
];
const until = 1_700_000_000_500;

let server: Server;
let answer: { status: number; body: unknown };
let asked: { url: string; key: string | undefined }[];
let now: number;
let history: History;

beforeEach(async () => {
  asked = [];
  now = 0;
  server = createServer((request, response) => {
    asked.push({ url: request.url!, key: request.headers.authorization });
    response.writeHead(answer.status).end(JSON.stringify(answer.body));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  history = new History({
    cloud: () => ({ address: `http://127.0.0.1:${port}`, appId: 'lab', key: 'secret' }),
    streams: () => streams,
    remote: () => 'shed',
    clock: { now: () => now },
  });
});

afterEach(() => {
  server.close();
});

test('gives each stream its own values, and each leaf of a record a series', async () => {
  const row = (name: string, min: unknown, max: unknown) => ({ time: 1_000, stream: name, min, max });
  const rows = [row('b_A1', 1, 2), row('b_A1_x', 3, 4), row('b_A1_y', 5, 6), row('shed:b_27', 0, 1)];
  answer = { status: 200, body: [...rows, row('other', 1, 1), row('b_A1', null, null)] };
  expect((await history.of('esp', until)).series).toEqual([
    { stream: 'a1', series: '', times: [1_000], low: [1], high: [2] },
    { stream: 'a1x', series: '', times: [1_000], low: [3], high: [4] },
    { stream: 'a1', series: 'y', times: [1_000], low: [5], high: [6] },
    { stream: 'pin', series: '', times: [1_000], low: [0], high: [1] },
  ]);
  const parameters = new URL(asked[0]!.url, 'http://cloud').searchParams;
  expect(Object.fromEntries(parameters)).toMatchObject({
    app_id: 'lab',
    part: 'esp',
    from: '1699999100000',
    to: String(until),
  });
  expect(asked[0]!.key).toBe('Bearer secret');
});

test('asks once for all that look within ten seconds', async () => {
  answer = { status: 200, body: [] };
  await Promise.all([history.of('esp', until), history.of('esp', until)]);
  now = 9_000;
  await history.of('esp', until);
  expect(asked).toHaveLength(1);
  now = 11_000;
  await history.of('esp', until);
  expect(asked).toHaveLength(2);
});

test('has nothing of a part that the cloud does not know', async () => {
  answer = { status: 404, body: {} };
  expect((await history.of('esp', until)).series).toEqual([]);
});

test('says why there is none, and asks again', async () => {
  answer = { status: 500, body: {} };
  await expect(history.of('esp', until)).rejects.toThrow('the cloud answers 500');
  for (const status of [401, 403]) {
    answer = { status, body: {} };
    await expect(history.of('esp', until)).rejects.toThrow('role service does, as SLUICE_CLOUD_READ_KEY');
  }
  server.close();
  server.closeAllConnections();
  await expect(history.of('esp', until)).rejects.toThrow('the cloud is not reached');
});

test('asks about a bounded number of parts at a time', async () => {
  answer = { status: 200, body: [] };
  const parts = Array.from({ length: 17 }, (_, index) => history.of(`part ${index}`, until));
  const ends = await Promise.allSettled(parts);
  expect(ends.filter(({ status }) => status === 'rejected')).toHaveLength(1);
});
