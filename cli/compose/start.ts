/**
 * Cloud, gateway and one simulated ESP32, started in this order and stopped in the other. Everything is kept in one
 * directory; the gateway's secret for the part is drawn at the first start.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Cloud } from '@sluice/cloud/cloud';
import { namingPort, runUntilSignal } from '@sluice/common/program';
import { madeOnce } from '@sluice/common/storage';
import { buildPage } from '@sluice/dashboard/build';
import { Gateway } from '@sluice/gateway/gateway';
import { pino } from 'pino';
import { addressesOf, portOffsets } from './addresses';
import { SimulatedPart } from './simulated-part';
import { simulationExtension } from './simulation-extension';

export interface StartOptions {
  /** The page's port; the four above it are the link's, the cloud's HTTP and MQTT doors, and Viam's API. */
  port: number;
  directory: string;
  /** One line of JSON instead of words. */
  json?: boolean;
}

const host = '127.0.0.1';
const appId = 'sluice';
const main = 'main';
export const partName = 'esp-home';

/** Resolves when everything runs and its address is printed; `SIGINT` and `SIGTERM` end it all. */
export async function startAll({ port, directory: given, json }: StartOptions): Promise<void> {
  const directory = resolve(given);
  await mkdir(directory, { recursive: true });
  const addresses = addressesOf(port, {
    doors: { host: 'localhost', secure: false },
    link: `ws://${host}`,
    viam: 'http://localhost',
    directory,
  });
  const address = addresses.page;
  await runUntilSignal({ directory, address }, async (owned) => {
    const log = pino({ base: null }, pino.destination({ dest: join(directory, 'sluice.log'), sync: true }));
    const secret = await secretOf(directory);
    await owned.start('the cloud', () =>
      namingPort(port + portOffsets.cloud, () =>
        Cloud.start({
          directory: join(directory, 'cloud'),
          httpPort: port + portOffsets.cloud,
          mqttPort: port + portOffsets.mqtt,
          log,
        }),
      ),
    );
    const page = join(directory, 'page');
    await buildPage(page);
    const part = new SimulatedPart({
      name: partName,
      secret,
      gateway: addresses.link,
      directory: join(directory, 'device'),
      configuration: await readFile(join(import.meta.dirname, 'esp-home.json'), 'utf8'),
      log: log.child({ in: partName }),
    });
    await owned.start('the gateway', () =>
      namingPort(port, async () =>
        Gateway.start({
          configuration: await machine(directory, secret),
          main,
          directory: join(directory, 'gateway'),
          link: { host, port: port + portOffsets.link, tls: false },
          api: { host, port },
          cloud: { address: `http://${host}:${port + portOffsets.cloud}`, appId },
          viam: { host, port: port + portOffsets.viam },
          page,
          log,
          extension: simulationExtension(new Map([[partName, part]])),
        }),
      ),
    );
    const patience = setTimeout(
      () => console.error('Sluice builds its simulated ESP32: the first start takes a while'),
      3000,
    );
    await owned.start('the simulated ESP32', () => startPart(part)).finally(() => clearTimeout(patience));
    console.log(json ? JSON.stringify(addresses) : `Sluice runs: open ${address} (Ctrl-C ends it)`);
  });
}

async function startPart(part: SimulatedPart): Promise<SimulatedPart> {
  try {
    await part.start();
  } catch (error) {
    await part.close();
    throw error;
  }
  return part;
}

/** The example configuration, with this machine's secret and directory. */
async function machine(directory: string, secret: string): Promise<string> {
  const configuration = JSON.parse(await readFile(join(import.meta.dirname, 'main.json'), 'utf8'));
  configuration.services[0].attributes.capture_dir = join(directory, 'capture');
  configuration.remotes[0].secret = secret;
  return JSON.stringify(configuration);
}

function secretOf(directory: string): Promise<string> {
  return madeOnce(join(directory, 'secret'), () => randomBytes(24).toString('base64url'));
}
