import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { decodeBlock } from '../modules/block/decoder';
import { readCaptureFile } from '../modules/block/file';
import { parseMachine } from '../modules/config/machine';
import { LinkServer } from './link/link-server';
import { MainPart } from './main-part';
import { Outbox } from './outbox/outbox';

const log = pino({ level: 'silent' });

let directory: string;
let outbox: Outbox;
let link: LinkServer;
let mainPart: MainPart;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-main-part-'));
});

afterEach(async () => {
  await stop();
  await rm(directory, { recursive: true });
});

async function start(text: string): Promise<void> {
  outbox = await Outbox.open({ path: directory });
  const parts = { secret: () => undefined, configuration: () => undefined };
  link = new LinkServer({ directory: outbox, parts, log });
  mainPart = new MainPart({
    main: 'main',
    plan: parseMachine(text),
    outbox,
    link,
    log,
    changed: () => undefined,
  });
  await mainPart.configure(parseMachine(text));
}

async function stop(): Promise<void> {
  await mainPart.close();
  link.close();
  await outbox.close();
}

const capturing = (methods: object[]) => [{ type: 'data_manager', attributes: { capture_methods: methods } }];

function machine(methods: object[], attributes: object = {}, more: object[] = []): string {
  return JSON.stringify({
    components: [
      {
        name: 'one',
        type: 'sensor',
        model: 'fake',
        attributes,
        service_configs: capturing(methods),
      },
      ...more,
    ],
  });
}

const readings = { method: 'Readings', capture_frequency_hz: 100 };

/** Of all complete items. */
async function captured() {
  await mainPart.seal();
  await outbox.complete();
  const values: { requested: number; value: unknown; boot: number; stream: number }[] = [];
  for (const item of outbox.waiting()) {
    const { metadata, blocks } = readCaptureFile((await outbox.read(item))!);
    for (const block of blocks) {
      const decoded = decodeBlock(block.bytes);
      if (!('values' in decoded)) throw new Error(decoded.message);
      for (const { requested, value } of decoded.readings())
        values.push({
          requested: requested + block.mapping.offset,
          value,
          boot: metadata.boot.counter,
          stream: metadata.stream,
        });
    }
  }
  return values;
}

const wait = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const own = () => link.known.get('main')!;

test('captures its own resources on the grid, and accounts for every tick as a part does', async () => {
  await start(machine([readings]));
  const begun = Date.now();
  await wait(1_500);
  const values = await captured();
  const spent = (Date.now() - begun) / 10;
  const first = values[0]!.requested;
  expect(Math.abs(first - begun)).toBeLessThan(500);
  for (const { value } of values) expect(value).toEqual({ a: 1, b: 2, c: 3 });
  await mainPart.close();
  const [status] = [...own().streams.values()];
  const { captured: all, missed, failed, acknowledged, overwritten, discarded, stored } = status!;
  expect(acknowledged + overwritten + discarded + stored).toBe(all);
  expect(failed).toBe(0);
  expect(all + missed).toBeGreaterThanOrEqual(values.length);
  expect(all + missed).toBeGreaterThan(140);
  expect(values.length).toBeLessThanOrEqual(spent + 1);
  const account = outbox.account()[0]!;
  expect(account).toMatchObject({ part: 'main', resource: 'rdk:component:sensor/one', method: 'Readings' });
  expect(account.received.readings).toBe(acknowledged);
});

test('is another boot after a restart, and never uses a stream’s name twice', async () => {
  await start(machine([readings]));
  await wait(300);
  await captured();
  await stop();
  await start(machine([readings]));
  await wait(300);
  const boots = new Set((await captured()).map(({ boot }) => boot));
  expect([...boots].sort()).toEqual([1, 2]);
  expect(own().boot.counter).toBe(2);
  expect(own().losses).toEqual([]);
});

