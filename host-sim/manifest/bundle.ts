/**
 * Makes what the host loads: from a manifest to compiled modules and the bundle file that lists them. Made once for the
 * same input, and shared by all simulations.
 *
 * In: a manifest, a board, values for `mc/config`. Out: the path of the bundle, the partition table. Holds: every import
 * is provided, every name in `modules` and `preload` matches.
 */
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import process from 'node:process';
import { type Board, type BoardName, boards, type Creation, mergeCreation } from './boards';
import { compile, importsOf } from './compile';
import { BuildError } from './error';
import { readManifest } from './manifest';
import { listModules, type Module } from './modules';
import { type Partition, readPartitions } from './partitions';
import { buildDirectory, root } from './paths';

export interface Bundle {
  /** The file that the host reads. */
  path: string;
  creation: Creation;
  partitions: Partition[];
  modules: Module[];
}

export interface BundleOptions {
  /** A manifest.json, or the directory that has one. */
  firmware: string;
  board: BoardName;
  /** Bytes of the arena instead of the board's. */
  arena?: number;
  /** `name=value` of `mcconfig`'s command line, over the manifest's `config`. */
  config?: Record<string, unknown>;
}

/** XS wants these when nothing else is said. */
const defaultPartitions: Partition[] = [
  { label: 'nvs', type: 'data', subtype: 'nvs', offset: 0x9000, size: 0x6000 },
  { label: 'storage', type: 'data', subtype: '0x40', offset: 0x300000, size: 0x100000 },
];

/** Modules that the bundler writes itself. */
const generated = ['mc/config', 'sim/board'];

function resolveImport(importer: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier;
  return resolve('/', dirname(importer), specifier)
    .slice(1)
    .replace(/\.m?js$/, '');
}

function checkImports(modules: readonly Module[], compiled: Map<string, string>): void {
  const names = new Set(modules.map(({ name }) => name));
  for (const name of generated) names.add(name);
  for (const { name, file } of modules)
    for (const specifier of importsOf(readFileSync(compiled.get(file)!, 'utf8')))
      if (!names.has(resolveImport(name, specifier)))
        throw new BuildError(`${relative(root, file)} imports '${specifier}', which no manifest provides`);
}

function hash(...parts: string[]): string {
  const digest = createHash('sha256');
  for (const part of parts) digest.update(`${part.length}:${part}`);
  return digest.digest('hex').slice(0, 20);
}

/** The compiled modules, from an earlier run when nothing has changed. */
function compileOnce(files: readonly string[]): Map<string, string> {
  const own = readFileSync(join(root, 'host-sim', 'manifest', 'compile.ts'), 'utf8');
  const options = readFileSync(join(root, 'tsconfig.json'), 'utf8');
  const key = hash(own, options, ...files.flatMap((file) => [file, readFileSync(file, 'utf8')]));
  const directory = join(buildDirectory, 'modules', key);
  const list = join(directory, 'compiled.json');
  if (!existsSync(list)) {
    mkdirSync(dirname(directory), { recursive: true });
    const temporary = mkdtempSync(`${directory}-`);
    const entries = [...compile(files, temporary)].map(([file, target]) => [
      file,
      relative(temporary, target),
    ]);
    writeFileSync(join(temporary, 'compiled.json'), JSON.stringify(entries));
    try {
      renameSync(temporary, directory);
    } catch (error) {
      if (!existsSync(list)) throw error; // another process was first
      rmSync(temporary, { recursive: true });
    }
  }
  const entries = JSON.parse(readFileSync(list, 'utf8')) as [string, string][];
  return new Map(entries.map(([file, target]) => [file, join(directory, target)]));
}

function bundleText(
  modules: Module[],
  compiled: Map<string, string>,
  creation: Creation,
  made: string[],
): string {
  const { chunk, heap, keys, stack } = creation;
  const sizes = [creation.static, chunk.initial, chunk.incremental, heap.initial, heap.incremental, stack];
  return [
    `creation\t${[...sizes, keys.initial, keys.incremental, keys.name, keys.symbol].join('\t')}`,
    ...generated.map((name, index) => `module\t${name}\t${made[index]}\t${name}\t1`),
    ...modules.map(({ name, file, preload }) =>
      ['module', name, compiled.get(file)!, relative(root, file), preload ? 1 : 0].join('\t'),
    ),
    '',
  ].join('\n');
}

/** Throws a BuildError that names what is wrong and where. */
export function makeBundle({ firmware, board, arena, config = {} }: BundleOptions): Bundle {
  const path = firmware.endsWith('.json') ? resolve(firmware) : resolve(firmware, 'manifest.json');
  const manifest = readManifest(path, `sim/${board}`);
  const modules = listModules(manifest);
  if (!modules.some(({ name }) => name === 'main')) throw new BuildError(`${path}: no module "main"`);
  const merged = mergeCreation(boards[board].creation, manifest.creation);
  const creation = arena ? { ...merged, static: arena } : merged;
  const compiled = compileOnce(modules.map(({ file }) => file));
  checkImports(modules, compiled);

  const made = [
    `export default Object.freeze(${JSON.stringify({ ...manifest.config, ...config })}, true);\n`,
    boardText(boards[board]),
  ].map((text) => writeOnce(text, 'js'));
  const bundle = writeOnce(bundleText(modules, compiled, creation, made), 'bundle');
  return {
    path: bundle,
    creation,
    modules,
    partitions: manifest.partitionsFile ? readPartitions(manifest.partitionsFile) : defaultPartitions,
  };
}

/** The module `sim/board`. */
function boardText({ chip, pulseCounters, pwm, captureTimers }: Board): string {
  const values = { chip, pulseCounters, pwm, captureTimers, i2cBuses: chip.i2cBuses };
  return Object.entries(values)
    .map(([name, value]) => `export const ${name} = Object.freeze(${JSON.stringify(value)}, true);\n`)
    .join('');
}

/** Keeps `text` in a file named by its hash; returns the path. */
function writeOnce(text: string, extension: string): string {
  const directory = join(buildDirectory, 'bundles');
  const path = join(directory, `${hash(text)}.${extension}`);
  if (existsSync(path)) return path;
  mkdirSync(directory, { recursive: true });
  const temporary = `${path}.${process.pid}`;
  writeFileSync(temporary, text);
  renameSync(temporary, path);
  return path;
}
