/**
 * Breaks the code on purpose, in a copy of the repository, and lets the simulation find it. What it does not find
 * it would not find either when it comes by accident.
 */
import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../..', import.meta.url));

export interface Mutant {
  name: string;
  file: string;
  pattern: RegExp;
  by: string;
  /** A seed known to show it: where to begin to look. */
  seed: number;
}

export const mutants: Mutant[] = [
  {
    name: 'a block is freed before it is acknowledged',
    file: 'modules/uplink/cursors.ts',
    pattern: /( +)progress\[at \+ sent\] = next \+ 1;\n( +)room--;/,
    by: '$1progress[at + sent] = next + 1;\n$1ring.acknowledge(next + 1);\n$2room--;',
    seed: 10,
  },
  {
    name: 'blocks are acknowledged before they are synced',
    file: 'gateway/outbox/writer.ts',
    pattern: /( +)try \{\n( +const first = await )/,
    by: '$1this.#options.apply(batch.map(({ entry }) => entry));\n$1try {\n$2',
    seed: 30,
  },
  {
    name: 'the watermarks are forgotten at a restart',
    file: 'gateway/outbox/recovery.ts',
    pattern: /( +)reconcile\(recovery\);\n/,
    by: '$1reconcile(recovery);\n$1for (const of of state.streams.all) of.next = of.durable = 0;\n',
    seed: 27,
  },
  {
    name: 'a boot takes the id of the one before it',
    file: 'modules/device/boot.ts',
    pattern: /return \{ counter, random: [^}]*\};/,
    by: 'return { counter: 1, random: counter > 0 ? 7 : random() };',
    seed: 1,
  },
  {
    name: 'the check of a block is skipped',
    file: 'modules/block/opened-block.ts',
    pattern: /return fail\('check'[^;]*;/,
    by: ';',
    seed: 18,
  },
];

const sources = [
  ...[
    'bench',
    'common',
    'flash-layout',
    'gateway',
    'host-sim',
    'modules',
    'proto',
    'test',
    'tools',
    'typings',
  ],
  ...['main.ts', 'manifest.json', 'package.json', 'tsconfig.json', 'tsconfig.node.json', 'sdkconfig'],
];

/** Runs the simulation on the mutant until it shows. @returns its last line, and whether it was found */
export async function hunt(
  mutant: Mutant,
  seeds: number,
  hours: number,
): Promise<{ found: boolean; output: string }> {
  // Always the same place, so that the simulator's host is built for the first of them only.
  const copy = join(root, '.build', 'mutant');
  rmSync(copy, { recursive: true, force: true });
  mkdirSync(copy, { recursive: true });
  try {
    for (const name of sources) {
      if (existsSync(join(root, name))) cpSync(join(root, name), join(copy, name), { recursive: true });
    }
    for (const name of ['.build', '.cache']) {
      if (existsSync(join(root, name))) symlinkSync(join(root, name), join(copy, name));
    }
    linkPackages(copy);
    const path = join(copy, mutant.file);
    const before = readFileSync(path, 'utf8');
    const after = before.replace(mutant.pattern, mutant.by);
    if (after === before) throw new Error(`${mutant.file} no longer has what '${mutant.name}' breaks`);
    writeFileSync(path, after);
    const first = ['--first-seed', String(mutant.seed)];
    const parameters = [...first, '--seeds', String(seeds), '--hours', String(hours), '--until-violation'];
    return await run(copy, ['--import', 'tsx', 'test/simulate.ts', ...parameters]);
  } finally {
    rmSync(copy, { recursive: true, force: true });
  }
}

/** All packages are the repository's, but its own workspaces are the copy's: else they would be no mutants. */
function linkPackages(copy: string): void {
  const packages = join(root, 'node_modules');
  mkdirSync(join(copy, 'node_modules', '@sluice'), { recursive: true });
  for (const name of readdirSync(packages)) {
    if (name !== '@sluice') symlinkSync(join(packages, name), join(copy, 'node_modules', name));
  }
  for (const name of readdirSync(join(packages, '@sluice')))
    symlinkSync(join(copy, name), join(copy, 'node_modules', '@sluice', name));
}

function run(directory: string, parameters: string[]): Promise<{ found: boolean; output: string }> {
  const child = spawn(process.execPath, parameters, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => (output += text));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      const summary = /^seeds \d+ violations ([1-9]\d*)$/m.test(output);
      resolve({ found: code === 1 && summary, output });
    });
  });
}
