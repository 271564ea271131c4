/** The firmware with drivers of a test: a hostile one (`hostile-sensor.ts`) in place of `sensor`/`fake`, or one more. */
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
  const place = placeOf('text-firmware');
  const name = 'modules/resources/sensor/texts';
  const registry = readFileSync(join(root, 'modules/resources/registry.ts'), 'utf8')
    .replace('import servoFake', "import sensorTexts from './sensor/texts';\n$&")
    .replace('new Map([', "$&\n  ['rdk:component:sensor/texts', sensorTexts],");
  writeFileSync(join(place, 'registry.ts'), registry);
  return firmwareWith(place, {
    'modules/resources/registry': join(place, 'registry'),
    [name]: join(root, 'test/simulation/text-sensor'),
  });
}

export function hostileFirmware(): string {
  return firmwareWith(placeOf('hostile-firmware'), {
    'modules/resources/sensor/fake': join(root, 'test/simulation/hostile-sensor'),
  });
}

function placeOf(name: string): string {
  const place = join(root, '.build', name);
  mkdirSync(place, { recursive: true });
  return place;
}

/** @param own modules of resources that are others, or more @returns its manifest */
function firmwareWith(place: string, own: Record<string, string>): string {
  const read = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8')) as ManifestText;
  const resources = read('modules/resources/manifest.json');
  const modules = Object.entries(resources.modules).map(([name, file]) => [
    name,
    join(root, 'modules/resources', file),
  ]);
  const ownResources = join(place, 'resources.json');
  const more = Object.keys(own).filter((name) => !resources.preload.includes(name));
  writeFileSync(
    ownResources,
    JSON.stringify({
      ...resources,
      modules: { ...Object.fromEntries(modules), ...own },
      preload: [...resources.preload, ...more],
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
