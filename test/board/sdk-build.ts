/**
 * Builds the firmware for a chip with the Moddable SDK's own tools, as far as they go without ESP-IDF:
 * manifest, TypeScript, byte code, preload and link. ESP-IDF is stood in for by an empty repository whose
 * `idf.py` does nothing. C for the chip and the image itself need ESP-IDF, and running it needs a board.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import process from 'node:process';

const root = join(import.meta.dirname, '..', '..');

export type BuildKind = 'debug' | 'release';

export interface LinkedFirmware {
  platform: string;
  kind: BuildKind;
  /** Preloaded objects, byte code and strings, which stay in flash: bytes. */
  flashBytes: number;
  /** RAM set aside for XS by the manifests' `creation` (chunks, slots, stack): bytes. */
  ramBytes: number;
  /** Module names in the order in which they are linked. */
  modules: string[];
  preloaded: string[];
  /** XS's names of members and variables: entries of a table of fixed size. */
  keys: number;
  /** Preloaded slots of 16 bytes, which stay in flash. */
  slots: number;
  /** Preloaded objects and variables that may change at run time: a pointer of RAM each. */
  aliases: number;
  /** What the linker would rather have frozen or constant: `<module>: <path>: not frozen`. */
  warnings: string[];
  /** `MODDEF_…` of the manifests, by name. */
  defines: ReadonlyMap<string, string>;
}

/**
 * @param moddable the SDK's folder (`$MODDABLE`), its command-line tools built for this machine
 * @param platform `esp32`, `esp32/esp32c3` or `esp32/esp32s3`
 * @param output an existing empty folder for everything that is made
 * @throws when a tool fails, with what it printed
 */