test('follows a change of configuration while it runs: disabled, enabled, other attributes', async () => {
  await start(machine([readings]));
  await wait(200);
  await mainPart.configure(parseMachine(machine([{ ...readings, disabled: true }])));
  const before = (await captured()).length;
  expect(before).toBeGreaterThan(0);
  await wait(300);
  expect((await captured()).length).toBe(before);
  await mainPart.configure(parseMachine(machine([readings], { readings: { d: 4 } })));
  await wait(300);
  expect((await captured()).at(-1)!.value).toEqual({ d: 4 });
});

test('captures nothing while capture_disabled, and then what is not disabled by itself', async () => {
  const other = { name: 'two', type: 'sensor', model: 'fake', service_configs: capturing([readings]) };
  const plan = (capture_disabled: boolean, disabled: boolean) => {
    const services = [{ name: 'dm', type: 'data_manager', attributes: { capture_disabled } }];
    return JSON.stringify({ ...JSON.parse(machine([{ ...readings, disabled }], {}, [other])), services });
  };
  const streams = async () => new Set((await captured()).map(({ stream }) => stream)).size;
  await start(plan(true, false));
  await wait(300);
  expect(await captured()).toEqual([]);
  await mainPart.configure(parseMachine(plan(false, true)));
  await vi.waitFor(async () => expect(await streams()).toBe(1), 10_000);
  await mainPart.configure(parseMachine(plan(true, false)));
  const before = (await captured()).length;
  await wait(300);
  expect((await captured()).length).toBe(before);
  await mainPart.configure(parseMachine(plan(false, false)));
  await vi.waitFor(async () => expect(await streams()).toBe(3), 10_000);
});

test('reports by name what cannot run here, and runs the rest', async () => {
  const toaster = { name: 'two', type: 'sensor', model: 'acme:kitchen:toaster', attributes: {} };
  const wrong = {
    name: 'three',
    type: 'servo',
    model: 'fake',
    attributes: { starting_position_degs: 'far' },
  };
  await start(machine([readings], { colour: 'red' }, [toaster, wrong]));
  expect(mainPart.problems).toMatchObject([
    { severity: 'warning', code: 'unknown-attribute', path: 'components[0].attributes.colour' },
    {
      severity: 'error',
      code: 'unknown-model',
      path: 'components[1].model',
      message: /^two: the model acme:kitchen:toaster cannot run here/,
    },
    {
      severity: 'error',
      code: 'wrong-type',
      path: 'components[2].attributes.starting_position_degs',
    },
  ]);
  expect(mainPart.graph.names()).toEqual(['rdk:component:sensor/one']);
  await wait(200);
  expect((await captured()).length).toBeGreaterThan(5);
});

test('a machine without components of its own is no part', async () => {
  await start(JSON.stringify({ components: [] }));
  await wait(50);
  expect(link.known.size).toBe(0);
});

test('several methods and resources run beside each other, each with its own stream', async () => {
  const board = {
    name: 'b',
    type: 'board',
    model: 'fake',
    attributes: { analogs: [{ name: 'A1', value: 11 }] },
    service_configs: [
      {
        type: 'data_manager',
        attributes: {
          capture_methods: [
            { method: 'Analogs', capture_frequency_hz: 50, additional_params: { reader_name: 'A1' } },
            { method: 'Gpios', capture_frequency_hz: 10, additional_params: { pin_name: '27' } },
          ],
        },
      },
    ],
  };
  await start(machine([readings], {}, [board]));
  await mainPart.graph.call('rdk:component:board/b', 'SetGPIO', { pin: '27', high: true });
  await wait(700);
  const values = await captured();
  const byStream = new Map(values.map((each) => [each.stream, each]));
  expect(byStream.size).toBe(3);
  const last = [...byStream.values()].map(({ value }) => value);
  expect(last).toContainEqual({ a: 1, b: 2, c: 3 });
  expect(last).toContain(11);
  expect(last.some((value) => value === true || value === 1)).toBe(true);
});
