/** The firmware with one driver more, of a test. A device reckons it as any model of one's own. */
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
  return firmwareWith('texts', 'text-sensor');
}

/** With a driver that gives whatever comes: a model of one's own, `sensor`/`hostile` (`hostile-sensor.ts`). */
export function hostileFirmware(): string {
  return firmwareWith('hostile', 'hostile-sensor');
}

function placeOf(name: string): string {
  const place = join(root, '.build', name);
  mkdirSync(place, { recursive: true });
  return place;
}

/** @param model of a sensor, beside those of the registry @param driver its file here @returns its manifest */
function firmwareWith(model: string, driver: string): string {
  const place = placeOf(`${model}-firmware`);
  const read = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8')) as ManifestText;
  const resources = read('modules/resources/manifest.json');
  const modules = Object.entries(resources.modules).map(([name, file]) => [
    name,
    join(root, 'modules/resources', file),
  ]);
  const name = `modules/resources/sensor/${model}`;
  const registry = readFileSync(join(root, 'modules/resources/registry.ts'), 'utf8')
    .replace('import servoFake', `import sensorOwn from './sensor/${model}';\n$&`)
    .replace('new Map([', `$&\n  ['rdk:component:sensor/${model}', sensorOwn],`);
  writeFileSync(join(place, 'registry.ts'), registry);
  const own = {
    'modules/resources/registry': join(place, 'registry'),
    [name]: join(root, 'test/simulation', driver),
  };
  const ownResources = join(place, 'resources.json');
  writeFileSync(
    ownResources,
    JSON.stringify({
      ...resources,
      modules: { ...Object.fromEntries(modules), ...own },
      preload: [...resources.preload, name],
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
