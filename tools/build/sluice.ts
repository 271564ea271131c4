/**
 * `npm run package`: the package `sluice` as a tarball, with everything that it needs, so that it is installed without a
 * registry. Native packages are those of the machine that packs; on another, npm fetches its own.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { chipModule } from '../../cli/check/chip/modules';
import { buildPage } from '../../dashboard/build';
import { bundle } from './bundle';
import { copyPackages } from './packages';

const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/\/$/, '');
const at = (path: string) => join(root, path);
const folder = at('.build/package');
const out = join(folder, 'dist');

/** Beside the tarball's name, which alone goes to the standard output. */
const tell = (text: string) => console.error(`sluice: ${text}`);

tell('bundling the programs and the page');
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const needed = await bundle({
  entries: {
    sluice: at('cli/packed/sluice.ts'),
    child: at('cloud/query/child.ts'),
    starter: at('cloud/query/starter.ts'),
  },
  out,
  instead: {
    [at('dashboard/build.ts')]: at('cli/packed/page.ts'),
    [at('cli/check/chip/load.ts')]: at('cli/packed/chip-modules.ts'),
    [at('cli/compose/start.ts')]: at('cli/packed/no-simulator.ts'),
    [at('host-sim/device.ts')]: at('cli/packed/no-simulator.ts'),
  },
  resolve: chipModule,
});
await buildPage(join(out, 'page'));
// Beside the module that reads it, as in a clone.
copyFileSync(at('cli/plan/currents.json'), join(out, 'currents.json'));
copyFileSync(at('bench/kept.json'), join(out, 'kept.json'));
for (const name of ['README.md', 'LICENSE']) copyFileSync(at(name), join(folder, name));

const { version, description, license, engines } = JSON.parse(readFileSync(at('package.json'), 'utf8'));
tell('copying the packages that are not bundled');
const dependencies = copyPackages(needed, root, folder);
const own = { name: 'sluice', version, description, license, type: 'module', engines };
const rest = { bin: { sluice: 'dist/sluice.js' }, files: ['dist'], dependencies, bundleDependencies: true };
writeFileSync(join(folder, 'package.json'), `${JSON.stringify({ ...own, ...rest }, undefined, 2)}\n`);

tell('packing: half a minute');
const destination = process.argv.includes('--pack-destination') ? [] : ['--pack-destination', process.cwd()];
const { status } = spawnSync(
  'npm',
  ['pack', '--silent', '--ignore-scripts', ...destination, ...process.argv.slice(2)],
  { cwd: folder, stdio: 'inherit' },
);
process.exitCode = status ?? 1;
