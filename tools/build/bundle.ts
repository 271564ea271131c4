/**
 * A workspace's program as plain JavaScript: what is ours goes into one bundle, packages of others stay outside and are
 * what the workspace's package.json depends on. Installed, it needs neither a compiler nor this repository.
 */
import { readFileSync, rmSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { join } from 'node:path';
import { build, type Plugin } from 'esbuild';

export interface BundleOptions {
  /** The workspace's folder. */
  workspace: string;
  /** The program's module, in it. */
  entry: string;
  /** Made anew, in it. */
  out: string;
}

const ours = /^@sluice\//;

/** @throws when it needs a package that the workspace does not depend on */
export async function bundle({ workspace, entry, out }: BundleOptions): Promise<string> {
  const directory = join(workspace, out);
  rmSync(directory, { recursive: true, force: true });
  const needed = new Set<string>();
  const outside: Plugin = {
    name: 'packages of others',
    setup: ({ onResolve }) =>
      onResolve({ filter: /^[^./]/ }, ({ path, kind }) => {
        if (kind === 'entry-point' || ours.test(path)) return undefined;
        if (!isBuiltin(path)) needed.add(packageOf(path));
        return { path, external: true };
      }),
  };
  await build({
    entryPoints: [join(workspace, entry)],
    outdir: directory,
    bundle: true,
    // A command that is not asked for is not loaded.
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    plugins: [outside],
    logLevel: 'error',
  });
  const { dependencies = {} } = JSON.parse(readFileSync(join(workspace, 'package.json'), 'utf8')) as {
    dependencies?: Record<string, string>;
  };
  const missing = [...needed].filter((name) => !(name in dependencies));
  if (missing.length > 0) throw new Error(`${workspace}/package.json does not name ${missing.join(', ')}`);
  return directory;
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
