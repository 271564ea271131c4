/**
 * Cloud and gateway for real boards: links over TLS from the whole network, the page and the cloud's doors on
 * loopback. Prints how a board of each remote is flashed; the part's secret stands in the configuration and is
 * not repeated.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { Cloud } from '@sluice/cloud/cloud';
import { namingPort, runUntilSignal } from '@sluice/common/program';
import { openAuthority } from '@sluice/common/tls';
import { buildPage } from '@sluice/dashboard/build';
import { Gateway } from '@sluice/gateway/gateway';
import { ConfigurationFiles } from '@sluice/gateway/program/configuration-files';
import { pino } from 'pino';
import { parseMachine } from '../../modules/config/machine';

export interface ServeOptions {
  /** Path of the main part's Viam configuration. */
  configuration: string;
  /** The main part's name. */
  name: string;
  directory: string;
  /** The page's port; the three above it are the link's and the cloud's HTTP and MQTT doors. */
  port: number;
  /** Where each board's own configuration lies, as `<part>.json`; what is not there, the board keeps. */
  parts: string;
  /** Address on which boards are listened to. */
  link: string;
  /** IANA name of the zone in which the cloud's days begin. */
  timeZone: string;
  /** `app_id` of the platform's messages. */
  appId: string;
}

const loopback = '127.0.0.1';

/** Resolves when everything runs; `SIGINT` and `SIGTERM` end it all. */
export async function serve(options: ServeOptions): Promise<void> {
  const { port, name: main, appId, timeZone } = options;
  const directory = resolve(options.directory);
  const files = new ConfigurationFiles({
    machine: options.configuration,
    parts: options.parts,
    tell: (severity, message) => console[severity === 'info' ? 'log' : 'error'](message),
  });
  const configuration = files.machine();
  await mkdir(directory, { recursive: true });
  const address = `http://localhost:${port}/`;
  await runUntilSignal({ directory, address }, async (owned) => {
    const log = pino({ base: null }, pino.destination({ dest: join(directory, 'sluice.log'), sync: true }));
    const page = join(directory, 'page');
    await buildPage(page);
    await owned.start('the cloud', () =>
      namingPort(port + 2, () =>
        Cloud.start({
          directory: join(directory, 'cloud'),
          httpPort: port + 2,
          mqttPort: port + 3,
          timeZone,
          log,
        }),
      ),
    );
    const gatewayDirectory = join(directory, 'gateway');
    const gateway = await owned.start('the gateway', () =>
      namingPort(port, () =>
        Gateway.start({
          configuration,
          main,
          directory: gatewayDirectory,
          link: { host: options.link, port: port + 1, tls: true },
          api: { host: loopback, port },
          cloud: { address: `http://${loopback}:${port + 2}`, appId },
          page,
          log,
          partConfiguration: (part) => files.part(part),
        }),
      ),
    );
    await owned.start('the configuration', () => files.follow((text) => gateway.configure(text)));
    console.log(`Sluice runs: open ${address} (Ctrl-C ends it)`);
    const { authority } = await openAuthority(gatewayDirectory);
    const pinned = join(directory, 'authority.hex');
    await writeFile(pinned, Buffer.from(authority.der).toString('hex'));
    for (const { name } of parseMachine(configuration).remotes)
      console.log(boardCommand(name, port + 1, pinned));
  });
}

/** What flashes the board of a remote. Its secret is for the user to fill in: it is in the configuration. */
function boardCommand(part: string, port: number, pinned: string): string {
  const command = [
    'mcconfig -d -m -p esp32 ssid="YOUR_WIFI" password="YOUR_PASSWORD"',
    `gateway="wss://${hostname()}:${port}" part="${part}" secret="ITS_SECRET" authority="$(cat ${pinned})"`,
  ];
  return `\nTo flash ${part}, in this repository:\n${command.join(' \\\n  ')}`;
}
