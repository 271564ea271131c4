/** The cloud alone: it logs to standard output, one JSON object a line, and ends at a signal. */
import { mkdir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { Cloud } from '@sluice/cloud/cloud';
import { namingPort, runUntilSignal } from '@sluice/common/program';
import { pino } from 'pino';

export interface CloudProgramOptions {
  directory: string;
  /** Of the HTTP door; the one above it is MQTT's. */
  port: number;
  host: string;
  key?: string;
  timeZone: string;
}

/** Resolves when it runs. @throws a sentence when it cannot */
export async function runCloudProgram(options: CloudProgramOptions): Promise<void> {
  const { port, host, key, timeZone } = options;
  const directory = resolve(options.directory);
  const log = pino({ base: null });
  await mkdir(directory, { recursive: true });
  const address = `http://${host}:${port}/`;
  await runUntilSignal({ directory, address }, async (owned) => {
    await owned.start('the cloud', () =>
      namingPort(port, () =>
        Cloud.start({
          directory: join(directory, 'cloud'),
          httpPort: port,
          mqttPort: port + 1,
          access: { host, ...(key === undefined ? {} : { key }) },
          timeZone,
          log,
        }),
      ),
    );
    log.info({ http: address, mqtt: `mqtt://${host}:${port + 1}` }, 'the cloud runs');
  });
}
