/**
 * docs/grafana: what Grafana would read is read here, and each question of its dashboards is asked of a real cloud, over
 * TLS with a key, or of a real InfluxDB, with Grafana's variables filled in. No Grafana runs here.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { Cloud } from '../cloud/cloud';
import { UserList, Users } from '../common/access';
import { openAuthority } from '../common/tls';
import { repository } from './running';
import { isMissing, type Server, startInfluxDb } from './servers/servers';

interface Target {
  datasource?: { type: string; uid: string };
  url?: string;
  url_options?: { method: string; params: { key: string; value: string }[] };
  columns?: { selector: string; text: string; type: string }[];
  query?: string;
}
interface Dashboard {
  uid: string;
  templating: {
    list: { name: string; datasource: { uid: string }; query: string | { infinityQuery: Target } }[];
  };
  panels: { title: string; datasource: { uid: string }; targets: Target[]; repeat?: string }[];
}

const folder = join(repository, 'docs', 'grafana');
const textOf = (path: string) => readFile(join(folder, path), 'utf8');
const dashboardOf = async (name: string) => JSON.parse(await textOf(`dashboards/${name}.json`)) as Dashboard;

const part = 'esp-home';
const numbers = ['my-esp32_A1', 'room (°C)'];
const streams = [...numbers, 'door', 'note'];
const count = 120;
const last = Date.now() - 5_000;
const first = last - (count - 1) * 1_000;

let directory: string;
let cloud: Cloud;
let influx: Server | undefined;
let ca: string;
let key: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-grafana-'));
  if (!isMissing('influxd')) influx = await startInfluxDb();
  const identity = await openAuthority(join(directory, 'authority'));
  ca = identity.authority.pem;
  const path = join(directory, 'users.json');
  key = await new UserList(path).add('grafana', 'service', ['sluice']);
  cloud = await Cloud.start({
    directory: join(directory, 'cloud'),
    httpPort: 0,
    mqttPort: 0,
    log: pino({ level: 'silent' }),
    access: {
      host: '127.0.0.1',
      users: new Users({ path, onProblem: () => undefined }),
      tls: { certificate: identity.certificate, key: identity.key },
    },
    ...(influx && { influxdb: { version: 1, url: `http://127.0.0.1:${influx.port}` } }),
  });
  const lines = Array.from({ length: count }, (_, index) =>
    JSON.stringify({
      app_id: 'sluice',
      dev_id: part,
      time: first + index * 1_000,
      payload_fields: {
        'my-esp32_A1': index % 10,
        'room (°C)': 21.5,
        door: index % 2 === 0,
        note: 'a "text"',
      },
    }),
  );
  const stored = await ask('/pipeline', { method: 'POST', body: lines.join('\n') });
  expect(stored.status, stored.body).toBe(200);
  expect(await cloud.caughtUp(30_000)).toBe(true);
}, 120_000);

afterAll(async () => {
  await cloud?.close();
  await influx?.close();
  await rm(directory, { recursive: true, force: true });
});

function ask(path: string, { method = 'GET', body = '', proof = key } = {}) {
  return new Promise<{ status: number; body: string }>((resolve, reject) => {
    const headers = { authorization: `Bearer ${proof}`, 'content-type': 'application/x-ndjson' };
    const options = { host: '127.0.0.1', port: cloud.httpPort, path, method, ca, headers };
    const asking = request(options, (answer) => {
      let text = '';
      answer.on('data', (piece) => {
        text += piece;
      });
      answer.on('end', () => resolve({ status: answer.statusCode!, body: text }));
    });
    asking.on('error', reject).end(body);
  });
}

/** As Grafana does it: `${name}`, `${name:format}`, `$name`. @throws for what it does not have either */
function filledIn(text: string, variables: Record<string, string>): string {
  return text.replace(/\$\{(\w+)(?::(\w+))?\}|\$([A-Za-z_]\w*)/g, (_, braced, format, bare) => {
    const value = variables[braced ?? bare];
    if (value === undefined) throw new Error(`Grafana has no ${braced ?? bare}`);
    return format === 'regex' ? value.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&') : value;
  });
}

const grafanas = {
  __from: String(first - 60_000),
  __to: String(last + 60_000),
  __interval: '10s',
  timeFilter: `time >= ${first - 60_000}ms and time <= ${last + 60_000}ms`,
};

function urlOf({ url, url_options }: Target, variables: Record<string, string>): string {
  const parameters = url_options!.params.map(
    ({ key: name, value }) => `${name}=${encodeURIComponent(filledIn(value, variables))}`,
  );
  return `${url}?${parameters.join('&')}`;
}

describe('the data sources', () => {
  test('are those that the dashboards ask, keys are not in them, and dashboards lie where they are looked for', async () => {
    const { apiVersion, datasources } = parse(await textOf('provisioning/datasources/sluice.yaml'));
    expect(apiVersion).toBe(1);
    expect(datasources.map(({ type, uid }: { type: string; uid: string }) => [type, uid])).toEqual([
      ['yesoreyeram-infinity-datasource', 'sluice'],
      ['influxdb', 'sluice-influxdb'],
    ]);
    const guide = await textOf('README.md');
    for (const { url, secureJsonData } of datasources)
      for (const value of [url, ...Object.values(secureJsonData)] as string[])
        expect(guide, value).toContain(value.replace(/^\$(__file\{(.*)\})?/, '$2'));
    const { providers } = parse(await textOf('provisioning/dashboards/sluice.yaml'));
    expect(providers[0]).toMatchObject({ type: 'file' });
    expect(guide).toContain(`dashboards/sluice.json ${providers[0].options.path}`);
  });

  test('are asked by all panels and variables of the two dashboards, each of one', async () => {
    for (const uid of ['sluice', 'sluice-influxdb']) {
      const { panels, templating, ...dashboard } = await dashboardOf(uid);
      expect(dashboard.uid).toBe(uid);
      expect(panels.length).toBeGreaterThan(2);
      for (const { datasource } of [...panels, ...templating.list]) expect(datasource.uid).toBe(uid);
      for (const { repeat } of panels)
        if (repeat !== undefined) expect(templating.list.map(({ name }) => name)).toContain(repeat);
    }
  });
});

