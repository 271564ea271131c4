/** The firmware with drivers more, of a test. A device reckons it as any model of one's own. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../host-sim/manifest/paths';

interface ManifestText {
  build: Record<string, string>;
  include: string[];
  modules: Record<string, string>;
  preload: string[];
  platforms: { sim: { include: string } };
}

/** With a driver whose records are texts: a model of one's own, `sensor`/`texts` (`text-sensor.ts`). */
export function textFirmware(): string {
  return firmwareWith('texts');
}

/** With a driver that gives whatever comes: a model of one's own, `sensor`/`hostile` (`hostile-sensor.ts`). */
export function hostileFirmware(): string {
  return firmwareWith('hostile');
}

/** With that, and one whose records are as large as its attributes say: `sensor`/`records` (`record-sensor.ts`). */
export function recordFirmware(): string {
  return firmwareWith('records', 'hostile');
}

/** By model of a sensor, beside those of the registry: its file here. */
const drivers = { texts: 'text-sensor', hostile: 'hostile-sensor', records: 'record-sensor' };
type Model = keyof typeof drivers;

function placeOf(name: string): string {
  const place = join(root, '.build', name);
  mkdirSync(place, { recursive: true });
  return place;
}

/** @returns its manifest */
function firmwareWith(...models: Model[]): string {
  const place = placeOf(`${models.join('-')}-firmware`);
  const read = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8')) as ManifestText;
  const resources = read('modules/resources/manifest.json');
  const modules = Object.entries(resources.modules).map(([name, file]) => [
    name,
    join(root, 'modules/resources', file),
  ]);
  const imports = models.map((model) => `import ${model} from './sensor/${model}';\n`);
  const entries = models.map((model) => `\n  ['rdk:component:sensor/${model}', ${model}],`);
  const registry = readFileSync(join(root, 'modules/resources/registry.ts'), 'utf8')
    .replace('import servoFake', `${imports.join('')}$&`)
    .replace('new Map([', `$&${entries.join('')}`);
  writeFileSync(join(place, 'registry.ts'), registry);
  const nameOf = (model: Model) => `modules/resources/sensor/${model}`;
  const own = {
    'modules/resources/registry': join(place, 'registry'),
    ...Object.fromEntries(
      models.map((model) => [nameOf(model), join(root, 'test/simulation', drivers[model])]),
    ),
  };
  const ownResources = join(place, 'resources.json');
  writeFileSync(
    ownResources,
    JSON.stringify({
      ...resources,
      modules: { ...Object.fromEntries(modules), ...own },
      preload: [...resources.preload, ...models.map(nameOf)],
    }),
  );
  const whole = read('manifest.json');
  const { main, 'setup/network': network, '~': left } = whole.modules;
  const manifest = {
    ...whole,
    build: { ...whole.build, PARTITIONS_FILE: join(root, whole.build.PARTITIONS_FILE!) },
    include: whole.include.map((path) =>
      path === './modules/resources/manifest.json' ? ownResources : join(root, path),
    ),
    modules: { main: join(root, main!), 'setup/network': join(root, network!), '~': left },
    platforms: { sim: { include: join(root, whole.platforms.sim.include) } },
  };
  const path = join(place, 'manifest.json');
  writeFileSync(path, JSON.stringify(manifest));
  return path;
}
