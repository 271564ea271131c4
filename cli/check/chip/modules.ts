/**
 * The SDK's modules that drivers import, as `check` gives them: the simulator's, which refuse what the SDK refuses, over
 * stand-ins for what only a chip has. One table for whoever loads drivers in Node: the loader of a clone, the bundle of
 * a package, vitest.
 */
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = import.meta.dirname;
const drivers = resolve(here, '../../../modules/resources');
const simulated = resolve(here, '../../../host-sim/moddable');

/** Specifier → file. */
const modules: Readonly<Record<string, string>> = {
  'embedded:io/analog': join(simulated, 'io/analog.ts'),
  'embedded:io/digital': join(simulated, 'io/digital.ts'),
  'embedded:io/i2c': join(here, 'i2c.ts'),
  'embedded:io/pulsecount': join(simulated, 'io/pulsecount.ts'),
  'embedded:io/pulsewidth': join(simulated, 'io/pulsewidth.ts'),
  'embedded:io/pwm': join(simulated, 'io/pwm.ts'),
  instrumentation: join(here, 'instrumentation.ts'),
  net: join(here, 'net.ts'),
  'sim/board': join(here, 'board.ts'),
  'sim/bridge': join(here, 'bridge.ts'),
  'sim/network/protocol': join(simulated, 'network/protocol.ts'),
  'sim/pins': join(here, 'pins.ts'),
  timer: join(here, 'timer.ts'),
};
const pinTable = join(here, 'pin-table.ts');

/**
 * The file that stands for a module of the SDK.
 * @param importer path or URL of the file that imports it: nobody else's `net` or `timer` is meant
 */
export function chipModule(specifier: string, importer: string | undefined): string | undefined {
  if (importer === undefined) return undefined;
  const from = dirname(importer.startsWith('file:') ? fileURLToPath(importer) : importer);
  if (specifier === './pin-table' && from === join(simulated, 'io')) return pinTable;
  const known = Object.hasOwn(modules, specifier) ? modules[specifier] : undefined;
  return [drivers, simulated, here].some((folder) => isIn(folder, from)) ? known : undefined;
}

function isIn(folder: string, path: string): boolean {
  return path === folder || path.startsWith(`${folder}/`) || path.startsWith(`${folder}\\`);
}
