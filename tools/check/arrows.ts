/** `npm run check`: says every arrow of the repository that its table of rooms does not allow. Exits 1 when there is one. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { type Fault, faultsOf, type Workspace } from './borders';
import { rooms } from './rooms';
import { readTree } from './source-tree';

const root = fileURLToPath(new URL('../..', import.meta.url));

interface Package {
  name: string;
  workspaces?: string[];
  bin?: Record<string, string>;
  exports?: Record<string, string>;
  dependencies?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

function packageAt(folder: string): Package {
  return JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8')) as Package;
}

function workspaceOf(folder: string, own: Package): Workspace {
  const { name, bin = {}, dependencies = {}, devDependencies = {} } = own;
  const names = (of: object) => new Set(Object.keys(of));
  const bundles = Object.values(bin).some((path) => path.startsWith('dist/'));
  return {
    folder,
    name,
    bundles,
    dependencies: names(dependencies),
    devDependencies: names(devDependencies),
  };
}

/** Of every TypeScript file that git knows or would take. */
export function repositoryFaults(): Fault[] {
  const listed = spawnSync('git', ['ls-files', '-co', '--exclude-standard', '--deduplicate', '*.ts'], {
    cwd: root,
    encoding: 'utf8',
  });
  if (listed.status !== 0) throw new Error(`git ls-files: ${listed.stderr}`);
  const paths = listed.stdout.trim().split('\n');
  const deleted = new Set(
    spawnSync('git', ['ls-files', '-d'], { cwd: root, encoding: 'utf8' }).stdout.split('\n'),
  );
  const texts = new Map(
    paths.filter((path) => !deleted.has(path)).map((path) => [path, readFileSync(join(root, path), 'utf8')]),
  );
  const own = packageAt('.');
  const folders = own.workspaces ?? [];
  const packages = folders.map((folder) => ({ folder, ...packageAt(folder) }));
  const exported = packages.map(
    ({ name, folder, exports }) => [name, { folder, exports: exports?.['./*'] ?? './*.ts' }] as const,
  );
  const tree = readTree(texts, new Map(exported));
  const workspaces = packages.map((each) => workspaceOf(each.folder, each));
  return faultsOf(tree, rooms, workspaceOf('.', own), workspaces);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const faults = repositoryFaults();
  for (const { kind, message } of faults) console.error(`${kind}: ${message}`);
  if (faults.length > 0) process.exitCode = 1;
}
