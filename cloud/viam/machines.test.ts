/** What a viam-server and a micro-rdk ask of their cloud, played from what they were seen to say. */
import { X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { connect } from 'node:http2';
import { createConnection } from 'node:net';
import { Code, ConnectError } from '@connectrpc/connect';
import { openAuthority } from '@sluice/common/tls';
import { AuthService, DataSyncService, plainOf } from '@sluice/common/viam/messages';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { appRobotService } from './robot-service';
import { type Credentials, TestDoor } from './test-door';

const configuration = {
  components: [
    {
      name: 'b',
      type: 'board',
      model: 'fake',
      attributes: { analogs: [{ name: 'A1', pin: '1' }] },
      frame: { parent: 'world', translation: { x: 1, y: 0, z: 0 }, geometry: { type: 'box' } },
      service_configs: [
        {
          type: 'data_manager',
          attributes: {
            capture_methods: [
              { method: 'Analogs', capture_frequency_hz: 1, additional_params: { reader_name: 'A1' } },
            ],
          },
        },
      ],
    },
  ],
  services: [
    { name: 'dm', type: 'data_manager', attributes: { capture_dir: '/tmp/c', sync_interval_mins: 0.1 } },
  ],
  remotes: [{ name: 'dev', address: '127.0.0.1:1', insecure: true, reconnect_interval: '1m30s' }],
  network: { bind_address: '127.0.0.1:8080' },
  auth: { handlers: [{ type: 'api-key', config: { keys: ['k'], k: 'v' } }] },
  cloud: { id: 'never', secret: 'handed-on' },
};

let door: TestDoor;
let secret: Credentials;

beforeEach(async () => {
  door = await TestDoor.make();
  secret = await door.addMachine('vs-part', configuration);
  await door.addMachine('other', configuration, 'elsewhere');
  await door.start();
});
afterEach(() => door.close());

const codeOf = (call: Promise<unknown>) =>
  call.then(
    () => undefined,
    (error) => ConnectError.from(error).code,
  );

test('a machine fetches its configuration, every time the same', async () => {
  const robot = await door.robot(secret);
  const answer = await robot.config({
    id: 'vs-part',
    agentInfo: { host: 'h', os: 'linux', ips: ['10.0.0.1'] },
  });
  const { config } = plainOf(answer) as { config: Record<string, never> };
  expect(config).toMatchObject({
    cloud: {
      id: 'vs-part',
      fqdn: 'vs-part.lab.local',
      local_fqdn: 'vs-part.lab.local',
      signaling_address: new URL(door.address).host,
      signaling_insecure: true,
      location_secrets: [{ id: expect.any(String), secret: expect.stringMatching(/^.{40,}$/) }],
      secret: '',
    },
    components: [
      {
        name: 'b',
        api: 'rdk:component:board',
        type: 'board',
        namespace: 'rdk',
        model: 'rdk:builtin:fake',
        attributes: configuration.components[0]!.attributes,
        frame: { parent: 'world', translation: { x: 1, y: 0, z: 0 } },
        service_configs: [
          {
            type: 'rdk:service:data_manager',
            attributes: configuration.components[0]!.service_configs[0]!.attributes,
          },
        ],
      },
    ],
    services: [{ name: 'dm', api: 'rdk:service:data_manager', type: 'data_manager' }],
    remotes: [{ name: 'dev', address: '127.0.0.1:1', insecure: true, reconnect_interval: 90_000 }],
    network: { bind_address: '127.0.0.1:8080' },
    auth: { handlers: [{ type: 2, config: { keys: ['k'], k: 'v' } }] },
  });
  expect(plainOf(await robot.config({ id: 'vs-part' }))).toEqual(plainOf(answer));
});

test('another configuration is there within a second, by another revision', async () => {
  const robot = await door.robot(secret);
  const revision = async () => (await robot.config({ id: 'vs-part' })).config.revision as string;
  const before = await revision();
  await door.machines.configure('vs-part', JSON.stringify({ components: [] }));
  await expect.poll(revision, { timeout: 2_000 }).not.toBe(before);
  expect((await robot.config({ id: 'vs-part' })).config.components).toEqual([]);
});

test('a machine is not to restart, and asks again after five seconds', async () => {
  const answer = await (await door.robot(secret)).needsRestart({ id: 'vs-part' });
  expect(plainOf(answer)).toEqual({ id: 'vs-part', must_restart: false, restart_check_interval: 5_000 });
});

test('what a machine logs stands in the log, so much of it as a log may grow', async () => {
  const entry = (message: string, level = 'Warn') => ({ host: 'h', level, loggerName: 'rdk', message });
  const logs = Array.from({ length: 600 }, (_, index) => entry(`m${index} ${'x'.repeat(9_000)}`));
  await (await door.robot(secret)).log({ id: 'vs-part', logs: [entry('hello', 'Info'), ...logs] });
  const told = door.log.filter(({ machine }) => machine === 'vs-part');
  expect(told[0]).toMatchObject({ level: 30, logger: 'rdk', msg: 'hello' });
  expect(told).toHaveLength(500);
  expect(Math.max(...told.map(({ msg }) => String(msg).length))).toBe(4_096);
});

test('gives a machine a certificate by the authority, for its own name alone', async () => {
  const { tlsCertificate, tlsPrivateKey } = await (await door.robot(secret)).certificate({ id: 'vs-part' });
  const certificate = new X509Certificate(tlsCertificate);
  expect(certificate.subjectAltName).toBe('DNS:vs-part.lab.local');
  const { authority } = await openAuthority(`${door.directory}/authority`);
  expect(certificate.verify(new X509Certificate(authority.pem).publicKey)).toBe(true);
  expect(tlsPrivateKey).toContain('PRIVATE KEY');
}, 20_000);

test('a machine waits for callers by WebRTC on streams that are held open', async () => {
  const token = await door.authenticate(secret);
  const session = connect(door.address);
  const stream = session.request({
    ':method': 'POST',
    ':path': '/proto.rpc.webrtc.v1.SignalingService/Answer',
    'content-type': 'application/grpc',
    authorization: `Bearer ${token}`,
    te: 'trailers',
  });
  let ended = false;
  stream.on('close', () => {
    ended = true;
  });
  stream.on('error', () => undefined);
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(ended).toBe(false);
  session.destroy();
});

describe('who shows what is nobody’s is UNAUTHENTICATED', () => {
  test.each<[string, Partial<Credentials>]>([
    ['another secret', { payload: 'sluice_000000000000_0000000000000000000000000000000000000000000' }],
    ['no secret', { payload: '' }],
    ['the secret of another machine', { entity: 'other' }],
    ['a machine that is not there', { entity: 'nowhere' }],
    ['its secret as an API key', { type: 'api-key' }],
  ])('%s', async (_, wrong) => {
    expect(await codeOf(door.authenticate({ ...secret, ...wrong }))).toBe(Code.Unauthenticated);
    expect(door.log).toContainEqual(expect.objectContaining({ msg: 'a door refused', door: 'viam' }));
    expect(JSON.stringify(door.log)).not.toContain(secret.payload);
  });

  test('no token, and one that nobody has signed', async () => {
    for (const token of [undefined, 'x.y', `${Buffer.from('{"sub":"vs-part"}').toString('base64url')}.x`]) {
      const robot = door.client(appRobotService, token);
      expect(await codeOf(robot.config({ id: 'vs-part' }))).toBe(Code.Unauthenticated);
      expect(await codeOf(door.client(DataSyncService, token).dataCaptureUpload({}))).toBe(
        Code.Unauthenticated,
      );
    }
  });

  test('a machine that was removed, with the token it has', async () => {
    const robot = await door.robot(secret);
    await door.machines.remove('vs-part');
    await expect
      .poll(() => codeOf(robot.config({ id: 'vs-part' })), { timeout: 2_000 })
      .toBe(Code.Unauthenticated);
    expect(await codeOf(door.authenticate(secret))).toBe(Code.Unauthenticated);
  });
});

test('of a machine are told itself, its namesake by API key, and the operators of its project', async () => {
  const may: [Credentials, string, Code | undefined][] = [
    [secret, 'vs-part', undefined],
    [secret, 'other', Code.PermissionDenied],
    [secret, 'nowhere', Code.PermissionDenied],
    [await door.addUser('vs-part', 'device'), 'vs-part', undefined],
    [await door.addUser('board', 'device'), 'vs-part', Code.PermissionDenied],
    [await door.addUser('anna', 'operator'), 'vs-part', undefined],
    [await door.addUser('bert', 'operator', ['elsewhere']), 'vs-part', Code.PermissionDenied],
    [await door.addUser('carl', 'viewer'), 'vs-part', Code.PermissionDenied],
  ];
  await new Promise((resolve) => setTimeout(resolve, 600));
  for (const [credentials, id, code] of may) {
    const robot = await door.robot(credentials);
    expect([credentials.entity, id, await codeOf(robot.config({ id }))]).toEqual([
      credentials.entity,
      id,
      code,
    ]);
  }
});

test('an API key is taken by the name of its user and by its id', async () => {
  const { payload } = await door.addUser('anna', 'operator');
  await new Promise((resolve) => setTimeout(resolve, 600));
  for (const entity of ['anna', payload.split('_')[1]!])
    expect(await door.authenticate({ entity, type: 'api-key', payload })).toMatch(/\./);
});

test('the file of machines keeps no secret', async () => {
  const file = await readFile(door.machines.path, 'utf8');
  expect(file).not.toContain(secret.payload);
  expect(door.machines.list()).toMatchObject([
    { id: 'vs-part', project: 'lab', configured: true },
    { id: 'other', project: 'elsewhere', configured: true },
  ]);
});

test('hundreds of machines are connected at once', async () => {
  const { port } = new URL(door.address);
  const sockets = Array.from({ length: 600 }, () => createConnection(Number(port), '127.0.0.1'));
  try {
    await Promise.all(sockets.map((socket) => once(socket, 'connect')));
    expect(await door.authenticate(secret)).toMatch(/\./);
    expect(sockets.filter(({ destroyed, readableEnded }) => destroyed || readableEnded)).toEqual([]);
  } finally {
    for (const socket of sockets) socket.destroy();
  }
});

test('what is not served is UNIMPLEMENTED', async () => {
  const token = await door.authenticate(secret);
  const session = connect(door.address);
  const stream = session.request({
    ':method': 'POST',
    ':path': '/viam.app.agent.v1.AgentDeviceService/DeviceAgentConfig',
    'content-type': 'application/grpc',
    authorization: `Bearer ${token}`,
  });
  const head = await new Promise<Record<string, unknown>>((resolve) => stream.on('response', resolve));
  expect(head).toMatchObject({ 'content-type': 'application/grpc', 'grpc-status': '12' });
  session.destroy();
});

test('refuses a wrong Authenticate that already shows a token', async () => {
  const token = await door.authenticate(secret);
  expect(await codeOf(door.client(AuthService, token).authenticate({ entity: 'x' }))).toBe(
    Code.InvalidArgument,
  );
});
