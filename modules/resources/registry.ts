/** The one table of drivers. A model more is a file, a line here, and its name in the manifest. */

import boardEsp32 from './board/esp32';
import type { Driver } from './driver';
import sensorFake from './sensor/fake';

const drivers: Readonly<Record<string, Driver>> = {
  'rdk:component:board/esp32': boardEsp32,
  'rdk:component:sensor/fake': sensorFake,
};

export function findDriver(api: string, model: string): Driver | undefined {
  const name = `${api}/${model}`;
  return Object.hasOwn(drivers, name) ? drivers[name] : undefined;
}

/** The models of an API, for messages. */
export function modelsOf(api: string): string[] {
  const prefix = `${api}/`;
  return Object.keys(drivers)
    .filter((name) => name.startsWith(prefix))
    .map((name) => name.slice(prefix.length));
}
