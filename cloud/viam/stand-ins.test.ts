/**
 * A viam-server and a micro-rdk, played call by call and field by field from what real ones were seen to say to their
 * cloud: what they call, in which order, with what in it, and what they cannot do without in the answers.
 */
import { connect } from 'node:http2';
import { Any, Timestamp, Value } from '@bufbuild/protobuf';
import { Code, ConnectError } from '@connectrpc/connect';
import { messageOf, plainOf, SensorData } from '@sluice/common/viam/messages';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Credentials, TestDoor } from './test-door';

const capture = (method: string, parameters: object) => ({
  type: 'data_manager',
  attributes: {
    capture_methods: [{ method, capture_frequency_hz: 10, additional_params: parameters }],
  },
});
const configuration = {
  components: [{ name: 's', type: 'sensor', model: 'fake', service_configs: [capture('Readings', {})] }],
  services: [{ name: 'dm', type: 'data_manager', attributes: { sync_interval_mins: 0.1 } }],
  remotes: [
    {
      ...{ name: 'dev', address: '127.0.0.1:8474', insecure: true },
      service_configs: [
        {
          type: 'data_manager',
          attributes: {
            capture_methods: [
              {
                ...{ name: 'rdk:component:board/b', method: 'Analogs', capture_frequency_hz: 10 },
                additional_params: { reader_name: 'A1' },
              },
            ],
          },
        },
      ],
    },
  ],
  network: { bind_address: '127.0.0.1:8080' },
};

let door: TestDoor;
let secret: Credentials;
let apiKey: Credentials;
let anna: Credentials;

beforeEach(async () => {
  door = await TestDoor.make();
  secret = await door.addMachine('vs-part', configuration);
  const { payload } = await door.addUser('vs-part', 'device');
  // A machine's file names the key by its id.
  apiKey = { entity: payload.split('_')[1]!, type: 'api-key', payload };
  anna = await door.addUser('anna', 'viewer');
  await door.start();
});
afterEach(() => door.close());

const begun = Date.now() - 600_000;
const agentInfo = {
  ...{ host: 'shed', os: 'linux', ips: ['10.0.0.1'], version: '0.99.0', gitRevision: 'abc' },
  ...{ platform: 'linux/arm64', platformTags: ['distro:debian'] },
};
const entry = (message: string) => ({
  ...{ host: 'shed', level: 'info', loggerName: 'rdk.builtin', message, stack: '' },
  time: Timestamp.fromDate(new Date(begun)),
  fields: [],
});
const metadata = {
  ...{ partId: 'vs-part', componentType: 'rdk:component:board', componentName: 'b', methodName: 'Analogs' },
  ...{ type: 2, fileExtension: '.dat', tags: ['night'] },
  methodParameters: {
    reader_name: Any.pack(new Value({ kind: { case: 'stringValue', value: 'A1' } })),
  },
};
const reading = (index: number) =>
  (
    messageOf(SensorData as never, {
      metadata: { time_requested: begun + index * 100, time_received: begun + index * 100 + 3 },
      struct: { value: index, min_range: 0, max_range: 3.3, step_size: 0.0008 },
    }) as { toBinary(): Uint8Array }
  ).toBinary();
const values = async () =>
  (await door.rows('vs-part', anna.payload))
    .filter(({ stream }) => stream === 'b_A1_value')
    .map(({ time, value }) => [time, value]);
const captured = (count: number) => Array.from({ length: count }, (_, index) => [begun + index * 100, index]);

/** A call whose answer stays open, as both machines hold two. */
function openStream(token: string) {
  const session = connect(door.address);
  const stream = session.request({
    ...{ ':method': 'POST', ':path': '/proto.rpc.webrtc.v1.SignalingService/Answer', te: 'trailers' },
    ...{ 'content-type': 'application/grpc', authorization: `Bearer ${token}` },
  });
  const state = { isOpen: true };
  for (const event of ['close', 'error', 'response'] as const)
    stream.on(event, () => {
      if (event !== 'response') state.isOpen = false;
    });
  return { state, close: () => session.destroy() };
}

