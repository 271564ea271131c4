import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cloud } from '@sluice/cloud/cloud';
import { buildPage } from '@sluice/dashboard/build';
import { samplesOf } from '@sluice/dashboard/samples';
import { Gateway } from '@sluice/gateway/gateway';
import type { BlockEvent, HistoryView, StateView } from '@sluice/gateway/page-api/state';
import { TestPart } from '@sluice/gateway/test-part';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';

const log = pino({ level: 'silent' });
const secret = 'a secret of some length';
const values = Array.from({ length: 1000 }, (_, index) => index % 50);

let directory: string;
let cloud: Cloud;
let gateway: Gateway;

/** @param more what the machine's configuration has beside */
function machine(attributes: object, more: object = {}): string {
  return JSON.stringify({
    ...more,
    services: [
      {
        name: 'data_manager',
        type: 'data_manager',
        attributes: { capture_dir: join(directory, 'capture'), sync_interval_mins: 60, ...attributes },
      },
    ],
    remotes: [
      {
        name: 'esp-home',
        address: 'esp-home-main.example.cloud:80',
        secret,
        service_configs: [
          {
            type: 'data_manager',
            attributes: {
              capture_methods: [
                {
                  method: 'Gpios',
                  capture_frequency_hz: 1,
                  name: 'rdk:component:board/my-esp32',
                  additional_params: { pin_name: '27' },
                },
              ],
            },
          },
        ],
      },
    ],
  });
}

async function startCloud(httpPort = 0): Promise<void> {
  cloud = await Cloud.start({ directory: join(directory, 'cloud'), httpPort, mqttPort: 0, log });
}

async function startGateway(attributes: object = {}, more: object = {}): Promise<void> {
  gateway = await Gateway.start({
    configuration: machine(attributes, more),
    main: 'main-part',
    directory: join(directory, 'gateway'),
    link: { host: '127.0.0.1', port: 0, tls: false },
    api: { host: '127.0.0.1', port: 0 },
    cloud: { address: `http://127.0.0.1:${cloud.httpPort}`, appId: 'project' },
    viam: { host: '127.0.0.1', port: 0 },
    page: join(directory, 'page'),
    log,
  });
}

const api = (path: string, init?: RequestInit) => fetch(`http://127.0.0.1:${gateway.apiPort}${path}`, init);
const state = async () => (await (await api('/api/state')).json()) as StateView;
const sync = async () => (await api('/api/sync', { method: 'POST' })).json();
const inCloud = async (app = 'project') => {
  const question = `part=esp-home&stream=my-esp32_A0&app_id=${app}`;
  const rows = await fetch(`http://127.0.0.1:${cloud.httpPort}/query?${question}`);
  // Before anything of it has come, there is no such part.
  return rows.status === 404 ? [] : ((await rows.json()) as { value: number }[]).map(({ value }) => value);
};
const captured = async () => {
  const names = await readdir(join(directory, 'capture'), { recursive: true });
  return names.filter((name) => /\w\.sluice$/.test(name));
};

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-gateway-'));
  await startCloud();
  await startGateway();
});

afterEach(async () => {
  await gateway.close();
  await cloud.close();
  await rm(directory, { recursive: true });
});

