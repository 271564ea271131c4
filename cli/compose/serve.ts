/**
 * Cloud and gateway for real boards: links over TLS from the whole network, the page and the cloud's doors on
 * loopback. Prints how the board of each remote is flashed; what only its owner knows is asked for by the shell, which
 * does nothing without it, and the secret is read from the configuration.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { Cloud } from '@sluice/cloud/cloud';
import { readConfiguration } from '@sluice/cloud/configuration';
import { openAlerts } from '@sluice/common/alerts';
import {
  type DoorOptions,
  doorAccess,
  followCertificate,
  namingPort,
  runUntilSignal,
} from '@sluice/common/program';
import { openAuthority, ownNames } from '@sluice/common/tls';
import { buildPage } from '@sluice/dashboard/build';
import { answerLines, problemLine } from '@sluice/gateway/configuration-news';
import { Gateway } from '@sluice/gateway/gateway';
import { readMachine } from '@sluice/gateway/machine/machine';
import { ConfigurationFiles } from '@sluice/gateway/program/configuration-files';
import { isLoopback } from '../../proto/loopback';
import { addressesOf, portOffsets } from './addresses';
import { openLogFile } from './log-file';
import { machinesPath } from './machines';

export interface ServeOptions extends DoorOptions {
  /** Path of the main part's Viam configuration. */
  configuration: string;
  /** The main part's name. */
  name: string;
  directory: string;
  /** The page's port; above it: the link, the cloud's HTTP and MQTT doors, Viam's API, the cloud's door for Viam. */
  port: number;
  /** Where each board's own configuration lies, as `<part>.json`; what is not there, the board keeps. */
  parts: string;
  /** Address on which boards are listened to. */
  link: string;
  /** Address on which Viam's clients are listened to. */
  viam: string;
  /** One line of JSON instead of words. */
  json?: boolean;
  /** IANA name of the zone in which the cloud's days begin; default what its configuration says, else UTC. */
  timeZone?: string;
  /** Path of the cloud's configuration. */
  cloud?: string;
  /** Path of what alerts are raised for, and where they go. */
  alerts?: string;
  /** `app_id` of the platform's messages. */
  appId: string;
}

