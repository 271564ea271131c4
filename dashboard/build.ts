/** Bundles the page into a directory: a fraction of a second, so it is done at every start. */
import { copyFile, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';

const source = import.meta.dirname;

export async function buildPage(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  await build({
    entryPoints: [join(source, 'page.ts'), join(source, 'page.css')],
    outdir: directory,
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
    logLevel: 'error',
  });
  for (const name of ['index.html', 'icon.svg']) await copyFile(join(source, name), join(directory, name));
}
