/** A gateway that knows a secret of every kind, whose peers refuse it or are away: none is ever told to anybody. */
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as viam from '@viamrobotics/sdk';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Gateway } from '../../gateway/gateway';
import { until } from '../running';

const secrets = {
  key: 'b7e1-of-a-client',
  wrongKey: 'c2d4-of-nobody',
  location: 'd9a3-of-the-location',
  viamsCloud: 'e5f6-of-viams-cloud',
  cloud: 'f1b8-of-our-cloud',
  part: 'a4c7-of-a-part',
  machine: 'b3d2-of-a-machine',
  broker: 'c8e9-of-the-broker',
  entry: 'd6f1-of-the-entry',
};
const away = '127.0.0.1:1';

let directory: string;
let refusing: Server;
let gateway: Gateway;
let lines: string[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-credentials-'));
  refusing = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(401).end('{"error": "not you"}'));
  });
  await new Promise<void>((resolve) => refusing.listen(0, '127.0.0.1', resolve));
  const refused = `http://127.0.0.1:${(refusing.address() as AddressInfo).port}`;
  const board = { name: 'pins', type: 'board', model: 'fake', attributes: { analogs: [{ name: 'a' }] } };
  const capture = { method: 'Analogs', capture_frequency_hz: 20, additional_params: { reader_name: 'a' } };
  lines = [];
  gateway = await Gateway.start({
    configuration: JSON.stringify({
      auth: {
        handlers: [
          { type: 'api-key', config: { client: secrets.key, keys: ['client'] } },
          { type: 'robot-location-secret', config: { secret: secrets.location } },
        ],
      },
      cloud: { id: 'main-id', secret: secrets.viamsCloud, app_address: `http://${away}` },
      components: [
        {
          ...board,
          service_configs: [{ type: 'data_manager', attributes: { capture_methods: [capture] } }],
        },
      ],
      services: [
        {
          name: 'dm',
          type: 'data_manager',
          attributes: { capture_dir: join(directory, 'capture'), sync_interval_mins: 0.01 },
        },
      ],
      remotes: [
        { name: 'shed', secret: secrets.part },
        { name: 'far', address: away, dial: true, insecure: true, secret: secrets.machine },
      ],
      destinations: [
        {
          ...{ name: 'broker', type: 'platform-mqtt', address: `mqtt://${away}`, app_id: 'a' },
          ...{ user: 'u', password: secrets.broker },
        },
        { name: 'entry', type: 'platform-http', address: `${refused}/`, app_id: 'a', key: secrets.entry },
      ],
    }),
    main: 'main',
    directory: join(directory, 'gateway'),
    link: { host: '127.0.0.1', port: 0, tls: false },
    api: { host: '127.0.0.1', port: 0 },
    cloud: { address: refused, appId: 'test', key: secrets.cloud },
    viam: { host: '127.0.0.1', port: 0 },
    page: directory,
    log: pino({ level: 'trace' }, { write: (line) => void lines.push(line) }),
  });
});
afterEach(async () => {
  await gateway.close();
  refusing.close();
  await rm(directory, { recursive: true, force: true });
});

async function dial(payload: string): Promise<viam.RobotClient> {
  const robot = new viam.RobotClient();
  const credentials = { type: 'api-key', authEntity: 'client', payload } as const;
  await robot.dial({ host: `http://localhost:${gateway.viamPort}`, noReconnect: true, credentials });
  return robot;
}

test('no credential is in the log, on the page, in what is measured, or in an answer', async () => {
  const told: string[] = [];
  await dial(secrets.wrongKey).catch((error) =>
    told.push(error.message, ...[error.cause].flat().map(String)),
  );
  const robot = await dial(secrets.key);
  const manager = new viam.DataManagerClient(robot, 'dm');
  const failing = () => lines.filter((line) => line.includes('sync failed')).join();
  await until(
    () => ['cloud', 'viam', 'broker', 'entry'].every((name) => failing().includes(`"destination":"${name}"`)),
    30_000,
    'every destination has failed',
  );
  expect(lines.join()).toContain('a Viam machine is away');
  await manager.sync().catch((error) => told.push(String(error)));
  told.push(JSON.stringify(await manager.doCommand(viam.Struct.fromJson({ command: 'account' }))));
  for (const path of ['api/state', 'healthz', 'metrics']) {
    const answer = await fetch(`http://127.0.0.1:${gateway.apiPort}/${path}`);
    const text = await answer.text();
    expect(text).not.toBe('');
    told.push(text);
  }
  // What is wrong with a configuration is told as well.
  gateway.configure(JSON.stringify({ cloud: { id: 'main-id', secret: secrets.viamsCloud, app_address: 7 } }));
  await robot.disconnect();
  expect(told.length).toBeGreaterThan(5);
  for (const [kind, secret] of Object.entries(secrets))
    expect([kind, [...lines, ...told].filter((text) => text.includes(secret))]).toEqual([kind, []]);
}, 60_000);
