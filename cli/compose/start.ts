/**
 * Cloud, gateway and one simulated ESP32, started in this order and stopped in the other. Everything is kept in one
 * directory; the gateway's secret for the part is drawn at the first start.
 */
import { randomBytes } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Cloud } from '@sluice/cloud/cloud';
import { limitedTo } from '@sluice/cloud/configuration';
import { openAlerts } from '@sluice/common/alerts';
import { namingPort, runUntilSignal } from '@sluice/common/program';
import { madeOnce } from '@sluice/common/storage';
import { buildPage } from '@sluice/dashboard/build';
import { Gateway } from '@sluice/gateway/gateway';
import type { BoardName } from '@sluice/host-sim/manifest/boards';
import { addressesOf, portOffsets } from './addresses';
import { diskBytes } from './disk-bytes';
import { openLogFile } from './log-file';
import { machinesPath } from './machines';
import { SimulatedPart } from './simulated-part';
import { simulationExtension } from './simulation-extension';
import { planSimulation } from './simulation-files';

export interface StartOptions {
  /** The page's port; above it: the link, the cloud's HTTP and MQTT doors, Viam's API, the cloud's door for Viam. */
  port: number;
  directory: string;
  /** One line of JSON instead of words. */
  json?: boolean;
  /** Results and errors only. */
  quiet?: boolean;
  /** One's own configurations and signals, instead of the demonstration's. */
  config?: string;
  main?: string;
  /** Path of what alerts are raised for, and where they go. */
  alerts?: string;
  pin: readonly string[];
  /** Of the simulated board. */
  chip: BoardName;
}

const host = '127.0.0.1';
const appId = 'sluice';
const main = 'main';

/** Resolves when everything runs and its address is printed; `SIGINT` and `SIGTERM` end it all. */
export async function startAll(options: StartOptions): Promise<void> {
  const { port, directory: given, json, quiet } = options;
  const directory = resolve(given);
  await mkdir(directory, { recursive: true });
  const addresses = addressesOf(port, {
    doors: { host: 'localhost', secure: false },
    link: `ws://${host}`,
    viam: 'http://localhost',
    directory,
  });
  const address = addresses.page;
  await runUntilSignal({ directory, address, cloud: addresses.cloud }, async (owned) => {
    const { log } = await owned.start('the log', () => openLogFile(directory));
    const plan = await planSimulation(options, { directory, drawn: await secretOf(directory) });
    if (!quiet) for (const note of plan.notes) tell(note);
    const alerts = await owned.start('the alerts', () =>
      openAlerts({ file: options.alerts, source: main, directory, log }),
    );
    await owned.start('the cloud', () =>
      namingPort(port + portOffsets.cloud, () =>
        Cloud.start({
          ...limitedTo(diskBytes.cloud),
          liveInterval: 1_000,
          directory: join(directory, 'cloud'),
          httpPort: port + portOffsets.cloud,
          mqttPort: port + portOffsets.mqtt,
          alerts,
          viam: { port: port + portOffsets.viamCloud, machines: machinesPath(directory) },
          log,
        }),
      ),
    );
    const page = join(directory, 'page');
    await buildPage(page);
    let gateway: Gateway | undefined;
    const part = new SimulatedPart({
      name: plan.part,
      secret: plan.secret,
      gateway: addresses.link,
      chip: options.chip,
      directory: join(directory, deviceOf(options.chip)),
      configuration: plan.configuration,
      pins: plan.pins,
      restart: async () => gateway?.restartPart(plan.part),
      log: log.child({ in: plan.part }),
      tell,
    });
    gateway = await owned.start('the gateway', () =>
      namingPort(port, async () =>
        Gateway.start({
          configuration: plan.machine,
          main,
          directory: join(directory, 'gateway'),
          link: { host, port: port + portOffsets.link, tls: false },
          api: { host, port },
          cloud: { address: `http://${host}:${port + portOffsets.cloud}`, appId },
          viam: { host, port: port + portOffsets.viam },
          page,
          captureLimit: diskBytes.capture,
          alerts,
          log,
          logPlace: join(directory, 'sluice.log'),
          extension: simulationExtension(new Map([[plan.part, part]])),
        }),
      ),
    );
    if (!quiet)
      tell(
        `compiling and starting the simulated ${options.chip.toUpperCase()} ${plan.part}: a few seconds, the first time some twenty`,
      );
    await owned.start('the simulated ESP32', () => startPart(part));
    console.log(
      json
        ? JSON.stringify(addresses)
        : `Sluice runs: open ${address} (Ctrl-C ends it); what it keeps is in ${directory}`,
    );
  });
}

/** Each chip has a flash of its own. */
function deviceOf(chip: BoardName): string {
  return chip === 'esp32' ? 'device' : `device-${chip}`;
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

/** Beside the address, which alone goes to the standard output. */
function tell(message: string): void {
  console.error(`sluice: ${message}`);
}

function secretOf(directory: string): Promise<string> {
  return madeOnce(join(directory, 'secret'), () => randomBytes(24).toString('base64url'));
}
