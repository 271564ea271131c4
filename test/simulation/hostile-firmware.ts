/** The firmware with one driver that is hostile (`hostile-sensor.ts`) in place of `sensor`/`fake`. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../host-sim/manifest/paths';

interface ManifestText {
  build: Record<string, string>;
  include: string[];
  modules: Record<string, string>;
  platforms: { sim: { include: string } };
}

const replaced = 'modules/resources/sensor/fake';

/** @returns its manifest */
export function hostileFirmware(): string {
  const place = join(root, '.build', 'hostile-firmware');
  mkdirSync(place, { recursive: true });
  const read = (path: string) => JSON.parse(readFileSync(join(root, path), 'utf8')) as ManifestText;
  const resources = read('modules/resources/manifest.json');
  const modules = Object.entries(resources.modules).map(([name, file]) => [
    name,
    name === replaced ? join(root, 'test/simulation/hostile-sensor') : join(root, 'modules/resources', file),
  ]);
  const ownResources = join(place, 'resources.json');
  writeFileSync(ownResources, JSON.stringify({ ...resources, modules: Object.fromEntries(modules) }));
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
