/**
 * Generates what is generated and committed: `proto/link.js` (the static code of `proto/link.proto` and its
 * protobufjs runtime as one ES module), `proto/link.d.ts`, `proto/fields.ts` (the numbers by which the device writes
 * and reads, so that the firmware builds from a clone without npm), and the reference of error codes. With `--check`
 * nothing is written: exits 1 naming the files that differ. With `kept` it keeps what this release writes (test/kept).
 */
import { spawnSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build, type Plugin } from 'esbuild';
import protobuf from 'protobufjs';
import { problemReference } from '../cli/check/reference';
import { errorReference } from '../common/errors';
import { machineJsonSchema } from '../gateway/machine/json-schema';
import { resourceReference } from '../gateway/resources/reference';

const root = fileURLToPath(new URL('..', import.meta.url));

if (process.argv.includes('kept')) {
  const { status } = spawnSync('npx', ['tsx', join(root, 'test/kept/make.ts')], { stdio: 'inherit' });
  process.exit(status ?? 1);
}
const source = join(root, 'proto/link.proto');
const require = createRequire(import.meta.url);
const pbjs = promisify<string[], string>(require('protobufjs-cli/pbjs').main);

const banner =
  '// Generated from proto/link.proto by `npm run generate`; the protobufjs runtime is BSD-3-Clause.\n';

const fieldsBanner =
  '// Field numbers and enumerations. Generated from proto/link.proto by `npm run generate`.\n';

/**
 * Parts of the runtime which the link never uses, or which an ESP32 cannot have: an 8 KB pool of buffers, and
 * working arrays in a module, which are read-only in flash.
 */
const replaced: Record<string, string> = {
  './rpc': 'module.exports = undefined;',
  './roots': 'module.exports = undefined;',
  './pool': 'module.exports = (alloc) => alloc;',
  './float': `const view = (bytes) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    module.exports = {
      writeDoubleLE(value, bytes, at) { view(bytes).setFloat64(at, value, true); },
      readDoubleLE(bytes, at) { return view(bytes).getFloat64(at, true); },
    };`,
  './base64': 'module.exports = undefined;',
  './eventemitter': 'module.exports = undefined;',
  './aspromise': 'module.exports = undefined;',
  long: 'module.exports = undefined;',
};

function runtime(code: string): Plugin {
  return {
    name: 'link runtime',
    setup({ onResolve, onLoad }) {
      onResolve({ filter: /^link\.static$/ }, () => ({ path: 'link', namespace: 'static' }));
      onLoad({ filter: /.*/, namespace: 'static' }, () => ({
        contents: code,
        loader: 'js',
        resolveDir: root,
      }));
      onResolve(
        { filter: /^(\.\/(rpc|roots|pool|float|base64|eventemitter|aspromise)|long)$/ },
        ({ path }) => ({
          path,
          namespace: 'replaced',
        }),
      );
      onLoad({ filter: /.*/, namespace: 'replaced' }, ({ path }) => ({
        contents: replaced[path]!,
        loader: 'js',
      }));
      onLoad({ filter: /protobufjs\/src\/util\/minimal\.js$/ }, async ({ path }) => ({
        contents: frozenRuntime(await readFile(path, 'utf8')),
        loader: 'js',
      }));
    },
  };
}

function replace(text: string, ...changes: [RegExp, string][]): string {
  return changes.reduce((changed, [pattern, by]) => {
    if (!pattern.test(changed)) throw new Error(`generated code no longer has ${pattern}`);
    return changed.replace(pattern, by);
  }, text);
}

/**
 * A preloaded module lies in an ESP32's flash: whatever it holds is frozen. So it may not hold the global object,
 * and messages may not inherit defaults from their prototypes: assigning an inherited frozen name throws.
 * A field that is absent is therefore undefined, as the type `$Properties` says.
 */
function frozenCode(code: string): string {
  return replace(
    `${code}\nObject.freeze($root, true);\n`,
    [
      /const \$Object = .*\n/,
      'const $Object = Object, $undefined = undefined, $Error = Error, $RangeError = RangeError;\n',
    ],
    [/const \$root = .*\n/, 'const $root = {};\n'],
    [/^ +\w+\.prototype(?:\.\w+|\["\w+"\]) = (?!function).*\n/gm, ''],
    [/values = \$Object\.create\(valuesById\)/g, 'values = {}'],
  );
}

