/**
 * Cloud and gateway for real boards: links over TLS from the whole network, the page and the cloud's doors on
 * loopback. Prints how a board of each remote is flashed; the part's secret stands in the configuration and is
 * not repeated.
 */
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { pino } from 'pino';
import { Cloud } from '../../cloud/cloud';
import { buildPage } from '../../dashboard/build';
import { Gateway } from '../../gateway/gateway';
import { openAuthority } from '../../gateway/link/authority';
import { parseMachine } from '../../modules/config/machine';
import { isApplicable } from '../../modules/config/part';
import { lockOnce, namingPort, type Stoppable, stopAll, stopOnSignals } from './lifecycle';

export interface ServeOptions {
  /** Path of the main part's Viam configuration. */
  configuration: string;
  /** The main part's name. */
  name: string;
  directory: string;
  /** The page's port; the three above it are the link's and the cloud's HTTP and MQTT doors. */
  port: number;
  /** Address on which boards are listened to. */
  link: string;
  /** `app_id` of the platform's messages. */
  appId: string;
}

const loopback = '127.0.0.1';

/** Resolves when everything runs; `SIGINT` and `SIGTERM` end it all. */
export async function serve(options: ServeOptions): Promise<void> {
  const { port, name: main, appId } = options;
  const directory = resolve(options.directory);
  const configuration = await readFile(options.configuration, 'utf8');
  const { problems, remotes } = parseMachine(configuration);
  for (const { severity, path, message } of problems)
    console.error(`${options.configuration}: ${severity} at ${path}: ${message}`);
  if (!isApplicable(problems)) throw new Error(`${options.configuration} is not JSON`);
  await mkdir(directory, { recursive: true });
  const address = `http://localhost:${port}/`;
  const started: Stoppable[] = [await lockOnce(directory, address)];
  stopOnSignals(started);
  try {
    const log = pino({ base: null }, pino.destination({ dest: join(directory, 'sluice.log'), sync: true }));
    const page = join(directory, 'page');
    await buildPage(page);
    started.push(
      await namingPort('the cloud', port + 2, () =>
        Cloud.start({ directory: join(directory, 'cloud'), httpPort: port + 2, mqttPort: port + 3, log }),
      ),
    );
    const gatewayDirectory = join(directory, 'gateway');
    started.push(
      await namingPort('the gateway', port, () =>
        Gateway.start({
          configuration,
          main,
          directory: gatewayDirectory,
          link: { host: options.link, port: port + 1, tls: true },
          api: { host: loopback, port },
          cloud: { address: `http://${loopback}:${port + 2}`, appId },
          page,
          log,
        }),
      ),
    );
    console.log(`Sluice runs: open ${address} (Ctrl-C ends it)`);
    const { authority } = await openAuthority(gatewayDirectory);
    const pinned = join(directory, 'authority.hex');
    await writeFile(pinned, Buffer.from(authority.der).toString('hex'));
    for (const { name } of remotes) console.log(boardCommand(name, port + 1, pinned));
  } catch (error) {
    await stopAll(started);
    throw error;
  }
}

/** What flashes the board of a remote. Its secret is for the user to fill in: it is in the configuration. */
function boardCommand(part: string, port: number, pinned: string): string {
  const command = [
    'mcconfig -d -m -p esp32 ssid="YOUR_WIFI" password="YOUR_PASSWORD"',
    `gateway="wss://${hostname()}:${port}" part="${part}" secret="ITS_SECRET" authority="$(cat ${pinned})"`,
  ];
  return `\nTo flash ${part}, in this repository:\n${command.join(' \\\n  ')}`;
}
