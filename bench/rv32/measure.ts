/** What firmware code costs in rv32 instructions and bytes of garbage; see bench/README.md. */
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildHost, buildWith } from '../../host-sim/build/host-build';
import { makeBundle } from '../../host-sim/manifest/bundle';
import { buildDirectory, root } from '../../host-sim/manifest/paths';
import { Missing } from '../figure';

export interface MeasureOptions {
  /** Manifests from the repository's root. */
  include?: readonly string[];
  /** The firmware module with the cases, from the repository's root. */
  program: string;
  /** How often a case does its work; 256 when not given. */
  counts?: Record<string, number>;
  /** Lines of the device file (host-sim/xs/configuration.c), words apart by tabs: a flash, for instance. */
  device?: readonly string[];
}

/** For one of a case's `count`. */
export interface Cost {
  instructions: number;
  /** Bytes allocated. */
  garbage: number;
  computrons: number;
}

/** An arena so large that nothing is collected while measuring. */
const creation = {
  static: 48 << 20,
  chunk: { initial: 16 << 20, incremental: 1 << 20 },
  heap: { initial: 1 << 20, incremental: 1 << 16 },
  stack: 4096,
};

function bundleOf({ include = [], program, counts = {} }: MeasureOptions): string {
  const name = program.replace(/\.ts$/, '');
  const manifest = JSON.stringify({
    include: ['host-sim/moddable/manifest.json', ...include].map((path) => resolve(root, path)),
    creation,
    modules: {
      main: join(root, 'bench', 'rv32', 'main'),
      'bench/program': './program',
      [name]: resolve(root, name), // by its path, so that its relative imports hold
    },
  });
  const directory = join(
    buildDirectory,
    'bench',
    createHash('sha256').update(manifest).digest('hex').slice(0, 16),
  );
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'manifest.json'), manifest);
  writeFileSync(join(directory, 'program.ts'), `export { default } from '${name}';\n`);
  return makeBundle({ firmware: directory, board: 'esp32c3', config: { counts } }).path;
}

function run(command: string, args: string[], directory: string): Promise<string> {
  return new Promise((done, fail) => {
    let output = '';
    const child = spawn(command, args, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => {
        output += text;
      });
    child.on('error', fail);
    child.on('close', (code) =>
      code === 0 ? done(output) : fail(new Error(`${command} ended with ${code}:\n${output}`)),
    );
  });
}

function parse(output: string): Record<string, Cost> {
  const costs: Record<string, Cost> = {};
  for (const line of output.split('\n')) {
    if (!line.startsWith('{"name"')) continue;
    const { name, ...cost } = JSON.parse(line) as Cost & { name: string };
    costs[name] = cost;
  }
  if (Object.keys(costs).length === 0) throw new Error(`no case was measured:\n${output}`);
  return costs;
}

const memory = '256M';

async function rv32Host(): Promise<string> {
  const compiler = 'riscv64-unknown-elf-gcc';
  for (const [command, name] of [
    [compiler, 'gcc-riscv64-unknown-elf picolibc-riscv64-unknown-elf'],
    ['qemu-system-riscv32', 'qemu-system-misc'],
  ] as const)
    if (spawnSync(command, ['--version'], { stdio: 'ignore' }).status !== 0)
      throw new Missing(`'${command}' (apt-get install ${name})`);
  const layout = {
    __flash: '0x80000000',
    __flash_size: '0x01000000',
    __ram: '0x81000000',
    __ram_size: '0x0e000000',
    __stack_size: '0x100000',
  };
  const symbols = Object.entries(layout).map(([name, value]) => `--defsym=${name}=${value}`);
  return buildWith({
    name: 'rv32imc',
    compiler,
    flags: [
      ...['-march=rv32imc', '-mabi=ilp32', '-O2'],
      ...['--specs=picolibc.specs', '--crt0=semihost', '--oslib=semihost'],
    ],
    libraries: ['-lm', `-Wl,${symbols.join(',')}`],
  });
}

/** Counts on the ESP32-C3's instruction set. Throws `Missing` when the toolchain is not there. */
export async function measureInstructions(options: MeasureOptions): Promise<Record<string, Cost>> {
  const program = await rv32Host();
  const bundle = bundleOf(options);
  const directory = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  // As a release build: no line numbers in the bytecode.
  writeFileSync(join(directory, 'device.txt'), ['lines\t0', ...(options.device ?? []), ''].join('\n'));
  try {
    const output = await run(
      'qemu-system-riscv32',
      [
        ...['-M', 'virt', '-m', memory, '-bios', 'none', '-nographic', '-icount', 'shift=0'],
        ...['-semihosting-config', `enable=on,target=native,arg=device.txt,arg=${bundle}`],
        ...['-kernel', program],
      ],
      directory,
    );
    return parse(output);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** The same on this machine: garbage and computrons; `instructions` is 0. */
export async function measureHere(options: MeasureOptions): Promise<Record<string, Cost>> {
  const { path } = await buildHost();
  return parse(await run(path, [bundleOf(options)], root));
}