/** Resolves when everything runs; `SIGINT` and `SIGTERM` end it all. */
export async function serve(options: ServeOptions): Promise<void> {
  const { port, name: main, appId, timeZone } = options;
  const directory = resolve(options.directory);
  const ofCloud = options.cloud === undefined ? {} : readConfiguration(options.cloud);
  const files = new ConfigurationFiles({
    machine: options.configuration,
    parts: options.parts,
    tell: (severity, message) => console[severity === 'info' ? 'log' : 'error'](message),
  });
  const configuration = files.machine();
  await mkdir(directory, { recursive: true });
  const logPlace = join(directory, 'sluice.log');
  const logFile = openLogFile(directory);
  const { log } = logFile;
  const gatewayDirectory = join(directory, 'gateway');
  const places = {
    directory,
    authority: gatewayDirectory,
    onProblem: (problem: Error) => log.error({ error: problem.message }, 'doors'),
  };
  const access = await doorAccess(options, places);
  const name = isLoopback(access.host) ? 'localhost' : hostname();
  const viam = isLoopback(options.viam) ? 'http://localhost' : `https://${hostname()}`;
  const addresses = addressesOf(port, {
    doors: { host: name, secure: access.tls !== undefined },
    link: `wss://${hostname()}`,
    viam,
    directory,
  });
  const address = addresses.page;
  await runUntilSignal({ directory, address, cloud: addresses.cloud }, async (owned) => {
    await owned.start('the log', () => logFile);
    const page = join(directory, 'page');
    await buildPage(page);
    const alerts = await owned.start('the alerts', () =>
      openAlerts({ file: options.alerts, source: main, directory, log }),
    );
    const cloud = await owned.start('the cloud', () =>
      namingPort(port + portOffsets.cloud, () =>
        Cloud.start({
          ...ofCloud,
          directory: join(directory, 'cloud'),
          httpPort: port + portOffsets.cloud,
          mqttPort: port + portOffsets.mqtt,
          viam: {
            port: port + portOffsets.viamCloud,
            machines: machinesPath(directory),
            authority: gatewayDirectory,
          },
          access,
          ...(timeZone !== undefined && { timeZone }),
          alerts,
          log,
        }),
      ),
    );
    const key = access.users.keyOfOwn({ name: 'gateway', role: 'device', projects: [appId] });
    const readKey = access.users.keyOfOwn({ name: 'page', role: 'service', projects: [appId] });
    const gateway = await owned.start('the gateway', () =>
      namingPort(port, () =>
        Gateway.start({
          configuration,
          main,
          directory: gatewayDirectory,
          link: { host: options.link, port: port + portOffsets.link, tls: true },
          api: { ...access, port },
          cloud: { address: cloud.innerAddress, appId, key, readKey },
          viam: { host: options.viam, port: port + portOffsets.viam, users: access.users },
          page,
          alerts,
          log,
          logPlace,
          partConfiguration: (part) => files.part(part),
          configured: (part, answer) => {
            for (const line of answerLines(part, answer)) console.error(line);
          },
          problem: (problem) => console.error(problemLine(main, problem)),
        }),
      ),
    );
    await owned.start('the certificate', () =>
      followCertificate(access, options, places, (tls) => {
        cloud.renew(tls);
        gateway.renew(tls);
      }),
    );
    await owned.start('the configuration', () => files.follow((text) => gateway.configure(text)));
    const { authority } = await openAuthority(gatewayDirectory);
    const pinned = join(directory, 'authority.hex');
    await writeFile(pinned, Buffer.from(authority.der).toString('hex'));
    // For browsers and other programs, where a door is served over TLS.
    await writeFile(join(directory, 'authority.pem'), authority.pem);
    if (options.json) {
      console.log(JSON.stringify(addresses));
      return;
    }
    console.log(`Sluice runs: open ${address} (Ctrl-C ends it); what it keeps is in ${directory}`);
    if (name !== 'localhost') console.log(alsoAt(address));
    const { remotes } = readMachine(configuration);
    for (const { name, secret, dial } of remotes)
      if (secret !== '' && !dial)
        console.log(
          boardCommand(name, { configuration: options.configuration, link: addresses.link, pinned }),
        );
  });
}

/** Where the network does not resolve this machine's name, its addresses do; the certificate has them too. */
function alsoAt(address: string): string {
  const { protocol, port, hostname: name } = new URL(address);
  const here = ['localhost', '127.0.0.1', name];
  const others = ownNames().filter((other) => !here.includes(other));
  const addresses = others.map((other) => `${protocol}//${other}:${port}/`);
  return `Where other machines do not know ${name}: ${addresses.join(', ')}`;
}

interface FlashPlaces {
  /** Path of the main part's configuration. */
  configuration: string;
  /** URL that the board dials. */
  link: string;
  /** Path of the authority that it pins. */
  pinned: string;
}

/** What flashes the board of a remote. Where WIFI is not set, the shell refuses it with these words. */
function boardCommand(part: string, { configuration, link, pinned }: FlashPlaces): string {
  const command = [
    `SECRET=$(npx sluice secret ${quoted(configuration)} ${part}) && mcconfig -d -m -p esp32`,
    // biome-ignore lint/suspicious/noTemplateCurlyInString: the shell fills it in
    'ssid="${WIFI:?is the name of your WiFi}" password="${WIFI_PASSWORD?is its password}"',
    `gateway="${link}" part="${part}" secret="$SECRET"`,
    `authority="$(cat ${quoted(pinned)})"`,
  ];
  return `\nTo flash ${part}, in this repository, with WIFI and WIFI_PASSWORD set:\n${command.join(' \\\n  ')}`;
}

/** For a shell. */
function quoted(path: string): string {
  return /^[\w./@:+-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
