/**
 * Programs as plain JavaScript: what is ours goes into one bundle, packages of others stay outside. Installed with them,
 * it needs neither a compiler nor this repository.
 */
import { rmSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { build, type Plugin } from 'esbuild';

export interface BundleOptions {
  /** By the name of the file that is made of it, without `.js`: the module where a program begins. */
  entries: Readonly<Record<string, string>>;
  /** Made anew. */
  out: string;
  /** Paths of modules that are taken instead of others: what a package has in another way than a clone. */
  instead?: Readonly<Record<string, string>>;
  /** The file of a module that is named by neither path nor package. */
  resolve?(specifier: string, importer: string): string | undefined;
}

const ours = /^@sluice\//;

/** @returns names of the packages that it needs */
export async function bundle({ entries, out, instead = {}, resolve }: BundleOptions): Promise<string[]> {
  rmSync(out, { recursive: true, force: true });
  const needed = new Set<string>();
  const outside: Plugin = {
    name: 'packages of others',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /./ }, ({ path, kind, importer }) => {
        const file = resolve?.(path, importer);
        if (file !== undefined) return { path: file };
        if (kind === 'entry-point' || ours.test(path) || /^[./]/.test(path)) return undefined;
        if (!isBuiltin(path)) needed.add(packageOf(path));
        return { path, external: true };
      });
      onLoad({ filter: /\.ts$/ }, ({ path }) => {
        const other = instead[path];
        return other === undefined
          ? undefined
          : { contents: `export * from ${JSON.stringify(other)};`, resolveDir: '/' };
      });
    },
  };
  await build({
    entryPoints: { ...entries },
    outdir: out,
    bundle: true,
    // A command that is not asked for is not loaded.
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    plugins: [outside],
    logLevel: 'error',
  });
  return [...needed].sort();
}

function packageOf(specifier: string): string {
  return specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');
}
