/** Readings as Viam has them: rebuilt from series, wherever their rows are. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { deserialize, serialize } from 'bson';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dayMilliseconds } from '../stores/time-series/cold-files';
import {
  noon,
  openSeries,
  store,
  type TestSeries,
  temporaryDirectory,
} from '../stores/time-series/test-series';
import type { CapturesQuestion } from './planner';
import { Questions } from './questions';
import type { CapturesAsk } from './task';
import { capturedOfLab, hidden } from './test-captures';

let directory: string;
let opened: TestSeries;
let questions: Questions;

const everybody = () => true;

beforeAll(async () => {
  directory = await temporaryDirectory();
  opened = await openSeries(directory);
  questions = await Questions.open({
    timeSeries: opened.series,
    directory: join(directory, 'questions'),
    now: () => opened.clock.now,
    onProblem: (problem) => opened.problems.push(problem),
    processes: 1,
  });
  await store(opened.series, ...capturedOfLab(), ...hidden());
});

afterAll(async () => {
  await questions.close();
  await opened.series.close();
  await rm(directory, { recursive: true });
});

function documents(bytes: Uint8Array): Record<string, unknown>[] {
  const found: Record<string, unknown>[] = [];
  for (let at = 0; at < bytes.length; ) {
    const length = Buffer.from(bytes.buffer, bytes.byteOffset + at, 4).readInt32LE(0);
    found.push(deserialize(bytes.subarray(at, at + length)));
    at += length;
  }
  return found;
}

async function ask(
  asked: CapturesAsk | CapturesQuestion['ask'],
  more: Partial<CapturesQuestion> = {},
  mayRead: (appId: string) => boolean = everybody,
  most = 1000,
) {
  const question = {
    ...{ appId: 'lab', matches: () => true, mostBytes: 1 << 20 },
    ask: typeof asked === 'function' ? asked : () => asked,
    ...more,
  };
  const answer = await questions.captures(question, mayRead, most);
  return { captures: answer.captures, documents: documents(await buffer(answer.content)) };
}

const rows = { kind: 'rows', order: 'asc', limit: 100 } as const;
const sql = async (text: string) => (await ask({ kind: 'sql', sql: text })).documents;
const mql = async (...pipeline: object[]) =>
  (
    await ask({
      kind: 'mql',
      pipeline: pipeline.map((stage) => Buffer.from(serialize(stage)).toString('base64')),
    })
  ).documents;

const all = [
  [
    'main',
    'rdk:component:movement_sensor',
    'imu',
    'LinearVelocity',
    0,
    { linear_velocity: { x: 1, y: 2, z: 3 } },
  ],
  ['esp', 'rdk:component:board', 'my-esp32', 'Gpios', 0, { high: true }],
  [
    'esp',
    'rdk:component:board',
    'my-esp32',
    'Analogs',
    0,
    { min_range: 0, max_range: 3.3, step_size: 0.0008, value: 10 },
  ],
  [
    'esp',
    'rdk:component:sensor',
    'room',
    'Readings',
    0,
    { readings: { celsius: 21.5, wet: true, of: { x: [1, 2], y: 'text' } } },
  ],
  ['esp', 'rdk:component:motor', 'wheel', 'Position', 0, { position: 1.5 }],
  ['tank', 'rdk:component:sensor', 'tank', 'Readings', 0, { readings: { level: 4, of: { a: 1 } } }],
  ['viam-part', 'rdk:component:arm', 'arm', 'JointPositions', 500, { positions: { values: [3, 1, 2] } }],
  ['esp', 'rdk:component:board', 'my-esp32', 'Gpios', 1000, { high: false }],
  [
    'esp',
    'rdk:component:board',
    'my-esp32',
    'Analogs',
    1000,
    { min_range: 0, max_range: 3.3, step_size: 0.0008, value: 20 },
  ],
  ['esp', 'rdk:component:sensor', 'room', 'Readings', 1000, { readings: { celsius: 22 } }],
  [
    'esp',
    'rdk:component:board',
    'my-esp32',
    'Analogs',
    2000,
    { min_range: 0, max_range: 3.3, step_size: 0.0008, value: 30 },
  ],
];

async function asListed(order: 'asc' | 'desc' = 'asc') {
  const { captures, documents } = await ask({ ...rows, order });
  return documents.map(({ c, t, d }) => {
    const { partId, componentType, componentName, method } = captures[c as number]!;
    return [partId, componentType, componentName, method, (t as number) - noon, JSON.parse(d as string)];
  });
}

// The same in the database and in files.
describe.each(['database', 'files'])('readings in the %s', (place) => {
  beforeAll(async () => {
    if (place === 'database') return;
    opened.clock.now += 2 * dayMilliseconds;
    await opened.series.look(true);
    opened.clock.now = noon;
  });

  test('have the payloads that a viam-server captures, in order of time', async () => {
    expect(await asListed()).toEqual(all);
    expect(await asListed('desc')).toEqual([...all].reverse());
  });

  test('say whose they are', async () => {
    const { captures } = await ask(rows, { matches: ({ method }) => /Analogs|LinearV/.test(method) });
    expect(captures.map(({ payload: _payload, series: _series, key: _key, ...of }) => of)).toEqual([
      {
        ...{ appId: 'lab', devId: 'esp', machine: 'main', partId: 'main', parameters: {}, tags: [] },
        ...{ componentType: 'rdk:component:movement_sensor', componentName: 'imu', remoteName: 'esp:imu' },
        method: 'LinearVelocity',
      },
      {
        ...{
          appId: 'lab',
          devId: 'esp',
          machine: 'main',
          partId: 'esp',
          parameters: { reader_name: 'temp_2' },
        },
        ...{
          componentType: 'rdk:component:board',
          componentName: 'my-esp32',
          method: 'Analogs',
          tags: ['a', 'b'],
        },
      },
    ]);
  });

  test('are counted, and go on where a page ended', async () => {
    expect((await ask({ kind: 'count' })).documents).toEqual([{ count: all.length }]);
    const pages: unknown[] = [];
    let after: { time: number; capture: number } | undefined;
    for (;;) {
      const { documents } = await ask({ ...rows, limit: 3, ...(after && { after }) });
      pages.push(...documents.map(({ d }) => JSON.parse(d as string)));
      if (documents.length < 3) break;
      const { t, c } = documents.at(-1) as { t: number; c: number };
      after = { time: t, capture: c };
    }
    expect(pages).toEqual(all.map((row) => row[5]));
  });

  test('are limited to a span', async () => {
    const { documents } = await ask(rows, { from: noon + 1000, to: noon + 2000 });
    expect(documents).toHaveLength(3);
  });

  test('have a latest of a stream', async () => {
    const { documents } = await ask(
      { kind: 'rows', order: 'desc', limit: 1 },
      { isLatest: true, resource: 'room', matches: ({ componentName }) => componentName === 'room' },
    );
    expect(documents).toEqual([{ c: 0, t: noon + 1000, d: '{"readings":{"celsius":22.0}}' }]);
  });

  test('answer SQL, numbers as numbers', async () => {
    expect(
      await sql(`select part_id, data.value from readings where component_name = 'my-esp32' and method_name = 'Analogs'
        and data.value > 10.5 order by time_received desc`),
    ).toEqual([
      { part_id: 'esp', value: 30 },
      { part_id: 'esp', value: 20 },
    ]);
    expect(
      await sql(`select avg(data.readings.celsius) as mean from readings where part_id = 'esp'`),
    ).toEqual([{ mean: 21.75 }]);
    expect(
      await sql(`select * from readings where component_name = 'room' order by time_received limit 1`),
    ).toEqual([
      {
        ...{
          organization_id: 'lab',
          location_id: 'lab',
          robot_id: 'main',
          robot_name: 'main',
          part_id: 'esp',
        },
        ...{
          part_name: 'esp',
          component_type: 'rdk:component:sensor',
          component_name: 'room',
          method_name: 'Readings',
        },
        ...{
          additional_parameters: {},
          tags: [],
          time_requested: new Date(noon),
          time_received: new Date(noon),
        },
        data: { readings: { celsius: 21.5, wet: true, of: { x: [1, 2], y: 'text' } } },
      },
    ]);
  });

  test('answer an aggregation', async () => {
    expect(
      await mql(
        { $match: { component_name: 'my-esp32', time_received: { $gte: new Date(noon + 1000) } } },
        { $group: { _id: '$method_name', highest: { $max: '$data.value' }, times: { $sum: 1 } } },
        { $sort: { _id: 1 } },
      ),
    ).toEqual([
      { _id: 'Analogs', highest: 30, times: 2 },
      { _id: 'Gpios', highest: null, times: 1 },
    ]);
    expect(
      await mql(
        { $sort: { time_received: -1 } },
        { $limit: 1 },
        { $project: { _id: 0, 'data.value': 1, tags: 1 } },
      ),
    ).toEqual([{ data: { value: 30 }, tags: ['a', 'b'] }]);
  });
});

test.each([
  ['of two statements', 'select 1; select 2', 'sql: is 2 statements, not one'],
  ['that writes', 'create table x (a integer)', 'sql: is no SELECT'],
  ['of another file', "select * from read_csv('/etc/passwd')", 'sql: Permission Error'],
  ['that is none', 'selec * from readings', 'sql: Parser Error: syntax error at or near "selec"'],
  ['that ends too soon', 'select count(', 'sql: Parser Error: syntax error at end of input'],
  ['with a text without an end', "select 'x", 'sql: Parser Error: unterminated quoted string'],
  ['of no member', 'select data.nothing from readings', 'sql: Binder Error'],
])('SQL %s is refused', async (_name, text, message) => {
  await expect(sql(text)).rejects.toMatchObject({ status: 400, message: expect.stringContaining(message) });
});

test.each([
  ['unknown stage', [{ $out: 'x' }], 'mql: stage 0: $out is none of'],
  [
    'stage inside a facet',
    [{ $limit: 1 }, { $facet: { a: [{ $lookup: {} }] } }],
    'mql: stage 1: $facet.a: $lookup is none of',
  ],
  ['stage of two operators', [{ $limit: 1, $skip: 1 }], 'mql: stage 0: has one operator'],
  ['script', [{ $match: { $where: 'true' } }], 'mql: '],
  ['operator that is none', [{ $project: { a: { $nothing: 1 } } }], 'mql: '],
])('an aggregation with an %s is refused', async (_name, pipeline, message) => {
  await expect(mql(...pipeline)).rejects.toMatchObject({
    status: 400,
    message: expect.stringContaining(message),
  });
});

test('of a project that may not be read nothing is told', async () => {
  const { documents, captures } = await ask(rows, { appId: undefined }, (appId) => appId === 'secret');
  expect([captures.map(({ appId }) => appId), documents]).toEqual([
    ['secret'],
    [{ c: 0, t: noon, d: '{"readings":{"level":1.0}}' }],
  ]);
});

test('more rows or bytes than are answered are refused', async () => {
  await expect(ask(rows, {}, everybody, 5)).rejects.toMatchObject({ status: 413 });
  await expect(ask(rows, { mostBytes: 100 })).rejects.toMatchObject({ status: 413 });
});
