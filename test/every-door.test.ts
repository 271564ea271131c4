/**
 * The table "Door by door" of docs/reference/access.md, tried: every door, every role, of the project and of another one.
 * `lab` is private, and there is something in it that is told to nobody else.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Server } from 'node:net';
import { join } from 'node:path';
import process from 'node:process';
import type { ServiceType } from '@bufbuild/protobuf';
import { BSON } from 'mongodb';
import { connectAsync, type MqttClient } from 'mqtt';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { dataService } from '../cloud/viam/data';
import { DataService } from '../cloud/viam/data/messages';
import { servedDataSync } from '../cloud/viam/data-sync/service';
import { appRobotService, servedAppRobot } from '../cloud/viam/robot-service';
import { type Client, type Credentials, TestDoor } from '../cloud/viam/test-door';
import { type Right, type Role, rightsOf, Users } from '../common/access';
import { DataSyncService, messageOf, SensorData } from '../common/viam/messages';
import { type ApiOptions, openApi } from '../gateway/page-api/server';
import { repository } from './running';

/** Of gRPC. */
const [permissionDenied, unauthenticated] = [7, 16];

interface Door {
  at: string;
  /** `POST /pipeline`, `PUBLISH live/{app}/d`, `DataCaptureUpload` */
  door: string;
  right: Right | 'nothing';
  scope: 'its own' | 'shown to it' | '–';
}