export function linkFirmware(
  moddable: string,
  platform: string,
  kind: BuildKind,
  output: string,
): LinkedFirmware {
  const environment = environmentFor(moddable, output);
  const run = (command: string, ...args: string[]): string => runTool(environment, command, ...args);

  run('mcconfig', ...(kind === 'debug' ? ['-d'] : []), '-p', platform, '-o', output);
  const makefile = findFile(join(output, 'tmp'), 'makefile');
  const folder = dirname(makefile);
  const source = join(folder, 'mc.xs.c');
  const link = linkCommand(run('make', '-n', '-f', makefile, source));
  const printed = linkAndListen(makefile, source, environment);
  const object = join(folder, 'mc.xs.o');
  const include = ['includes', 'platforms', 'sources'].map((name) => `-I${join(moddable, 'xs', name)}`);
  run('cc', '-m32', '-fno-pic', '-c', ...include, `-I${folder}`, source, '-o', object);
  const linked = readFileSync(source, 'utf8');
  return {
    platform,
    kind,
    flashBytes: loadedBytes(run('size', '-A', object)),
    ramBytes: creationBytes(link),
    modules: [...link.matchAll(/ \S+?\/modules\/(\S+?)\.xsb/g)].map((match) => match[1]!),
    preloaded: [...link.matchAll(/-p (\S+?)\.xsb/g)].map((match) => match[1]!),
    keys: count(linked, 'mxKeysCount'),
    slots: count(linked, 'mxHeapCount'),
    aliases: count(linked, 'mxAliasCount'),
    warnings: [...printed.matchAll(/^### warning: (.*)$/gm)].map((match) => match[1]!),
    defines: definesOf(readFileSync(join(folder, 'mc.defines.h'), 'utf8')),
  };
}

/**
 * What ESP-IDF is to be configured with: the SDK's own of the chip and ours, merged by its tools.
 * @param platform any of the SDK's for the ESP32 @param output an existing empty folder for everything that is made
 * @returns values by option; an option that is off has none, or `n`
 */
export function sdkconfigOf(moddable: string, platform: string, output: string): ReadonlyMap<string, string> {
  runTool(environmentFor(moddable, output), 'mcconfig', '-p', platform, '-o', output);
  return readOptions(findFile(join(output, 'tmp'), 'sdkconfig.mc'));
}

/** Of a file of `CONFIG_…=…`, in which the last counts. */
export function readOptions(path: string): ReadonlyMap<string, string> {
  const lines = readFileSync(path, 'utf8').matchAll(/^(CONFIG_\w+)=(.*)$/gm);
  return new Map([...lines].map((match) => [match[1]!, match[2]!]));
}

/** @param output for what stands in for ESP-IDF */
function environmentFor(moddable: string, output: string): NodeJS.ProcessEnv {
  const idf = makeIdfStandIn(output);
  return {
    ...process.env,
    // The manifest would take it.
    SDKCONFIGPATH: undefined,
    MODDABLE: moddable,
    IDF_PATH: idf,
    PATH: [
      join(idf, 'tools'),
      join(moddable, 'build', 'bin', 'lin', 'release'),
      join(root, 'node_modules', '.bin'),
      process.env.PATH,
    ].join(delimiter),
  };
}

/** @returns what it printed on stdout @throws when it fails, with what it printed */
function runTool(env: NodeJS.ProcessEnv, command: string, ...args: string[]): string {
  return execFileSync(command, args, {
    cwd: root,
    env,
    encoding: 'utf8',
    maxBuffer: 1 << 28,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** What the tools print, warnings on stderr included. */
function linkAndListen(makefile: string, source: string, env: NodeJS.ProcessEnv): string {
  const options = { cwd: root, env, encoding: 'utf8', maxBuffer: 1 << 28 } as const;
  const { status, stdout, stderr } = spawnSync('make', ['-f', makefile, source], options);
  if (status !== 0) throw new Error(`make ended with ${status}: ${stdout}${stderr}`);
  return stdout + stderr;
}

function count(linked: string, name: string): number {
  const match = linked.match(new RegExp(`^#define ${name} (\\d+)$`, 'm'));
  if (!match) throw new Error(`the linked firmware has no ${name}`);
  return Number(match[1]);
}

function definesOf(header: string): ReadonlyMap<string, string> {
  const defines = header.matchAll(/^#define (MODDEF_\w+) \(?(.*?)\)?$/gm);
  return new Map([...defines].map((match) => [match[1]!, match[2]!]));
}

/** A folder that the SDK takes for ESP-IDF: its makefile asks git for the version, and `idf.py` to configure. */
function makeIdfStandIn(output: string): string {
  const idf = join(output, 'idf');
  mkdirSync(join(idf, 'tools'), { recursive: true });
  const script = join(idf, 'tools', 'idf.py');
  writeFileSync(script, '#!/bin/sh\nexit 0\n');
  chmodSync(script, 0o755);
  const git = (...args: string[]) => execFileSync('git', ['-C', idf, ...args], { stdio: 'ignore' });
  git('init');
  git('-c', 'user.name=test', '-c', 'user.email=test@localhost', 'commit', '--allow-empty', '-m', 'empty');
  git('tag', 'v6.0');
  return idf;
}

function findFile(folder: string, name: string): string {
  const entry = readdirSync(folder, { recursive: true, encoding: 'utf8' }).find((path) =>
    path.endsWith(name),
  );
  if (!entry) throw new Error(`mcconfig made no ${name} in ${folder}`);
  return join(folder, entry);
}

function linkCommand(dryRun: string): string {
  const command = dryRun.split('\n').find((line) => /^\s*xsl .*-c /.test(line));
  if (!command) throw new Error('the makefile does not link with xsl');
  return command;
}

/** Code and constant data; sections that only tools read do not count. */
function loadedBytes(sizes: string): number {
  return [...sizes.matchAll(/^\.(?:text|rodata|data)\S*\s+(\d+)/gm)].reduce(
    (sum, match) => sum + Number(match[1]),
    0,
  );
}

/** The linker's `-c`: chunks, their increment, slots, theirs, stack, six more, static arena (if any), name, native stack. */
function creationBytes(link: string): number {
  const values = link.match(/ -c (\S+)/)?.[1]?.split(',') ?? [];
  const [chunks, , slots, , stack] = values.map(Number);
  const arena = Number(values[11]);
  const slotBytes = 16;
  return arena > 0 ? arena : chunks! + slotBytes * (slots! + stack!);
}
