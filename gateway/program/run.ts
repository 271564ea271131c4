/** The gateway as a program of its own: it logs to standard output, one JSON object a line, and ends at a signal. */
import { mkdir } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { openAlerts } from '@sluice/common/alerts';
import { doorAccess, followCertificate, namingPort, runUntilSignal } from '@sluice/common/program';
import { pino } from 'pino';
import { Gateway } from '../gateway';
import { ConfigurationFiles } from './configuration-files';
import type { ProgramSettings } from './program-settings';
import { cloudOf, followSettings } from './settings-file';

/** Ports above the page's: those between belong to the cloud, which may run on this machine too. */
const viamOffset = 4;

export interface RunOptions {
  settings: ProgramSettings;
  /** The file that some of them come from; undefined: there is none. */
  file: string | undefined;
  /** Those of now. @throws a sentence */
  read(): ProgramSettings;
  /** Makes the page's files, and says where they lie. */
  page(settings: ProgramSettings): Promise<string>;
}

/** Resolves when it runs. @throws a sentence when it cannot */
export async function runGateway({ settings, file, read, page }: RunOptions): Promise<void> {
  const { name: main, port, host, link, viam, cloud, logLevel } = settings;
  const directory = resolve(settings.directory);
  const log = pino({ base: null, level: logLevel });
  const files = new ConfigurationFiles({
    machine: settings.configuration,
    parts: settings.parts ?? dirname(settings.configuration),
    tell: (severity, message) => log[severity === 'warning' ? 'warn' : severity]({ in: 'files' }, message),
  });
  const configuration = files.machine();
  await mkdir(directory, { recursive: true });
  const places = {
    directory,
    authority: join(directory, 'gateway'),
    onProblem: (problem: Error) => log.error({ error: problem.message }, 'doors'),
  };
  const access = await doorAccess(settings, places);
  const address = `http${access.tls ? 's' : ''}://${host}:${port}/`;
  await runUntilSignal({ directory, address }, async (owned) => {
    const pageFiles = await page(settings);
    const alerts = await owned.start('the alerts', () =>
      openAlerts({ file: settings.alerts, source: main, directory, log }),
    );
    const gateway = await owned.start('the gateway', () =>
      namingPort(port, () =>
        Gateway.start({
          configuration,
          main,
          directory: join(directory, 'gateway'),
          link: { host: link, port: port + 1, tls: true },
          api: { ...access, port },
          cloud: cloudOf(settings),
          viam: { host: viam, port: port + viamOffset, users: access.users },
          page: pageFiles,
          alerts,
          log,
          partConfiguration: (part) => files.part(part),
          configured: (part, { applied, problems }) =>
            log[applied ? 'info' : 'error'](
              { part, problems },
              `configuration ${applied ? 'applied' : 'refused'}`,
            ),
        }),
      ),
    );
    await owned.start('the certificate', () =>
      followCertificate(access, settings, places, (tls) => gateway.renew(tls)),
    );
    await owned.start('the configuration', () => files.follow((text) => gateway.configure(text)));
    if (file !== undefined)
      await owned.start('the settings', () =>
        followSettings({
          file,
          settings,
          read,
          reach: (other) => gateway.reach(other),
          tell: (severity, message) => log[severity]({ in: 'files' }, message),
        }),
      );
    const addresses = {
      page: address,
      link: `wss://${link}:${port + 1}`,
      viam: `${viam}:${port + viamOffset}`,
      cloud,
    };
    log.info(addresses, 'the gateway runs');
  });
}