describe.each([
  ['its secret', () => secret],
  ['an API key', () => apiKey],
])('with %s', (_, credentials) => {
  test('a viam-server starts, looks for another configuration, logs, and syncs 465 readings', async () => {
    const token = await door.authenticate(credentials());
    const robot = await door.robot(credentials());
    const ask = async () => (await robot.config({ id: 'vs-part', agentInfo })).config;
    const config = await ask();
    const plain = plainOf(config) as Record<string, never>;
    // Without these it does not start.
    expect(plain.cloud).toMatchObject({
      ...{ id: 'vs-part', signaling_insecure: true, fqdn: expect.stringMatching(/./) },
      ...{ local_fqdn: expect.stringMatching(/./), signaling_address: expect.stringMatching(/:\d+$/) },
      location_secrets: [{ id: expect.stringMatching(/./), secret: expect.stringMatching(/./) }],
    });
    expect(plain.remotes).toMatchObject([
      {
        ...{ name: 'dev', address: '127.0.0.1:8474', insecure: true },
        service_configs: [
          {
            type: 'rdk:service:data_manager',
            attributes: { capture_methods: [{ name: 'rdk:component:board/b', method: 'Analogs' }] },
          },
        ],
      },
    ]);
    expect(plain.services).toMatchObject([{ name: 'dm', type: 'data_manager' }]);
    // Ten seconds later the same has the same revision: it changes nothing.
    expect((await ask()).revision).toBe(config.revision);
    expect(plainOf(await robot.needsRestart({ id: 'vs-part' }))).toEqual({
      ...{ id: 'vs-part', must_restart: false, restart_check_interval: 5_000 },
    });
    await robot.log({ id: 'vs-part', logs: [entry('started')] });
    expect(door.log).toContainEqual(expect.objectContaining({ machine: 'vs-part', msg: 'started' }));
    const streams = [openStream(token), openStream(token)];
    const sync = await door.dataSync(credentials());
    for (let from = 0; from < 465; from += 155) {
      const sensorContents = Array.from({ length: 155 }, (_, index) => reading(from + index));
      const { fileId } = await sync.dataCaptureUpload({ metadata, sensorContents });
      expect(fileId).not.toBe('');
    }
    expect(await values()).toEqual(captured(465));
    expect(streams.map(({ state }) => state.isOpen)).toEqual([true, true]);
    for (const stream of streams) stream.close();
  });

  test('a micro-rdk starts, does without an agent, and uploads in chunks', async () => {
    const token = await door.authenticate(credentials());
    const robot = await door.robot(credentials());
    const { config } = await robot.config({
      id: 'vs-part',
      agentInfo: { host: 'esp32', os: 'esp32', ips: [] },
    });
    const { components, services } = plainOf(config) as unknown as Record<string, object[]>;
    expect(components).toMatchObject([
      {
        ...{ name: 's', api: 'rdk:component:sensor', model: 'rdk:builtin:fake' },
        service_configs: [{ type: 'rdk:service:data_manager' }],
      },
    ]);
    expect(services).toMatchObject([{ type: 'data_manager' }]);
    expect(await agentCode(token)).toBe('12');
    const { id, tlsCertificate, tlsPrivateKey } = await robot.certificate({ id: 'vs-part' });
    expect(id).toBe('vs-part');
    expect(tlsCertificate).toContain('BEGIN CERTIFICATE');
    expect(tlsPrivateKey).toContain('PRIVATE KEY');
    const streams = [openStream(token), openStream(token)];
    // An empty body would be an error to it: it is to be a message.
    expect((await robot.needsRestart({ id: 'vs-part' })).toBinary().length).toBeGreaterThan(0);
    await robot.log({ id: 'vs-part', logs: [entry('hello')] });
    const sync = await door.dataSync(credentials());
    const chunk = Math.max(10, Math.ceil(245 / 10));
    for (let from = 0; from < 245; from += chunk) {
      const length = Math.min(chunk, 245 - from);
      const sensorContents = Array.from({ length }, (_, index) => reading(from + index));
      await sync.dataCaptureUpload({ metadata, sensorContents });
    }
    expect(await values()).toEqual(captured(245));
    expect(streams.map(({ state }) => state.isOpen)).toEqual([true, true]);
    for (const stream of streams) stream.close();
  });

  test('that is wrong, each is UNAUTHENTICATED at its first call', async () => {
    const { payload } = credentials();
    const wrong = { ...credentials(), payload: `${payload.slice(0, -3)}xyz` };
    const code = await door.authenticate(wrong).then(
      () => undefined,
      (error) => ConnectError.from(error).code,
    );
    expect(code).toBe(Code.Unauthenticated);
  });
});

/** gRPC's status of an answer that is nothing but its head. */
async function agentCode(token: string): Promise<unknown> {
  const session = connect(door.address);
  const stream = session.request({
    ...{
      ':method': 'POST',
      ':path': '/viam.app.agent.v1.AgentDeviceService/DeviceAgentConfig',
      te: 'trailers',
    },
    ...{ 'content-type': 'application/grpc', authorization: `Bearer ${token}` },
  });
  stream.end();
  const head = await new Promise<Record<string, unknown>>((resolve) => stream.on('response', resolve));
  session.destroy();
  expect(head['content-type']).toBe('application/grpc');
  return head['grpc-status'];
}