describe('readings of a part', () => {
  test('go to the cloud on sync, and are deleted here then', async () => {
    const part = await TestPart.connect('esp-home', secret, gateway.linkPort);
    await part.send(values);
    await sync();
    expect(await inCloud()).toEqual(values);
    expect(await captured()).toEqual([]);
    const [view] = (await state()).parts;
    expect(view!.streams[0]!.gateway).toEqual({
      received: 1000,
      uploaded: 1000,
      setAside: 0,
      deleted: 0,
      stored: 0,
    });
    part.close();
  });

  test('wait here while the cloud is away, and reach it once when it is back', async () => {
    const part = await TestPart.connect('esp-home', secret, gateway.linkPort);
    const port = cloud.httpPort;
    await cloud.close();
    await part.send(values);
    expect(await sync()).toMatchObject({ failures: 1 });
    const away = await state();
    expect(away.sync.lastError).toContain('not reached');
    expect(away.parts[0]!.streams[0]!.gateway).toMatchObject({ received: 1000, uploaded: 0, stored: 1000 });
    await startCloud(port);
    await vi.waitFor(async () => expect((await state()).sync.failures).toBe(0), 10_000);
    expect(await inCloud()).toEqual(values);
    part.close();
  });

  test('survive a restart of the gateway', async () => {
    const part = await TestPart.connect('esp-home', secret, gateway.linkPort);
    await part.send(values);
    await gateway.close();
    part.close();
    await startGateway();
    await sync();
    expect(await inCloud()).toEqual(values);
  });

  test('are shown from the cloud when the gateway has started again', async () => {
    const part = await TestPart.connect('esp-home', secret, gateway.linkPort);
    await part.send(values);
    await sync();
    part.close();
    await gateway.close();
    await startGateway();
    const history = async () => (await (await api('/api/history?part=esp-home')).json()) as HistoryView;
    const { series, spacing } = await history();
    const [shown] = series;
    expect(series).toHaveLength(1);
    expect(shown!.stream).toBe((await state()).parts[0]!.streams[0]!.key);
    // Ten seconds at 100 Hz; the first bucket may begin before the first reading.
    expect([shown!.times.length, spacing]).toEqual([expect.toBeOneOf([10, 11]), 1_000]);
    expect([Math.min(...shown!.low), Math.max(...shown!.high)]).toEqual([0, 49]);
    expect((await api('/api/history?part=nobody')).status).toBe(502);
    await cloud.close();
    const gone = await api('/api/history?part=esp-home');
    // Within ten seconds the same answer serves all.
    expect(gone.status).toBe(200);
    await startCloud();
  });

  test('stay here with sync_disabled, and a change of configuration lets them go', async () => {
    await gateway.close();
    await startGateway({ sync_disabled: true });
    const part = await TestPart.connect('esp-home', secret, gateway.linkPort);
    await part.send(values);
    expect((await state()).sync).toMatchObject({ disabled: true });
    gateway.configure(machine({ sync_interval_mins: 0.001 }));
    await vi.waitFor(async () => expect(await inCloud()).toEqual(values), 10_000);
    part.close();
  });
});

test('go to every destination that is configured, each with its own account', async () => {
  await gateway.close();
  const entry = { name: 'platform', type: 'platform-http', app_id: 'other', lines: true };
  const away = { name: 'away', type: 'platform-mqtt', app_id: 'other', address: 'mqtt://127.0.0.1:1' };
  const address = `http://127.0.0.1:${cloud.httpPort}/pipeline`;
  await startGateway({}, { destinations: [{ ...entry, address }, away] });
  const part = await TestPart.connect('esp-home', secret, gateway.linkPort);
  await part.send(values);
  expect(await sync()).toMatchObject({ lastError: expect.stringContaining('not reached') });
  expect(await inCloud()).toEqual(values);
  await cloud.caughtUp(10_000);
  expect(await inCloud('other')).toEqual(values);
  // What one destination has not got yet stays.
  expect(await captured()).toHaveLength(1);
  part.close();
});

test('files of additional paths go once the selective syncer lets them, as the configuration has both', async () => {
  const folder = join(directory, 'data/tag=night');
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'flight.log'), 'a flight');
  await utimes(join(folder, 'flight.log'), 1_700_000_000, 1_700_000_000);
  const withSensor = (should_sync: boolean) => {
    const syncing = { sync_interval_mins: 0.002, selective_syncer_name: 'gate' };
    const additional_sync_paths = [join(directory, 'data')];
    const plan = JSON.parse(machine({ ...syncing, additional_sync_paths }));
    plan.components = [
      { name: 'gate', type: 'sensor', model: 'fake', attributes: { readings: { should_sync } } },
    ];
    return JSON.stringify(plan);
  };
  gateway.configure(withSensor(false));
  await vi.waitFor(async () => expect((await state()).files.waiting).toBe(1), 10_000);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(await readdir(folder)).toEqual(['flight.log']);
  gateway.configure(withSensor(true));
  await vi.waitFor(async () => expect(await readdir(folder)).toEqual([]), 10_000);
  const objects = join(directory, 'cloud/objects/project/main-part/2023-11-14');
  const names = (await readdir(objects)).sort();
  const [description, content] = await Promise.all(
    names.map((name) => readFile(join(objects, name), 'utf8')),
  );
  expect(JSON.parse(description!)).toMatchObject({ fileName: 'tag=night/flight.log', tags: ['night'] });
  expect(content).toBe('a flight');
});