const doors = readFileSync(join(repository, 'docs/reference/access.md'), 'utf8')
  .split('\n')
  .flatMap((line): Door[] => {
    const [at = '', what = '', right, scope] = line.replace(/^\| | \|$/g, '').split(' | ');
    if (!['cloud', 'page', 'MQTT', 'Viam'].includes(at)) return [];
    return [...what.matchAll(/`([^`]+)`/g)].map(([, door]) => ({ at, door: door!, right, scope }) as Door);
  });
const doorsAt = (at: string) => doors.filter((door) => door.at === at);

interface Rogue {
  who: string;
  /** undefined: whatever it shows is nobody's. */
  role?: Role;
  project?: 'lab' | 'elsewhere';
}
const own: Rogue[] = (['device', 'service', 'viewer', 'operator'] as const).map((role) => ({
  ...{ who: `the ${role}`, role, project: 'lab' as const },
}));
const everybody: Rogue[] = [
  ...['nobody', 'a wrong key', 'a revoked key'].map((who) => ({ who })),
  ...own.map(({ role }) => ({
    who: `the ${role} of another project`,
    role: role!,
    project: 'elsewhere' as const,
  })),
  ...own,
];

const may = ({ right }: Door, { role }: Rogue) =>
  right === 'nothing' || (role !== undefined && rightsOf[role].includes(right));
const isStranger = ({ scope }: Door, { project }: Rogue) => scope !== '–' && project !== 'lab';

const part = 'hidden-7f';
const secret = 'told_to_nobody';
const isTold = (text: string) =>
  text.includes(secret) || text.includes('app_id="lab"') || text.includes(`"dev_id":"${part}"`);
const contents = Buffer.from(secret);
const sha256 = createHash('sha256').update(contents).digest('hex');
const file = '0f0e7a52-6a5f-4d5e-8d5b-0c9f6f8a1b2c';
const today = new Date().toISOString().slice(0, 10);

let cloud: TestDoor;
let machine: Credentials;
let page: Awaited<ReturnType<typeof openApi>>;
/** That listen for the cloud and the page. */
let servers: Server[];
const credentials = new Map<string, Credentials | undefined>();
const keyOf = ({ who }: Rogue) => credentials.get(who)?.payload;

const message = (field: string) =>
  JSON.stringify({ app_id: 'lab', dev_id: part, time: Date.now(), payload_fields: { [field]: 1 } });
const description = (name: string) =>
  JSON.stringify({
    ...{ type: 'binary', size: contents.length, captured: Date.now() },
    metadata: {
      ...{ part, owner: 'part', resource: 'rdk:component:camera/cam', method: 'GetImages', parameters: {} },
      ...{ extension: '.jpeg', tags: [secret], name },
    },
  });

beforeAll(async () => {
  cloud = await TestDoor.make();
  machine = await cloud.addMachine('vs-part', { components: [] });
  for (const { who, role, project } of everybody)
    if (role !== undefined) credentials.set(who, await cloud.addUser(`${role}-${project}`, role, [project!]));
  const revoked = await cloud.addUser('revoked', 'operator');
  await cloud.users.revoke('revoked');
  credentials.set('a revoked key', revoked);
  const wrong = `${revoked.payload.slice(0, -3)}xyz`;
  credentials.set('a wrong key', { entity: 'operator-lab', type: 'api-key', payload: wrong });
  await cloud.users.setPrivate('lab', true);
  const listening = vi.spyOn(Server.prototype, 'listen');
  await cloud.start();
  page = await openApi({
    access: {
      host: '127.0.0.1',
      users: new Users({ path: cloud.users.path, onProblem: () => undefined }),
    },
    port: 0,
    page: join(repository, 'dashboard'),
    state: () => ({}),
    feed: { serve: (response: { end(): void }) => response.end() },
    history: async () => ({}),
    sync: async () => ({}),
    health: async () => ({ status: 'ok' }),
    metrics: { contentType: 'text/plain', text: async () => '' },
  } as unknown as ApiOptions);
  servers = [...new Set(listening.mock.contexts as Server[])];
  listening.mockRestore();
}, 60_000);
// Operators delete: what others are not told of is there again.
beforeEach(async () => {
  const { payload } = credentials.get('the operator')!;
  expect(await request('POST /pipeline', payload, { body: message(secret) })).toMatchObject({ status: 200 });
  await request('POST /files/{app}/{main}/{name}', payload);
  await request('PUT /files/{app}/{main}/{name}', payload);
  expect((await request('GET /files/{app}/{part}/{name}', payload)).text).toBe(secret);
  expect(await cloud.cloud.caughtUp(20_000)).toBe(true);
}, 60_000);
afterAll(async () => {
  await page?.close();
  await cloud?.close();
});

const queries: Record<string, string> = {
  'GET /query': `?part=${part}&from=0`,
  'GET /gaps': `?part=${part}&from=0`,
  'GET /sql': `?sql=${encodeURIComponent('select * from readings')}`,
  'POST /query': '?q=CREATE+DATABASE+x',
  'POST /write': '?db=lab',
  'POST /api/v2/write': '?bucket=lab',
  'PUT /files/{app}/{main}/{name}': `?offset=0&sha256=${sha256}`,
};
const bodies: Record<string, BodyInit> = {
  'POST /pipeline': message('x'),
  'POST /pipeline/{app}/{device}': message('x'),
  'POST /write': `${part} x=1`,
  'POST /api/v2/write': `${part} x=1`,
  'POST /sql': 'select * from readings',
  'POST /files/{app}/{main}/{name}': description(file),
  'PUT /files/{app}/{main}/{name}': contents,
  'POST /blocks/{app}/{main}': 'no blocks',
};
/** Of the door's own words. */
const places: Record<string, string> = {
  ...{ app: 'lab', device: part, part, main: 'main', name: file, date: today, stage: 'none' },
};

async function request(door: string, key: string | undefined, init: RequestInit = {}, at = 'cloud') {
  const [method, path = ''] = door.split(' ');
  const { port } = page.server.address() as { port: number };
  const base = `http://127.0.0.1:${at === 'page' ? port : cloud.cloud.httpPort}`;
  const named = path.replace(/\{(\w+)\}/g, (_, name: string) => places[name]!);
  const body = at === 'cloud' ? bodies[door] : undefined;
  const answer = await fetch(`${base}${named}${(at === 'cloud' && queries[door]) || ''}`, {
    method: method!,
    redirect: 'manual',
    ...(body !== undefined && { body }),
    ...init,
    headers: { ...init.headers, ...(key && { authorization: `Bearer ${key}` }) },
  });
  return { status: answer.status, text: await answer.text() };
}

test('a connection that cannot be accepted ends no door', async () => {
  // HTTP, MQTT and Viam's of the cloud, and the page.
  expect(servers).toHaveLength(4);
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  for (const server of servers)
    for (let time = 0; time < 2; time++) server.emit('error', new Error('accept ENFILE'));
  expect(warned).toHaveBeenCalledTimes(4);
  warned.mockRestore();
  const { payload } = credentials.get('the operator')!;
  for (const at of ['page', 'cloud'])
    expect((await request('GET /healthz', payload, {}, at)).status).toBe(200);
});

describe('every door has its row:', () => {
  test('of the cloud over HTTP', async () => {
    const key = credentials.get('the operator')!.payload;
    const { paths } = JSON.parse((await request('GET /openapi.json', key)).text) as {
      paths: Record<string, object>;
    };
    const there = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    expect(
      doorsAt('cloud')
        .map(({ door }) => door)
        .sort(),
    ).toEqual([...there, 'GET /openapi.json'].sort());
  });

  test('of the page', () => {
    const isThere = (door: string) => {
      const [method, url] = door.split(' ') as ['GET', string];
      return page.hasRoute({ method, url });
    };
    const rows = doorsAt('page').map(({ door }) => door);
    expect(rows.filter((door) => !isThere(door))).toEqual([]);
    const tree = page.printRoutes({ commonPrefix: false });
    const methods = [...tree.matchAll(/\(([A-Z, ]+)\)/g)].flatMap(([, list]) => list!.split(', '));
    expect(rows).toHaveLength(methods.filter((method) => method !== 'HEAD').length);
  });

  test('of Viam’s', () => {
    const none = undefined as never;
    const served = [
      dataService({ objects: none, questions: none } as never),
      servedDataSync({} as never),
      servedAppRobot({ machines: none, log: none }),
    ];
    const there = served.flatMap(({ service, implementation }) =>
      Object.keys(implementation).map((local) => service.methods[local]!.name),
    );
    expect(
      doorsAt('Viam')
        .map(({ door }) => door)
        .sort(),
    ).toEqual(there.sort());
  });
});

describe.each(['cloud', 'page'])('over HTTP, at the doors of the %s,', (at) => {
  test.each(everybody)('$who gets what it may', { timeout: 120_000 }, async (rogue) => {
    let told = 0;
    for (const door of doorsAt(at)) {
      const { status, text } = await request(door.door, keyOf(rogue), {}, at);
      const seen = { door: door.door, status };
      // The login itself says 401 to a name and a key that do not go together.
      const isRefused = (status === 401 || status === 403) && door.right !== 'nothing';
      if (!may(door, rogue)) {
        expect(seen).toEqual({ door: door.door, status: rogue.role === undefined ? 401 : 403 });
        expect(JSON.parse(text).error).toBeTruthy();
      } else if (!isStranger(door, rogue))
        expect({ ...seen, isRefused }).toEqual({ ...seen, isRefused: false });
      else if (door.scope === 'its own') expect(seen).toEqual({ door: door.door, status: 403 });
      if (isTold(text)) told++;
      if (rogue.project !== 'lab') expect([door.door, isTold(text)]).toEqual([door.door, false]);
    }
    // What is looked for is there to be found.
    if (at === 'cloud' && rogue.project === 'lab' && rightsOf[rogue.role!].includes('read'))
      expect(told).toBeGreaterThan(5);
  });

  test('a foreign web page gets nothing', async () => {
    const headers = { origin: 'http://elsewhere.example' };
    const key = credentials.get('the service')!.payload;
    for (const { door } of doorsAt(at))
      expect([door, (await request(door, key, { headers }, at)).status]).toEqual([door, 403]);
  });
});

describe('over MQTT', () => {
  const connect = (key: string | undefined) =>
    connectAsync(`mqtt://127.0.0.1:${cloud.cloud.mqttPort}`, {
      reconnectPeriod: 0,
      ...(key !== undefined && { username: '', password: key }),
    });
  const topicOf = ({ door }: Door, appId: string) => door.split(' ')[1]!.replace('{app}', appId);
  const publish = doorsAt('MQTT').filter(({ door }) => door.startsWith('PUBLISH'));
  const subscribe = doorsAt('MQTT').filter(({ door }) => door.startsWith('SUBSCRIBE'));
  const payloadOf = (topic: string) =>
    topic.startsWith('pipeline/') ? message('x').replaceAll(part, 'd') : secret;
  const closed = (client: MqttClient) =>
    new Promise<'closed'>((resolve) => client.once('close', () => resolve('closed')));

  test.each(everybody)('$who gets what it may', { timeout: 60_000 }, async (rogue) => {
    if (rogue.role === undefined)
      return void (await expect(connect(keyOf(rogue))).rejects.toThrow('Not authorized'));
    for (const door of publish) {
      const client = await connect(keyOf(rogue));
      const ended = closed(client);
      const topic = topicOf(door, 'lab');
      const taken = client.publishAsync(topic, payloadOf(topic), { qos: 1 }).then(() => 'taken');
      const became = await Promise.race([taken.catch(() => 'closed'), ended]);
      expect([topic, became]).toEqual([
        topic,
        may(door, rogue) && !isStranger(door, rogue) ? 'taken' : 'closed',
      ]);
      await client.endAsync(true);
    }
    const heard: string[] = [];
    const client = await connect(keyOf(rogue));
    client.on('message', (topic) => void heard.push(topic));
    const topics = [...subscribe.map((door) => topicOf(door, 'lab')), 'common/end'];
    const granted = await client.subscribeAsync(topics, { qos: 1 }).catch(() => []);
    const others = await connect(credentials.get('the device')!.payload);
    const common = await connect(cloudKey);
    for (const topic of topics.slice(0, -1)) await others.publishAsync(topic, payloadOf(topic), { qos: 1 });
    await common.publishAsync('common/end', 'x', { qos: 1 });
    const mayHear = may(subscribe[0]!, rogue);
    if (mayHear) await expect.poll(() => heard.at(-1), { timeout: 10_000 }).toBe('common/end');
    else expect(granted.every(({ qos }) => qos === 128)).toBe(true);
    const shown = mayHear && rogue.project === 'lab' ? topics.slice(0, -1) : [];
    expect(heard.filter((topic) => topic !== 'common/end').sort()).toEqual(shown.sort());
    for (const each of [client, others, common]) await each.endAsync(true);
  });

  let cloudKey: string;
  beforeAll(async () => {
    cloudKey = (await cloud.addUser('common', 'device', ['common'])).payload;
    await new Promise((resolve) => setTimeout(resolve, 600));
  });
});

describe('at Viam’s door', () => {
  const id = () => `lab/${part}/${file}`;
  const metadata = (type: number) => ({
    ...{
      partId: 'vs-part',
      componentType: 'rdk:component:sensor',
      componentName: 's',
      methodName: 'Readings',
    },
    ...{ type, fileName: 'x' },
  });
  const reading = () =>
    (
      messageOf(SensorData as never, { metadata: { time_requested: Date.now() }, struct: { x: 1 } }) as {
        toBinary(): Uint8Array;
      }
    ).toBinary();
  async function* packets(of: object): AsyncGenerator<object> {
    yield { uploadPacket: { case: 'metadata', value: of } };
  }
  const corners = { xMinNormalized: 0, yMinNormalized: 0, xMaxNormalized: 1, yMaxNormalized: 1 };
  const source = {
    partId: part,
    resourceName: part,
    resourceSubtype: 'rdk:component:sensor',
    methodName: 'Readings',
  };
  const ids = () => ({ binaryDataIds: [id()] });
  const filter = { organizationIds: ['lab'] };
  const requests: Record<string, () => object> = {
    DataCaptureUpload: () => ({ metadata: metadata(2), sensorContents: [reading()] }),
    StreamingDataCaptureUpload: () => packets({ uploadMetadata: metadata(1) }),
    FileUpload: () => packets(metadata(3)),
    TabularDataBySQL: () => ({ organizationId: 'lab', sqlQuery: 'select * from readings' }),
    TabularDataByMQL: () => ({ organizationId: 'lab', mqlBinary: [BSON.serialize({ $match: {} })] }),
    ExportTabularData: () => source,
    GetLatestTabularData: () => source,
    BinaryDataByIDs: ids,
    DeleteTabularData: () => ({ organizationId: 'lab', deleteOlderThanDays: 0 }),
    DeleteBinaryDataByFilter: () => ({ filter }),
    DeleteBinaryDataByIDs: ids,
    AddTagsToBinaryDataByIDs: () => ({ ...ids(), tags: ['x'] }),
    AddTagsToBinaryDataByFilter: () => ({ filter, tags: ['x'] }),
    RemoveTagsFromBinaryDataByIDs: () => ({ ...ids(), tags: [secret] }),
    RemoveTagsFromBinaryDataByFilter: () => ({ filter, tags: [secret] }),
    AddBinaryDataToDatasetByIDs: () => ({ ...ids(), datasetId: 'x' }),
    RemoveBinaryDataFromDatasetByIDs: () => ({ ...ids(), datasetId: 'x' }),
    AddBoundingBoxToImageByID: () => ({ binaryDataId: id(), label: 'x', ...corners }),
    UpdateBoundingBox: () => ({ binaryDataId: id(), bboxId: 'x' }),
    RemoveBoundingBoxFromImageByID: () => ({ binaryDataId: id(), bboxId: 'x' }),
    ...Object.fromEntries(
      ['Config', 'Certificate', 'Log', 'NeedsRestart'].map((name) => [name, () => ({ id: 'vs-part' })]),
    ),
  };

  /** A client is a connection. */
  const clients = new Map<string, Client>();

  async function call(name: string, token: string | undefined): Promise<{ code?: number; text: string }> {
    const has = (service: ServiceType) =>
      Object.values(service.methods).find((method) => method.name === name);
    const service = [DataSyncService, DataService, appRobotService].find(has)!;
    const local = Object.entries(service.methods).find(([, method]) => method.name === name)![0];
    const key = `${token} ${service.typeName}`;
    const client = clients.get(key) ?? cloud.client(service as ServiceType, token);
    clients.set(key, client);
    try {
      const answer = client[local](requests[name]?.() ?? {});
      const all: object[] = [];
      if (answer instanceof Promise) all.push(await answer);
      else for await (const each of answer) all.push(each);
      // Documents are BSON, contents are bytes: both are looked through as they are.
      const bytes = all
        .flatMap((each) => Object.values(each))
        .flat(2)
        .filter((each) => each instanceof Uint8Array);
      return { text: JSON.stringify(all) + Buffer.concat(bytes as Uint8Array[]).toString('latin1') };
    } catch (error) {
      return { code: (error as { code: number }).code, text: '' };
    }
  }

  const isOfMachines = ({ door }: Door) => door in appRobotMethods;
  const appRobotMethods = Object.fromEntries(
    Object.values(appRobotService.methods).map(({ name }) => [name, true]),
  );

  test.each(everybody)('$who gets what it may', { timeout: 120_000 }, async (rogue) => {
    const shown = credentials.get(rogue.who);
    let token: string | undefined;
    if (rogue.role === undefined && shown !== undefined)
      await expect(cloud.authenticate(shown)).rejects.toMatchObject({ code: unauthenticated });
    else if (shown !== undefined) token = await cloud.authenticate(shown);
    let told = 0;
    for (const door of doorsAt('Viam')) {
      const { code, text } = await call(door.door, token);
      const seen = { door: door.door, code };
      if (token === undefined) expect(seen).toEqual({ ...seen, code: unauthenticated });
      else if (!may(door, rogue)) expect(seen).toEqual({ ...seen, code: permissionDenied });
      else if (!isStranger(door, rogue)) expect([unauthenticated, permissionDenied]).not.toContain(code);
      if (isTold(text)) told++;
      if (rogue.project !== 'lab') expect([door.door, isTold(text)]).toEqual([door.door, false]);
    }
    if (rogue.who === 'the viewer') expect(told).toBeGreaterThan(3);
  });

  test('a machine by its secret hands over its own, is told of itself, and reads nothing', async () => {
    const token = await cloud.authenticate(machine);
    for (const door of doorsAt('Viam')) {
      const { code } = await call(door.door, token);
      const isGranted = isOfMachines(door) || door.right === 'write';
      expect([door.door, code === permissionDenied]).toEqual([door.door, !isGranted]);
    }
  });
});

test('the figures have the traffic of every door', async () => {
  const { text } = await request('GET /metrics', credentials.get('the viewer')!.payload);
  for (const door of ['mqtt', 'topics', 'http', 'influxdb', 'blocks', 'files', 'viam'])
    expect(text).toMatch(
      new RegExp(`^sluice_cloud_door_bytes_total\\{door="${door}",app_id="lab"\\} [1-9]`, 'm'),
    );
});
