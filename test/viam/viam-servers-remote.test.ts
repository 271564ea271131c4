/** A gateway as a viam-server's remote, for hours: also while it starts again, and while a part of it is away. */
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { boardApi, commonApi } from '@viamrobotics/sdk';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { Gateway } from '../../gateway/gateway';
import { linkPath, linkProtocol } from '../../gateway/link/listener';
import { ReferencePart } from '../../gateway/link/reference-part';
import type { link } from '../../proto/link.js';
import { until } from '../running';
import { ok, PlayedViamServer, unavailable } from './viam-server';

const secret = 'a-secret-of-the-test-only';
/** Lists of resources in one of its hours, at one every 10 s. */
const listsAnHour = 360;
const names = [
  'rdk:component:board/esp-home:my-esp32',
  'rdk:component:board/pins',
  'rdk:component:sensor/room',
  'rdk:service:data_manager/data-manager-of-it',
];

let directory: string;
let gateway: Gateway;
let ports: { viam: number; link: number; api: number };
let server: PlayedViamServer;

async function startGateway(): Promise<void> {
  gateway = await Gateway.start({
    configuration: JSON.stringify({
      components: [
        { name: 'pins', type: 'board', model: 'fake', attributes: { analogs: [{ name: 'a', value: 7 }] } },
        { name: 'room', type: 'sensor', model: 'fake', attributes: { readings: { celsius: 21.5 } } },
      ],
      services: [
        {
          name: 'data-manager-of-it',
          type: 'data_manager',
          attributes: { capture_dir: join(directory, 'capture'), sync_disabled: true },
        },
      ],
      remotes: [{ name: 'esp-home', address: 'esp-home.local:80', secret }],
    }),
    main: 'main',
    directory: join(directory, 'gateway'),
    link: { host: '127.0.0.1', port: ports.link, tls: false },
    api: { host: '127.0.0.1', port: ports.api },
    cloud: { address: 'http://127.0.0.1:1', appId: 'test' },
    viam: { host: '127.0.0.1', port: ports.viam },
    page: directory,
    log: pino({ level: 'silent' }),
  });
  ports = { viam: gateway.viamPort, link: gateway.linkPort, api: gateway.apiPort };
}

function answerTo({ method }: link.ICall): link.IAnswer {
  if (method === 'ResourceNames')
    return { result: JSON.stringify({ resources: ['rdk:component:board/my-esp32'] }) };
  if (method === 'ReadAnalogReader') return { result: JSON.stringify({ value: 1_234 }) };
  return { code: 'unknown-method', message: 'not played' };
}

/** The ESP32, played. @returns what ends it */
async function startPart(): Promise<() => void> {
  const socket = new WebSocket(`ws://127.0.0.1:${ports.link}${linkPath}`, linkProtocol);
  const part = new ReferencePart({
    part: 'esp-home',
    secret,
    boot: { counter: 1, random: 2 },
    send: (bytes) => socket.send(bytes),
    onCall: answerTo,
  });
  socket.on('message', (data: Buffer) => part.receive(data));
  socket.on('error', () => undefined);
  await once(socket, 'open');
  part.hello();
  await part.until(() => part.open);
  return () => socket.terminate();
}

const isHere = (name: string) => gateway.resourceNames().includes(name);

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-remote-'));
  ports = { viam: 0, link: 0, api: 0 };
  await startGateway();
  server = new PlayedViamServer(ports.viam);
});
afterEach(async () => {
  server.close();
  await gateway.close();
  await rm(directory, { recursive: true, force: true });
});

/** Ten seconds of it: the resources are listed, then each is read. */
async function tenSeconds(partIs: 'here' | 'away'): Promise<void> {
  expect(await server.list()).toEqual(names);
  const { code, message } = await server.readAnalog('pins', 'a');
  expect(code).toBe(ok);
  expect(boardApi.ReadAnalogReaderResponse.fromBinary(message).value).toBe(7);
  expect((await server.getGpio('pins', '4')).code).toBe(ok);
  const { readings } = commonApi.GetReadingsResponse.fromBinary((await server.getReadings('room')).message);
  expect(readings.celsius!.toJson()).toBe(21.5);
  const remote = await server.readAnalog('esp-home:my-esp32', 'A1');
  expect(remote.code).toBe(partIs === 'here' ? ok : unavailable);
  if (partIs === 'here')
    expect(boardApi.ReadAnalogReaderResponse.fromBinary(remote.message).value).toBe(1_234);
}

test('serves a viam-server for hours, is found again when it starts anew, and says while a part is away', async () => {
  let endPart = await startPart();
  await until(() => isHere(names[0]!), 20_000, 'the part has come');
  for (let list = 0; list < listsAnHour; list++) await tenSeconds('here');
  expect([server.dials, server.lost]).toEqual([1, 0]);
  expect(server.services.sort()).toEqual([
    'viam.component.board.v1.BoardService',
    'viam.component.sensor.v1.SensorService',
    'viam.service.datamanager.v1.DataManagerService',
  ]);

  endPart();
  await until(
    () => !gateway.state().parts.some(({ connected, name }) => connected && name === 'esp-home'),
    20_000,
    'it is away',
  );
  for (let list = 0; list < listsAnHour / 2; list++) await tenSeconds('away');
  endPart = await startPart();
  await tenSeconds('here');
  expect([server.dials, server.lost]).toEqual([1, 0]);

  await gateway.close();
  endPart();
  await expect(server.list()).rejects.toThrow();
  await expect(server.list()).rejects.toThrow();
  await startGateway();
  endPart = await startPart();
  await until(() => isHere(names[0]!), 20_000, 'the part has come');
  await until(
    () =>
      server.list().then(
        (seen) => seen.length === names.length,
        () => false,
      ),
    20_000,
    'it is found again',
  );
  expect(server.refused).toBeUndefined();
  for (let list = 0; list < listsAnHour / 2; list++) await tenSeconds('here');
  endPart();
}, 240_000);
