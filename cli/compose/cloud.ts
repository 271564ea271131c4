/** The cloud alone: it logs to standard output, one JSON object a line, and ends at a signal. */
import { mkdir } from 'node:fs/promises';
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
import { pino } from 'pino';
import { machinesPath } from './machines';

export interface CloudProgramOptions extends DoorOptions {
  directory: string;
  /** Of the HTTP door; the one above it is MQTT's, the third Viam's machines'. */
  port: number;
  /** Default: what the configuration says, else UTC. */
  timeZone?: string;
  /** Path of the cloud's configuration. */
  configuration?: string;
  /** Path of what alerts are raised for, and where they go. */
  alerts?: string;
}

/** Resolves when it runs. @throws a sentence when it cannot */
export async function runCloudProgram(options: CloudProgramOptions): Promise<void> {
  const { port, host, timeZone } = options;
  const directory = resolve(options.directory);
  const { configuration } = options;
  const configured = configuration === undefined ? {} : readConfiguration(configuration);
  const log = pino({ base: null });
  await mkdir(directory, { recursive: true });
  const places = {
    directory,
    authority: join(directory, 'authority'),
    onProblem: (problem: Error) => log.error({ error: problem.message }, 'doors'),
  };
  const access = await doorAccess(options, places);
  const secure = access.tls ? 's' : '';
  const address = `http${secure}://${host}:${port}/`;
  // Where every address is listened on, none of them is its name.
  const here = host === '0.0.0.0' || host === '::' ? 'localhost' : host;
  await runUntilSignal({ directory, address, cloud: `http${secure}://${here}:${port}` }, async (owned) => {
    const alerts = await owned.start('the alerts', () =>
      openAlerts({ file: options.alerts, source: 'cloud', directory, log }),
    );
    const cloud = await owned.start('the cloud', () =>
      namingPort(port, () =>
        Cloud.start({
          ...configured,
          directory: join(directory, 'cloud'),
          httpPort: port,
          mqttPort: port + 1,
          viam: { port: port + 3, machines: machinesPath(directory), authority: places.authority },
          access,
          ...(timeZone !== undefined && { timeZone }),
          alerts,
          log,
        }),
      ),
    );
    await owned.start('the certificate', () =>
      followCertificate(access, options, places, (tls) => cloud.renew(tls)),
    );
    const doors = {
      http: address,
      mqtt: `mqtt${secure}://${host}:${port + 1}`,
      viam: `http${secure}://${host}:${port + 3}`,
    };
    log.info(doors, 'the cloud runs');
  });
}
