/** From the manifest's `modules` and `preload` to the list of modules, strictly: what `mcconfig` warns of is an error. */
import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, extname, resolve } from 'node:path';
import { BuildError } from './error';
import type { Manifest, ModuleSource } from './manifest';

export interface Module {
  /** The specifier by which it is imported. */
  name: string;
  /** Absolute path of its .ts, .js, .mjs or .json. */
  file: string;
  preload: boolean;
  manifest: string;
}

const extensions = new Set(['.ts', '.js', '.mjs', '.json']);

/** Files of C and the like belong to a device's build only. */
const native = new Set(['.c', '.cc', '.cpp', '.h', '.m', '.java', '.pio']);

/** The files that a source names: `./encoder`, `./encoder.ts`, `./*`, `./prefix*`. */
function matches({ source, directory }: ModuleSource): { file: string; name: string }[] {
  const path = resolve(directory, source);
  const folder = dirname(path);
  const last = basename(path);
  const star = last.lastIndexOf('*');
  if (!existsSync(folder)) return [];
  return readdirSync(folder)
    .sort()
    .filter(
      (entry) =>
        !entry.startsWith('.') && !entry.endsWith('.d.ts') && statSync(resolve(folder, entry)).isFile(),
    )
    .map((entry) => ({ entry, stem: basename(entry, extname(entry)), extension: extname(entry) }))
    .filter(({ entry, stem, extension }) => {
      if (!extensions.has(extension) && !native.has(extension)) return false;
      if (star >= 0)
        return (
          stem.startsWith(last.slice(0, star)) && !(extension === '.json' && stem.startsWith('manifest'))
        );
      return stem === last || entry === last;
    })
    .map(({ entry, stem }) => ({
      file: resolve(folder, entry),
      name: star >= 0 ? stem.slice(star) : stem,
    }));
}

export function listModules(manifest: Manifest): Module[] {
  const modules = new Map<string, Module>();
  const excluded = new Set<string>();
  for (const source of manifest.modules.get('~') ?? []) {
    const found = matches(source);
    if (found.length === 0)
      throw new BuildError(`${source.manifest}: modules "~": "${source.source}" matches nothing`);
    for (const { file } of found) excluded.add(file);
  }
  for (const [target, sources] of manifest.modules) {
    if (target === '~') continue;
    const star = target.indexOf('*');
    for (const source of sources) {
      const found = matches(source);
      if (found.length === 0)
        throw new BuildError(`${source.manifest}: modules "${target}": "${source.source}" matches nothing`);
      for (const { file, name: stem } of found) {
        if (excluded.has(file) || native.has(extname(file))) continue;
        const name = star >= 0 ? target.slice(0, star) + stem + target.slice(star + 1) : target;
        const before = modules.get(name);
        if (before && before.file !== file)
          throw new BuildError(`${source.manifest}: module "${name}" is both ${before.file} and ${file}`);
        modules.set(name, { name, file, preload: false, manifest: source.manifest });
      }
    }
  }
  markPreloads(manifest, modules);
  return [...modules.values()];
}

function markPreloads(manifest: Manifest, modules: Map<string, Module>): void {
  for (const { name, manifest: file } of manifest.preload) {
    if (name.endsWith('*')) {
      const found = [...modules.values()].filter((module) => module.name.startsWith(name.slice(0, -1)));
      if (found.length === 0) throw new BuildError(`${file}: preload "${name}" matches nothing`);
      const typescript = found.find((module) => extname(module.file) === '.ts');
      if (typescript)
        throw new BuildError(
          `${file}: preload "${name}": mcconfig's globs pass over TypeScript (${typescript.name}): name each module`,
        );
      for (const module of found) module.preload = true;
      continue;
    }
    const module = modules.get(name);
    if (!module && name !== 'mc/config') throw new BuildError(`${file}: preload "${name}": no such module`);
    if (module) module.preload = true;
  }
}
