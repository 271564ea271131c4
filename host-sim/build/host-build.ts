/**
 * Compiles the host with the system's C compiler: 32 bits when its libraries are there (16-byte slots, as on the
 * ESP32), else 64 bits with a doubled arena. Made once for the same sources and options.
 */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, join, relative } from 'node:path';
import process from 'node:process';
import { BuildError } from '../manifest/error';
import { buildDirectory, root } from '../manifest/paths';
import { underLock } from './lock';
import { xsSource } from './xs-source';

export interface Host {
  path: string;
  bits: 32 | 64;
}

const sources = join(root, 'host-sim', 'xs');

/** Not part of an engine that runs: snapshots, foreign functions, checksums; and what the host has in files of its own. */
const leftOut = new Set(['xsSnapshot.c', 'xsffi.c', 'xsum.c', 'xsDefaults.c', 'xsMemory.c']);

export const definitions = [
  '-DmxParse=1',
  '-DmxRun=1',
  '-DmxBoundsCheck=1',
  '-DmxInstrument=1',
  '-DINCLUDE_XSPLATFORM',
  '-DXSPLATFORM="platform.h"',
];

/** SSE, because the x87 rounds doubles differently from every other machine. */
const flags32 = ['-m32', '-msse2', '-mfpmath=sse', '-fno-pie', '-no-pie'];

export function includes(xs: string): string[] {
  return [...['includes', 'platforms', 'sources'].map((name) => `-I${join(xs, name)}`), `-I${sources}`];
}

export function sourceFiles(xs: string): { xs: string[]; host: string[] } {
  const list = (directory: string) =>
    readdirSync(directory)
      .filter((name) => name.endsWith('.c') && !leftOut.has(name))
      .sort()
      .map((name) => join(directory, name));
  return { xs: list(join(xs, 'sources')), host: list(sources) };
}

/** Whether the compiler can make 32-bit programs. */
function can32(): boolean {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-cc-'));
  try {
    writeFileSync(join(directory, 'a.c'), '#include <stdio.h>\nint main() { return puts("") < 0; }\n');
    return spawnSync('cc', ['-m32', 'a.c', '-o', 'a', '-lm', '-lpthread'], { cwd: directory }).status === 0;
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** Told before the first file, and after each: what is compiled, how many of its files are done, and of how many. */
export type BuildProgress = (what: 'engine' | 'host', done: number, of: number) => void;

async function runAll(
  commands: { command: string; args: string[] }[],
  progress?: (done: number) => void,
): Promise<void> {
  let done = 0;
  progress?.(done);
  const queue = [...commands];
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const { command, args } = next;
      await new Promise<void>((ended, fail) => {
        let output = '';
        const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
        child.stderr.setEncoding('utf8').on('data', (text: string) => {
          output += text;
        });
        child.on('error', fail);
        child.on('close', (code) =>
          code === 0 ? ended() : fail(new BuildError(`${command} ${args.join(' ')}:\n${output}`)),
        );
      });
      done += 1;
      progress?.(done);
    }
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
}

export interface Toolchain {
  name: string;
  compiler: string;
  flags: string[];
  libraries: string[];
}

function hash(...parts: (string | Buffer)[]): string {
  const digest = createHash('sha256');
  for (const part of parts) digest.update(part).update('\0');
  return digest.digest('hex').slice(0, 16);
}

/** Makes a directory once; other processes wait meanwhile. */
async function compileOnce(directory: string, work: (directory: string) => Promise<void>): Promise<void> {
  await underLock(`${directory}.lock`, async () => {
    if (existsSync(directory)) return;
    const temporary = `${directory}.making`;
    rmSync(temporary, { recursive: true, force: true });
    mkdirSync(temporary);
    await work(temporary);
    renameSync(temporary, directory);
  });
}

function compileAll(
  toolchain: Toolchain,
  xs: string,
  files: string[],
  warnings: string,
  directory: string,
  progress?: (done: number) => void,
): Promise<void> {
  const shared = [
    ...toolchain.flags,
    '-D_GNU_SOURCE',
    '-fno-common',
    ...definitions,
    ...includes(xs),
    warnings,
    '-c',
  ];
  return runAll(
    files.map((file) => ({
      command: toolchain.compiler,
      args: [...shared, file, '-o', join(directory, `${basename(file, '.c')}.o`)],
    })),
    progress,
  );
}

const objectsIn = (directory: string) =>
  readdirSync(directory)
    .filter((name) => name.endsWith('.o'))
    .sort()
    .map((name) => join(directory, name));

/** Compiles with any toolchain; returns the path of the program. XS itself is compiled once for all hosts. */
export async function buildWith(toolchain: Toolchain, progress?: BuildProgress): Promise<string> {
  const { name, compiler, flags, libraries } = toolchain;
  const xs = xsSource();
  const files = sourceFiles(xs);
  const hosts = join(buildDirectory, 'hosts');
  mkdirSync(hosts, { recursive: true });

  const engineFiles = files.xs.map((file) => [
    relative(xs, file),
    statSync(file).size,
    statSync(file).mtimeMs,
  ]);
  const engineKey = hash(
    JSON.stringify([compiler, flags, definitions, engineFiles]),
    readFileSync(join(sources, 'platform.h')),
  );
  const engine = join(hosts, `engine-${name}-${engineKey}`);
  await compileOnce(engine, (directory) =>
    compileAll(toolchain, xs, files.xs, '-w', directory, (done) =>
      progress?.('engine', done, files.xs.length),
    ),
  );

  const own = readdirSync(sources)
    .sort()
    .map((file) => readFileSync(join(sources, file)));
  const host = join(hosts, `${name}-${hash(engineKey, JSON.stringify(libraries), ...own)}`);
  await compileOnce(host, async (directory) => {
    await compileAll(toolchain, xs, files.host, '-Wall', directory, (done) =>
      progress?.('host', done, files.host.length),
    );
    const objects = [...objectsIn(engine), ...objectsIn(directory)];
    await runAll([
      { command: compiler, args: [...flags, ...objects, '-o', join(directory, 'xs-host'), ...libraries] },
    ]);
  });
  return join(host, 'xs-host');
}

export interface HostKind {
  /** Forces 64 bits. */
  wide?: boolean;
  /** For valgrind and gdb. */
  debug?: boolean;
}

/** The host for this machine, of the given kind. */
export async function buildHostOf(
  { wide = false, debug = false }: HostKind,
  progress?: BuildProgress,
): Promise<Host> {
  const bits = !wide && can32() ? 32 : 64;
  const path = await buildWith(
    {
      name: `${process.platform}${bits}${debug ? '-debug' : ''}`,
      compiler: 'cc',
      flags: [
        ...(bits === 32 ? flags32 : []),
        ...(debug ? ['-g', '-O1'] : ['-g1', '-O2']),
        ...['-DmxMetering=1', '-DmxDebug=1'],
      ],
      libraries: ['-lm', '-lpthread', '-ldl'],
    },
    progress,
  );
  return { path, bits };
}

let built: Promise<Host> | undefined;

/** The host that devices run on. `SLUICE_HOST` may name a kind: `64`, `debug`, `64-debug`. */
export function buildHost(progress?: BuildProgress): Promise<Host> {
  const kind = process.env.SLUICE_HOST ?? '';
  built ??= buildHostOf({ wide: kind.includes('64'), debug: kind.includes('debug') }, progress);
  return built;
}
