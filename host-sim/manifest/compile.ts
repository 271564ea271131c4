/**
 * Compiles modules to JavaScript for XS with the TypeScript compiler, by the options of the firmware's tsconfig.json.
 * Types are not checked here (`npm run check` does): a simulation starts in a moment.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, extname, join, relative, sep } from 'node:path';
import process from 'node:process';
import { BuildError } from './error';
import { compiler, root } from './paths';

/** `read() { return native('x').call(this); }` as the SDK's modules write it, and any other `native('x')`. */
const nativeMethod =
  /((?:static\s+)?(?:[gs]et\s+)?[\w$]+\([^()]*\))\s*\{\s*(?:return\s+)?native\(\s*["'](\w+)["']\s*\)\.call\([^;{}]*\);?\s*\}/g;
const nativeFunction = /\bnative\(\s*["'](\w+)["']\s*\)/g;

/** Only the simulated modules bind natives. */
const simulated = join(root, 'host-sim', 'moddable') + sep;

/** Host functions as XS binds them: `name(…) @ "x"`. Keeps the number of lines, so that source maps stay true. */
function bindNatives(code: string): string {
  return code
    .replace(
      nativeMethod,
      (whole, head: string, name: string) =>
        `${head} @ "${name}"${'\n'.repeat(whole.split('\n').length - 1)}`,
    )
    .replace(nativeFunction, '(function () @ "$1")');
}

/** What a module imports, from the compiler's output. */
export function importsOf(code: string): string[] {
  const found = new Set<string>();
  const patterns = [
    /^\s*(?:import|export)\b[^'";]*?\bfrom\s*["']([^"']+)["']/gm,
    /^\s*import\s*["']([^"']+)["']/gm,
    /\bimport\(\s*["']([^"']+)["']\s*\)/g,
  ];
  for (const pattern of patterns) for (const match of code.matchAll(pattern)) found.add(match[1]!);
  return [...found];
}

function runCompiler(files: string[], output: string): void {
  const project = join(output, 'tsconfig.json');
  const inside = files.every((file) => !relative(root, file).startsWith('..'));
  mkdirSync(output, { recursive: true });
  writeFileSync(
    project,
    JSON.stringify({
      extends: join(root, 'tsconfig.json'),
      compilerOptions: {
        noEmit: false,
        noCheck: true,
        noResolve: true,
        noEmitOnError: false,
        sourceMap: true,
        inlineSources: false,
        rootDir: inside ? root : '/',
        outDir: output,
      },
      files,
      include: [],
      exclude: [],
    }),
  );
  const { status, stdout, stderr } = spawnSync(process.execPath, [compiler, '-p', project], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new BuildError(`TypeScript: ${stdout}${stderr}`.trim());
}

/** Compiles `files` into `output`; returns the JavaScript file of each. */
export function compile(files: readonly string[], output: string): Map<string, string> {
  const typescript = files.filter((file) => extname(file) === '.ts');
  const base = files.every((file) => !relative(root, file).startsWith('..')) ? root : '/';
  if (typescript.length > 0) runCompiler(typescript, output);
  const result = new Map<string, string>();
  for (const file of files) {
    const place = join(output, relative(base, file));
    const target = join(dirname(place), `${basename(place, extname(place))}.js`);
    mkdirSync(dirname(target), { recursive: true });
    if (extname(file) === '.json')
      writeFileSync(target, `export default Object.freeze(${readFileSync(file, 'utf8').trim()}, true);\n`);
    else {
      const from = extname(file) === '.ts' ? target : file;
      if (!existsSync(from)) throw new BuildError(`${file}: not compiled`);
      const code = readFileSync(from, 'utf8');
      writeFileSync(target, file.startsWith(simulated) ? bindNatives(code) : code);
    }
    result.set(file, target);
  }
  return result;
}
