/** A gateway whose API asks for a key, and the simulated ESP32 of `npm start` as its remote part, for clients of Viam. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { pino } from 'pino';
import { demonstrationSignals } from '../../cli/compose/signals';
import { SimulatedPart } from '../../cli/compose/simulated-part';
import { Gateway } from '../../gateway/gateway';
import { repository, until } from '../running';

export const key = { id: 'key-of-the-test', payload: 'a-key-of-the-test-only' };
const secret = 'a-secret-of-the-test-only';
const log = pino({ level: process.env.SLUICE_LOG ?? 'silent' });

export interface World {
  gateway: Gateway;
  /** `http://localhost:43210` */
  address: string;
  close(): Promise<void>;
}

/**
 * @param more what the machine's configuration has beside the remote
 * @param cloud address of the cloud that it syncs to; left out: it does not
 */
export async function startWorld(more: object = {}, cloud?: string): Promise<World> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-viam-'));
  const compose = join(repository, 'cli', 'compose');
  const gateway = await Gateway.start({
    configuration: JSON.stringify({
      auth: { handlers: [{ type: 'api-key', config: { [key.id]: key.payload, keys: [key.id] } }] },
      services: [
        {
          name: 'data_manager-1',
          namespace: 'rdk',
          type: 'data_manager',
          attributes: {
            capture_dir: join(directory, 'capture'),
            ...(cloud === undefined ? { sync_disabled: true } : { sync_interval_mins: 0.02 }),
          },
        },
      ],
      remotes: [{ name: 'esp-home', address: 'esp-home.local:80', secret }],
      ...more,
    }),
    main: 'main',
    directory: join(directory, 'gateway'),
    link: { host: '127.0.0.1', port: 0, tls: false },
    api: { host: '127.0.0.1', port: 0 },
    cloud: { address: cloud ?? 'http://127.0.0.1:1', appId: 'test' },
    viam: { host: '127.0.0.1', port: 0 },
    page: directory,
    log,
  });
  const part = new SimulatedPart({
    name: 'esp-home',
    secret,
    gateway: `ws://127.0.0.1:${gateway.linkPort}`,
    directory: join(directory, 'device'),
    configuration: await readFile(join(compose, 'esp-home.json'), 'utf8'),
    chip: 'esp32',
    pins: demonstrationSignals(),
    tell: () => undefined,
    log,
  });
  const close = async () => {
    await part.close();
    await gateway.close();
    await rm(directory, { recursive: true, force: true });
  };
  try {
    await part.start();
    await until(
      () => gateway.resourceNames().some((name) => name.includes('esp-home:')),
      60_000,
      'the part comes',
    );
  } catch (error) {
    await close();
    throw error;
  }
  return { gateway, address: `http://localhost:${gateway.viamPort}`, close };
}