function frozenRuntime(code: string): string {
  return replace(
    code,
    [
      /util\.global = [^;]*;/,
      'util.global = Object.freeze({ Buffer: globalThis.Buffer, process: globalThis.process });',
    ],
    [/util\.toJSONOptions = \{/, 'util.toJSONOptions = globalThis.process && {'],
  );
}

async function generateCode(): Promise<string> {
  const options = ['create', 'verify', 'convert', 'delimited', 'typeurl', 'service', 'comments'];
  const code = await pbjs([
    ...['--target', 'static-module', '--wrap', 'esm', '--force-number'],
    ...options.map((name) => `--no-${name}`),
    source,
  ]);
  const { outputFiles } = await build({
    entryPoints: [join(root, 'proto/runtime/entry.js')],
    inject: [join(root, 'proto/runtime/text-decoder.js')],
    plugins: [runtime(frozenCode(code))],
    bundle: true,
    write: false,
    format: 'esm',
    target: 'es2022',
    legalComments: 'none',
    absWorkingDir: root,
  });
  return banner + outputFiles[0]!.text;
}

const runtimeTypes = `export interface Writer {
  finish(): Uint8Array<ArrayBuffer>;
}
export interface Reader {
  pos: number;
  len: number;
  discardUnknown: boolean;
}
export declare const Reader: { create(bytes: Uint8Array): Reader };
declare namespace $protobuf {
  export { Reader, Writer };
}
`;

async function generateTypes(): Promise<string> {
  const file = join(root, '.cache/link.static.js');
  await mkdir(join(root, '.cache'), { recursive: true });
  await pbjs([
    ...['--target', 'static-module', '--wrap', 'esm', '--force-number', '--dts', '--out', file],
    ...['verify', 'convert', 'delimited', 'typeurl', 'service', 'create'].map((name) => `--no-${name}`),
    source,
  ]);
  const text = await readFile(file.replace(/js$/, 'd.ts'), 'utf8');
  const body = text.replace(/^import .*\n/gm, '');
  return `${banner}${runtimeTypes}\nexport import link = sluice.link;\n${body}`;
}

/** Field numbers by message, and the values of enumerations, by the names that link.js has. */
async function generateFields(): Promise<string> {
  const { root: parsed } = protobuf.parse(await readFile(source, 'utf8'));
  const constants: string[] = [];
  const add = (name: string, members: Record<string, number>) => {
    const lines = Object.entries(members).map(([member, number]) => `  ${member}: ${number},\n`);
    constants.push(`export const ${name} = Object.freeze({\n${lines.join('')}});\n`);
  };
  const addAll = ({ nestedArray }: protobuf.NamespaceBase) => {
    for (const of of nestedArray) {
      if (of instanceof protobuf.Enum) add(of.name, of.values);
      else if (of instanceof protobuf.Type) {
        add(of.name, Object.fromEntries(of.fieldsArray.map(({ name, id }) => [name, id])));
        addAll(of);
      }
    }
  };
  addAll(parsed.lookup('sluice.link') as protobuf.NamespaceBase);
  return `${fieldsBanner}\n${constants.join('\n')}`;
}

const files = {
  'proto/link.js': generateCode,
  'proto/link.d.ts': generateTypes,
  'proto/fields.ts': generateFields,
  'docs/reference/errors.md': async () => errorReference(),
  'docs/reference/problems.md': async () => problemReference(),
  'docs/reference/machine.schema.json': async () => machineJsonSchema(),
  'docs/reference/resources.md': async () => resourceReference(),
};
const different: string[] = [];
for (const [path, generate] of Object.entries(files)) {
  const text = await generate();
  await mkdir(dirname(join(root, path)), { recursive: true });
  const current = await readFile(join(root, path), 'utf8').catch(() => '');
  if (current === text) continue;
  different.push(path);
  if (!process.argv.includes('--check')) await writeFile(join(root, path), text);
}
if (process.argv.includes('--check') && different.length > 0) {
  console.error(`not what is generated: ${different.join(', ')}. Run 'npm run generate'.`);
  process.exitCode = 1;
}