test('another capture directory while everything runs takes nothing twice, and misses nothing', async () => {
  const attributes = { sync_disabled: true };
  const withSensor = (more: object) => {
    const plan = JSON.parse(machine({ ...attributes, ...more }));
    const methods = [{ method: 'Readings', capture_frequency_hz: 50 }];
    const service_configs = [{ type: 'data_manager', attributes: { capture_methods: methods } }];
    plan.components = [
      { name: 'steady', type: 'sensor', model: 'fake', attributes: { readings: { a: 1 } }, service_configs },
    ];
    return JSON.stringify(plan);
  };
  const other = join(directory, 'other');
  gateway.configure(withSensor({}));
  const part = await TestPart.connect('esp-home', secret, gateway.linkPort);
  await part.send(values);
  const own = async () => (await state()).parts.find(({ name }) => name === 'main-part')?.streams[0]?.device;
  await vi.waitFor(async () => expect((await own())?.captured).toBeGreaterThan(20), 10_000);
  gateway.configure(withSensor({ capture_dir: other }));
  await vi.waitFor(async () => expect(await readdir(other)).toContain('.sluice'), 10_000);
  // The session before ended; what it had delivered is known in the other directory.
  const isAway = async () => !(await state()).parts.find(({ name }) => name === 'esp-home')!.connected;
  await vi.waitFor(async () => expect(await isAway()).toBe(true), 10_000);
  let again: TestPart | undefined;
  // While the directories change, parts are told to come back.
  for (let attempt = 0; again === undefined && attempt < 20; attempt++)
    again = await Promise.race([
      TestPart.connect('esp-home', secret, gateway.linkPort),
      new Promise<undefined>((resolve) => setTimeout(resolve, 500)),
    ]);
  await again!.send(values);
  again!.close();
  const { captured } = (await own())!;
  await vi.waitFor(async () => expect((await own())!.captured).toBeGreaterThan(captured + 20), 10_000);
  await sync();
  expect(await inCloud()).toEqual(values);
  const { missed } = (await own())!;
  const rows = await fetch(
    `http://127.0.0.1:${cloud.httpPort}/query?part=main-part&stream=steady_Readings_a`,
  );
  const times = ((await rows.json()) as { time: number }[]).map(({ time }) => time);
  // Two of each may be late.
  const ticks = (times.at(-1)! - times[0]!) / 20 + 1;
  expect(times.length).toBeLessThanOrEqual(ticks + 2);
  expect(times.length + missed).toBeGreaterThanOrEqual(ticks - 2);
  part.close();
});

describe('a part', () => {
  test('gets what the main adds for it, and no secret with it', async () => {
    const part = await TestPart.connect('esp-home-main', secret, gateway.linkPort);
    const configuration = () => part.part.received.find((envelope) => envelope.configuration)?.configuration;
    await part.part.until(() => configuration() !== undefined);
    expect(configuration()!.additions).toContain('Gpios');
    expect(JSON.stringify(configuration())).not.toContain(secret);
    part.close();
  });

  test('with a wrong secret is refused, and counted', async () => {
    await expect(TestPart.connect('esp-home', 'wrong', gateway.linkPort)).rejects.toThrow('refused');
    expect(await (await api('/metrics')).text()).toMatch(/sluice_link_refusals_total\{code="[a-z-]+"\} 1/);
  });

  test('disturbs nobody, whatever its details are', async () => {
    const part = await TestPart.connect('esp-home', secret, gateway.linkPort);
    for (const details of ['{"streams":[null,5]}', '{"heap":{"used":"<b>"},"streams":{}}', '7', '{']) {
      part.part.send({ status: { monotonic: 1, details } });
      await part.send([1, 2, 3]);
      expect((await api('/api/state')).status).toBe(200);
      expect((await api('/metrics')).status).toBe(200);
    }
    part.close();
  });

  test('shows its status and its ring', async () => {
    const part = await TestPart.connect('esp-home', secret, gateway.linkPort);
    await part.send(values);
    const details = {
      uptime: 5000,
      streams: [{ number: 0, bytes: 300, quota: 10_000 }],
    };
    const streams = [{ stream: 0, captured: 1200, acknowledged: 1000, stored: 200 }];
    part.part.send({ status: { monotonic: 1, streams, details: JSON.stringify(details) } });
    await vi.waitFor(async () =>
      expect((await state()).parts).toMatchObject([
        {
          name: 'esp-home',
          connected: true,
          uptime: 5000,
          streams: [
            {
              device: { captured: 1200, acknowledged: 1000, stored: 200 },
              ring: { bytes: 300, quota: 10_000 },
            },
          ],
        },
      ]),
    );
    part.close();
  });
});

