import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { StrictDisk } from '@sluice/common/storage/strict';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Arrival } from '../../inbox/arrival';
import { blockOf, messageAt, metadataOf } from '../../inbox/test-arrivals';
import type { BadArrival } from '../../stages/stage';
import { Functions } from './functions';

interface Called {
  path: string;
  type: string | undefined;
  body: string;
}

let gateway: Server;
let called: Called[];
let answer: (call: Called) => number;
let now: number;
let functions: Functions;
let bad: BadArrival[];
const disk = new StrictDisk(1);

const open = async () => {
  const { port } = gateway.address() as AddressInfo;
  functions = await Functions.open({
    url: `http://127.0.0.1:${port}/`,
    authorization: 'Basic x',
    storage: disk.mount(),
    state: '/state/functions.json',
    first: 0,
    onProblem: () => undefined,
    now: () => now,
  });
};
const process = (batch: readonly Arrival[], upTo: number) =>
  functions.process(batch, upTo, async (letters) => void bad.push(...letters));
const of = (appId: string, position: number): Arrival => ({ ...messageAt(position), appId });
const bodies = () => called.map(({ body }) => body).sort();

beforeEach(async () => {
  called = [];
  bad = [];
  now = 0;
  answer = () => 202;
  gateway = createServer((request, response) => {
    let body = '';
    request.on('data', (piece) => {
      body += piece;
    });
    request.on('end', () => {
      const call = { path: request.url!, type: request.headers['content-type'], body };
      called.push(call);
      response.writeHead(request.headers.authorization === 'Basic x' ? answer(call) : 401).end('answer');
    });
  }).listen(0, '127.0.0.1');
  await once(gateway, 'listening');
  await open();
});

afterEach(async () => {
  functions.close();
  gateway.closeAllConnections();
  gateway.close();
  await disk.mount().discard('/state/functions.json');
});

describe('a project’s function', () => {
  test('is called once a message, with it, and once a block, with its messages as JSON lines', async () => {
    const blocks: Arrival = {
      kind: 'blocks',
      position: 1,
      arrived: 0,
      appId: 'my app',
      devId: 'part',
      main: 'main',
      metadata: metadataOf('part', 0),
      blocks: [blockOf(0, 0), blockOf(0, 1)],
    };
    await process([of('my app', 0), blocks], 2);
    expect(called.map(({ path }) => path)).toEqual(Array(3).fill('/async-function/my%20app'));
    expect(
      called.filter(({ type }) => type === 'application/json').map(({ body }) => JSON.parse(body)),
    ).toEqual([{ app_id: 'app', dev_id: 'device', time: 0, payload_fields: { n: 0 } }]);
    const lines = called
      .filter(({ type }) => type === 'application/x-ndjson')
      .flatMap(({ body }) => body.trim().split('\n'));
    expect(lines).toHaveLength(40);
    expect(JSON.parse(lines[0]!)).toMatchObject({ app_id: 'my app', dev_id: 'part', sluice: { index: 0 } });
    expect(functions.position()).toBe(2);
  });

  test('costs nothing where there is none, and is asked for again after a while', async () => {
    answer = ({ path }) => (path.endsWith('/none') ? 404 : 202);
    for (let position = 0; position < 50; position++)
      await process([of('none', position), of('app', position)], position + 1);
    const asked = () => called.filter(({ path }) => path.endsWith('/none')).length;
    expect(asked()).toBe(1);
    now += 60_000;
    await process([of('none', 50), of('none', 51)], 52);
    expect(asked()).toBeLessThanOrEqual(3);
    const before = asked();
    now += 60_000;
    await process([of('none', 52)], 53);
    expect(asked()).toBe(before);
    now += 3_600_000;
    answer = () => 202;
    await process([of('none', 53), of('none', 54)], 55);
    expect(asked()).toBe(before + 2);
    expect(bad).toEqual([]);
  });

  test('that the gateway cannot take is called again, what it took is not', async () => {
    const batch = [0, 1, 2, 3].map((position) => of('app', position));
    answer = ({ body }) => (body.includes('"n":2') ? 503 : 202);
    await expect(process(batch, 4)).rejects.toThrow("the functions' gateway answers 503");
    expect(functions.position()).toBe(0);
    const taken = called.filter(({ body }) => !body.includes('"n":2')).length;
    answer = () => 202;
    await process(batch, 4);
    expect(called).toHaveLength(taken + 1 + (4 - taken));
    expect(functions.position()).toBe(4);
  });

  test('that refuses a message for good has it set aside', async () => {
    answer = ({ body }) => (body.includes('"n":1') ? 413 : 202);
    await process(
      [0, 1, 2].map((position) => of('app', position)),
      3,
    );
    expect(bad).toMatchObject([{ arrival: { position: 1 }, reason: 'the gateway refuses it: 413' }]);
    expect(bodies()).toHaveLength(3);
  });

  test('is called from where it was after a restart', async () => {
    await process([of('app', 0)], 1);
    functions.close();
    await open();
    expect(functions.position()).toBe(1);
  });

  test('is waited for when the gateway is away', async () => {
    gateway.closeAllConnections();
    gateway.close();
    await once(gateway, 'close');
    await expect(process([of('app', 0)], 1)).rejects.toThrow();
    expect(functions.position()).toBe(0);
  });
});
