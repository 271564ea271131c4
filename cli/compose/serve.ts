/**
 * Cloud and gateway for real boards: links over TLS from the whole network, the page and the cloud's doors on
 * loopback. Prints how a board of each remote is flashed; the part's secret stands in the configuration and is
 * not repeated.
 */
import { existsSync, readFileSync, watch } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { Cloud } from '@sluice/cloud/cloud';
import { openAuthority } from '@sluice/common/tls';
import { buildPage } from '@sluice/dashboard/build';
import { Gateway } from '@sluice/gateway/gateway';
import { pino } from 'pino';
import { parseMachine } from '../../modules/config/machine';
import { isApplicable } from '../../modules/config/part';
import type { Problem } from '../../modules/config/problems';
import { lockOnce, namingPort, type Stoppable, stopAll, stopOnSignals } from './lifecycle';

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
  const configuration = await readFile(options.configuration, 'utf8');
  const { problems, remotes } = parseMachine(configuration);
  if (!reportProblems(options.configuration, problems))
    throw new Error(`${options.configuration} is not JSON`);
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
    const gateway = await namingPort('the gateway', port, () =>
      Gateway.start({
        configuration,
        main,
        directory: gatewayDirectory,
        link: { host: options.link, port: port + 1, tls: true },
        api: { host: loopback, port },
        cloud: { address: `http://${loopback}:${port + 2}`, appId },
        page,
        log,
        partConfiguration: (part) => partConfiguration(options.parts, part),
      }),
    );
    started.push(gateway, applyChanges(options, gateway));
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

/** A part's name comes from a proved session, and still names no other folder. */
function partConfiguration(parts: string, part: string): string | undefined {
  if (!/^[\w-][\w.-]*$/.test(part)) return undefined;
  const path = join(parts, `${part}.json`);
  return existsSync(path) ? readFileSync(path, 'utf8') : undefined;
}

/** Edited files take effect without a restart. Editors save in several steps, so a moment's rest is waited for. */
function applyChanges({ configuration, parts }: ServeOptions, gateway: Gateway): Stoppable {
  let timer: NodeJS.Timeout | undefined;
  const apply = () => {
    try {
      const text = readFileSync(configuration, 'utf8');
      const usable = reportProblems(configuration, parseMachine(text).problems);
      if (usable) gateway.configure(text);
      console.log(usable ? 'configuration applied' : 'the configuration before goes on');
    } catch (error) {
      console.error(`the configuration before goes on: ${(error as Error).message}`);
    }
  };
  const watchers = [...new Set([dirname(resolve(configuration)), resolve(parts)])].map((folder) =>
    watch(folder, (_event, name) => {
      if (!name?.endsWith('.json')) return;
      clearTimeout(timer);
      timer = setTimeout(apply, 300);
    }),
  );
  return {
    close: async () => {
      clearTimeout(timer);
      for (const watcher of watchers) watcher.close();
    },
  };
}

/** @returns whether the text can be used at all */
function reportProblems(file: string, problems: readonly Problem[]): boolean {
  for (const { severity, path, message } of problems)
    console.error(`${file}: ${severity} at ${path}: ${message}`);
  return isApplicable(problems);
}

/** What flashes the board of a remote. Its secret is for the user to fill in: it is in the configuration. */
function boardCommand(part: string, port: number, pinned: string): string {
  const command = [
    'mcconfig -d -m -p esp32 ssid="YOUR_WIFI" password="YOUR_PASSWORD"',
    `gateway="wss://${hostname()}:${port}" part="${part}" secret="ITS_SECRET" authority="$(cat ${pinned})"`,
  ];
  return `\nTo flash ${part}, in this repository:\n${command.join(' \\\n  ')}`;
}
