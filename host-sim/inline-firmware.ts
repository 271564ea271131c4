/** A firmware written in a test: its main module as text, beside modules of the repository. */
import { createHash } from 'node:crypto';
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import process from 'node:process';
import { buildDirectory, root } from './manifest/paths';

export interface InlineFirmware {
  /** TypeScript of the module `main`. It imports the repository's modules by name: `modules/block/encoder`. */
  main: string;
  /** Further modules: name → TypeScript. Preloaded. */
  modules?: Record<string, string>;
  /** Manifests beside the simulator's own, from the repository's root. */
  include?: readonly string[];
  /** Whether `main` is preloaded: its body then runs on the build machine. */
  preload?: boolean;
  creation?: Record<string, unknown>;
}

/** Returns the manifest's path, for `SimulatedDevice.start({ firmware })`. */
export function inlineFirmware({
  main,
  modules = {},
  include = [],
  preload = false,
  creation = {},
}: InlineFirmware): string {
  const all = { ...modules, main };
  const manifest = {
    include: ['host-sim/moddable/manifest.json', ...include].map((path) => resolve(root, path)),
    modules: Object.fromEntries(Object.keys(all).map((name) => [name, `./${name.replaceAll(':', '/')}`])),
    preload: [...Object.keys(modules), ...(preload ? ['main'] : [])],
    creation,
  };
  const key = createHash('sha256')
    .update(JSON.stringify([manifest, all]))
    .digest('hex')
    .slice(0, 16);
  const directory = join(buildDirectory, 'inline', key);
  const write = (name: string, text: string) => {
    const path = join(directory, name);
    mkdirSync(resolve(path, '..'), { recursive: true });
    writeFileSync(`${path}.${process.pid}`, text);
    renameSync(`${path}.${process.pid}`, path);
  };
  for (const [name, text] of Object.entries(all)) write(`${name.replaceAll(':', '/')}.ts`, text);
  write('manifest.json', JSON.stringify(manifest, null, 2));
  return join(directory, 'manifest.json');
}
