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
  writeFileSync,
} from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import process from 'node:process';
import { BuildError } from '../manifest/error';
import { buildDirectory, root } from '../manifest/paths';
import { xsSource } from './xs-source';

export interface Host {
  path: string;
  bits: 32 | 64;
}

const sources = join(root, 'host-sim', 'xs');

/** Not part of an engine that runs: snapshots, foreign functions, checksums. */
const leftOut = new Set(['xsSnapshot.c', 'xsffi.c', 'xsum.c']);

export const definitions = [
  '-DmxParse=1',
  '-DmxRun=1',
  '-DmxBoundsCheck=1',
  '-DmxInstrument=1',
  '-DINCLUDE_XSPLATFORM',
  '-DXSPLATFORM="platform.h"',
];

/** SSE, because the x87 rounds doubles differently from every other machine. */
const flags32 = ['-m32', '-msse2', '-mfpmath=sse'];

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

async function runAll(commands: { command: string; args: string[] }[]): Promise<void> {
  const queue = [...commands];
  const worker = async () => {
    for (let next = queue.shift(); next; next = queue.shift()) {
      const { command, args } = next;
      await new Promise<void>((done, fail) => {
        let output = '';
        const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
        child.stderr.setEncoding('utf8').on('data', (text: string) => {
          output += text;
        });
        child.on('error', fail);
        child.on('close', (code) =>
          code === 0 ? done() : fail(new BuildError(`${command} ${args.join(' ')}:\n${output}`)),
        );
      });
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

/** Compiles with any toolchain; returns the path of the program. */
export async function buildWith(toolchain: Toolchain): Promise<string> {
  const { name, compiler, flags, libraries } = toolchain;
  const xs = xsSource();
  const digest = createHash('sha256').update(JSON.stringify([compiler, flags, libraries, definitions, xs]));
  for (const file of readdirSync(sources).sort()) digest.update(readFileSync(join(sources, file)));
  const program = join(buildDirectory, 'hosts', `${name}-${digest.digest('hex').slice(0, 16)}`, 'xs-host');
  if (existsSync(program)) return program;

  mkdirSync(join(buildDirectory, 'hosts'), { recursive: true });
  const directory = mkdtempSync(join(buildDirectory, 'hosts', 'making-'));
  try {
    await compileInto(directory, toolchain, xs);
    renameSync(directory, dirname(program));
  } catch (error) {
    rmSync(directory, { recursive: true });
    if (!existsSync(program)) throw error; // else another process was first
  }
  return program;
}

async function compileInto(
  directory: string,
  { compiler, flags, libraries }: Toolchain,
  xs: string,
): Promise<void> {
  const files = sourceFiles(xs);
  const object = (file: string, kind: string) => join(directory, `${kind}-${basename(file, '.c')}.o`);
  const shared = [...flags, '-D_GNU_SOURCE', '-fno-common', ...definitions, ...includes(xs), '-c'];
  const objects = [
    ...files.xs.map((file) => object(file, 'xs')),
    ...files.host.map((file) => object(file, 'host')),
  ];
  await runAll([
    ...files.xs.map((file) => ({
      command: compiler,
      args: [...shared, '-w', file, '-o', object(file, 'xs')],
    })),
    ...files.host.map((file) => ({
      command: compiler,
      args: [...shared, '-Wall', file, '-o', object(file, 'host')],
    })),
  ]);
  await runAll([
    { command: compiler, args: [...flags, ...objects, '-o', join(directory, 'xs-host'), ...libraries] },
  ]);
  for (const file of objects) rmSync(file);
}

let built: Promise<Host> | undefined;

/** The host for this machine. `SLUICE_HOST=64` forces 64 bits, `SLUICE_HOST=debug` a build for valgrind and gdb. */
export function buildHost(): Promise<Host> {
  built ??= (async () => {
    const kind = process.env.SLUICE_HOST ?? '';
    const bits = kind !== '64' && can32() ? 32 : 64;
    const optimise = kind === 'debug' ? ['-g', '-O0'] : ['-g1', '-O2'];
    const path = await buildWith({
      name: `${process.platform}${bits}${kind === 'debug' ? '-debug' : ''}`,
      compiler: 'cc',
      flags: [...(bits === 32 ? flags32 : []), ...optimise, '-DmxMetering=1', '-DmxDebug=1'],
      libraries: ['-lm', '-lpthread', '-ldl'],
    });
    return { path, bits } as const;
  })();
  return built;
}
