/** Two gateways of ours, one the other's remote: dialled, read, and captured like its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as viam from '@viamrobotics/sdk';
import { pino } from 'pino';
import { afterEach, expect, test } from 'vitest';
import { Gateway } from '../../gateway/gateway';
import { until } from '../running';

const log = pino({ level: 'silent' });
const running: { close(): Promise<void> }[] = [];
const directories: string[] = [];

afterEach(async () => {
  for (const each of running.splice(0).reverse()) await each.close();
  for (const directory of directories.splice(0)) await rm(directory, { recursive: true, force: true });
});

async function start(main: string, configuration: Record<string, unknown>, viamPort = 0): Promise<Gateway> {
  const directory = await mkdtemp(join(tmpdir(), `sluice-${main}-`));
  directories.push(directory);
  const services = [
    {
      name: `data-manager-of-${main}`,
      namespace: 'rdk',
      type: 'data_manager',
      attributes: { capture_dir: join(directory, 'capture'), sync_disabled: true },
    },
  ];
  const gateway = await Gateway.start({
    configuration: JSON.stringify({ services, ...configuration }),
    main,
    directory: join(directory, 'gateway'),
    link: { host: '127.0.0.1', port: 0, tls: false },
    api: { host: '127.0.0.1', port: 0 },
    cloud: { address: 'http://127.0.0.1:1', appId: 'test' },
    viam: { host: '127.0.0.1', port: viamPort },
    page: directory,
    log,
  });
  running.push(gateway);
  return gateway;
}

const far = {
  components: [
    {
      name: 'b',
      namespace: 'rdk',
      type: 'board',
      model: 'fake',
      attributes: { analogs: [{ name: 'a', pin: '1' }] },
    },
  ],
};

const near = (port: number) => ({
  remotes: [
    {
      name: 'far',
      address: `127.0.0.1:${port}`,
      insecure: true,
      dial: true,
      service_configs: [
        {
          type: 'data_manager',
          attributes: {
            capture_methods: [
              {
                method: 'Analogs',
                capture_frequency_hz: 50,
                name: 'rdk:component:board/b',
                additional_params: { reader_name: 'a' },
              },
            ],
          },
        },
      ],
    },
  ],
});

test('a gateway is read and captured through another, also after it was away', async () => {
  const there = await start('there', far);
  const port = there.viamPort;
  const here = await start('here', near(port));
  await until(
    () => here.resourceNames().includes('rdk:component:board/far:b'),
    20_000,
    'the board of the other',
  );
  const robot = new viam.RobotClient();
  const credentials = { type: 'api-key', authEntity: 'any', payload: 'any' } as const;
  await robot.dial({ host: `http://localhost:${here.viamPort}`, noReconnect: true, credentials });
  const board = new viam.BoardClient(robot, 'far:b');
  expect(Number.isInteger((await board.readAnalogReader('a')).value)).toBe(true);

  const captured = () => {
    const streams = here.state().parts.find(({ name }) => name === 'here')?.streams ?? [];
    return streams.reduce((sum, stream) => sum + (stream.gateway?.received ?? 0), 0);
  };
  await until(() => captured() > 50, 30_000, 'its readings are captured here');

  running.splice(running.indexOf(there), 1);
  await there.close();
  await expect(board.readAnalogReader('a')).rejects.toMatchObject({ code: 14 });
  const before = captured();
  await start('there', far, port);
  await until(() => captured() > before + 50, 40_000, 'its readings go on');
  await robot.disconnect();
}, 120_000);