describe('the API', () => {
  test('sends the blocks of the recent past and then those that come', async () => {
    const part = await TestPart.connect('esp-home', secret, gateway.linkPort);
    await part.send(values.slice(0, 500));
    const abort = new AbortController();
    const response = await api('/api/events', { signal: abort.signal });
    const seen: number[] = [];
    const reading = (async () => {
      let text = '';
      for await (const chunk of response.body!) {
        text += Buffer.from(chunk).toString();
        const events = text.split('\n\n');
        text = events.pop()!;
        for (const event of events.filter((event) => event.startsWith('event: blocks'))) {
          const blocks = JSON.parse(event.slice(event.indexOf('data: ') + 6)) as BlockEvent[];
          seen.push(...blocks.flatMap(samplesOf).flatMap(({ values }) => values));
        }
        if (seen.length >= 1000) break;
      }
    })();
    await part.send(values.slice(500));
    await reading;
    abort.abort();
    expect(seen).toEqual(values);
    part.close();
  });

  test('serves the page with everything it needs', async () => {
    await buildPage(join(directory, 'page'));
    const page = await (await api('/')).text();
    const needed = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, path]) => path!);
    expect(needed).toContain('page.js');
    for (const path of needed) expect((await api(`/${path}`)).status).toBe(200);
  });

  test('refuses what a foreign web page sends', async () => {
    const headers = { origin: 'http://elsewhere.example' };
    expect((await api('/api/sync', { method: 'POST', headers })).status).toBe(403);
  });

  test('knows no simulation of a real part', async () => {
    expect((await api('/api/simulation/esp-home/reboot', { method: 'POST' })).status).toBe(404);
  });

  test('is healthy', async () => {
    const health = await api('/healthz');
    expect(health.status).toBe(200);
    expect(await health.json()).toMatchObject({
      checks: {
        outbox: { status: 'ok' },
        sync: { status: 'ok' },
        parts: { configured: 1, connected: 0 },
      },
    });
  });
});

test('a second gateway on the same capture directory is refused', async () => {
  await expect(startGateway()).rejects.toThrow('in use');
});

test('a link without TLS serves loopback only', async () => {
  const open = Gateway.start({
    configuration: machine({}),
    main: 'm',
    directory,
    link: { host: '0.0.0.0', port: 0, tls: false },
    api: { host: '127.0.0.1', port: 0 },
    cloud: { address: 'http://127.0.0.1:1', appId: 'a' },
    viam: { host: '127.0.0.1', port: 0 },
    page: directory,
    log,
  });
  await expect(open).rejects.toThrow('loopback only');
});

test('the rules for Prometheus name figures that are printed, each with a label that it has', async () => {
  const part = await TestPart.connect('esp-home', secret, gateway.linkPort);
  await part.send(values.slice(0, 10));
  const printed = (
    await Promise.all([
      api('/metrics').then((response) => response.text()),
      fetch(`http://127.0.0.1:${cloud.httpPort}/metrics`).then((response) => response.text()),
    ])
  ).join('\n');
  const rules = await readFile(join(import.meta.dirname, '../../docs/prometheus-rules.yml'), 'utf8');
  const expressions = [...rules.matchAll(/^ +expr: (.*)$/gm)].map(([, expression]) => expression!);
  expect(expressions.length).toBeGreaterThan(10);
  const used = expressions.flatMap((expression) => expression.match(/sluice_\w+(\{[^}]*\})?/g) ?? []);
  for (const selector of used) {
    const [name] = selector.split('{');
    expect(printed, selector).toContain(`\n# TYPE ${name} `);
    if (selector !== name) expect(printed).toContain(`\n${selector} `);
  }
  part.close();
});

test('a rule for Prometheus that tells a value tells the one that it is about, which is the first', async () => {
  const text = await readFile(join(import.meta.dirname, '../../docs/prometheus-rules.yml'), 'utf8');
  const rules = [...text.matchAll(/expr: (.*)\n(?:.*\n)*?\s+summary: "(.*)"/g)];
  expect(rules).toHaveLength([...text.matchAll(/- alert:/g)].length);
  for (const [, expression, summary] of rules) {
    if (!summary!.includes('$value')) continue;
    const [first] = expression!.split(/ (?:and|or|unless) /);
    // What equals a number is that number.
    expect(first).not.toContain('==');
    if (summary!.includes('humanizeDuration')) expect(first).toContain('_seconds');
  }
});