describe('the dashboard over the cloud’s own time series', () => {
  test('is let in by its key alone', async () => {
    expect((await ask('/streams', { proof: 'none' })).status).toBe(401);
  });

  test('offers parts, and the streams of one', async () => {
    const { templating } = await dashboardOf('sluice');
    const offered: Record<string, string[]> = {};
    for (const { name, query } of templating.list) {
      const { infinityQuery } = query as { infinityQuery: Target };
      const { status, body } = await ask(urlOf(infinityQuery, { part }));
      expect(status, body).toBe(200);
      const { selector } = infinityQuery.columns![0]!;
      offered[name] = JSON.parse(body).map((row: Record<string, string>) => row[selector]);
    }
    expect([...new Set(offered.part)]).toEqual([part]);
    expect(offered.stream!.sort()).toEqual([...streams].sort());
  });

  test('asks questions that are answered, with the columns that its panels name', async () => {
    const { panels } = await dashboardOf('sluice');
    for (const stream of numbers)
      for (const { title, targets } of panels)
        for (const target of targets) {
          const asked = urlOf(target, { ...grafanas, part, stream });
          const { status, body } = await ask(asked);
          expect(status, `${title}: ${body}`).toBe(200);
          const rows = JSON.parse(body) as Record<string, unknown>[];
          const { body: header } = rows.length > 0 ? { body: '' } : await ask(`${asked}&format=csv`);
          const names = rows.length > 0 ? rows.flatMap((row) => Object.keys(row)) : header.trim().split(',');
          for (const { selector, type } of target.columns!) {
            // A unit is told where there is one.
            if (selector !== 'unit') expect(names, title).toContain(selector);
            if (type === 'timestamp_epoch' && rows.length > 0)
              expect(typeof rows[0]![selector]).toBe('number');
          }
          if (target.url === '/query') expect(rows.length, title).toBeGreaterThan(0);
        }
  });

  test('draws what came: as many as there are buckets, between the smallest and the largest', async () => {
    const { panels } = await dashboardOf('sluice');
    const plot = panels.find(({ repeat }) => repeat === 'stream')!.targets[0]!;
    const { body } = await ask(urlOf(plot, { ...grafanas, part, stream: numbers[0]! }));
    const rows = JSON.parse(body) as { min: number; mean: number; max: number }[];
    expect(rows.length).toBeLessThanOrEqual(1_000);
    expect(Math.min(...rows.map(({ min }) => min))).toBe(0);
    expect(Math.max(...rows.map(({ max }) => max))).toBe(9);
  });
});

describe.skipIf(isMissing('influxd'))('the dashboard over InfluxDB 1.6', () => {
  const influxQl = async (query: string) => {
    const asked = new URLSearchParams({ db: 'sluice', epoch: 'ms', q: query });
    const answer = await fetch(`http://127.0.0.1:${influx!.port}/query?${asked}`);
    const { results } = (await answer.json()) as {
      results: { error?: string; series?: { columns: string[]; values: unknown[][] }[] }[];
    };
    expect(results[0]!.error, query).toBeUndefined();
    return results[0]!.series ?? [];
  };

  test('offers parts, and the fields of one', async () => {
    const { templating } = await dashboardOf('sluice-influxdb');
    const [parts, fields] = await Promise.all(
      templating.list.map(({ query }) => influxQl(filledIn(query as string, { part }))),
    );
    expect(parts!.flatMap(({ values }) => values.flat())).toEqual([part]);
    expect(fields!.flatMap(({ values }) => values.map(([name]) => name)).sort()).toEqual([...streams].sort());
  });

  test('asks questions that are answered, for fields of every kind', async () => {
    const { panels } = await dashboardOf('sluice-influxdb');
    const plots = panels.filter(({ repeat }) => repeat === 'field');
    expect(plots).toHaveLength(1);
    for (const { title, targets } of panels)
      for (const { query } of targets)
        for (const field of streams) {
          const series = await influxQl(filledIn(query!, { ...grafanas, part, field }));
          if (numbers.includes(field))
            expect(series[0]!.values.length, `${title}: ${field}`).toBeGreaterThan(0);
        }
    const [{ targets }] = plots as [Dashboard['panels'][number]];
    const [series] = await influxQl(
      filledIn(targets[0]!.query!, { ...grafanas, part, field: 'my-esp32_A1', __interval: '10m' }),
    );
    const at = (name: string) => series!.columns.indexOf(`${name}_my-esp32_A1`);
    expect(Math.min(...series!.values.map((row) => row[at('min')] as number))).toBe(0);
    expect(Math.max(...series!.values.map((row) => row[at('max')] as number))).toBe(9);
  });
});
