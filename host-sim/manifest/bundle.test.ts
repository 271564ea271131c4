import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SimulatedDevice } from '../device';
import { inlineFirmware } from '../inline-firmware';
import { makeBundle } from './bundle';
import { importsOf } from './compile';
import { matchPlatform, readManifest } from './manifest';
import { listModules } from './modules';
import { readPartitions } from './partitions';

let directory = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sluice-manifest-'));
});

afterEach(() => {
  rmSync(directory, { recursive: true });
});

function write(files: Record<string, string | object>): void {
  for (const [name, content] of Object.entries(files)) {
    const path = join(directory, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  }
}

const manifest = (platform = 'sim/esp32') => readManifest(join(directory, 'manifest.json'), platform);
const names = () =>
  listModules(manifest())
    .map(({ name, preload }) => name + (preload ? ' preloaded' : ''))
    .sort();

describe('a manifest', () => {
  test('is read as mcconfig reads it: includes first, each once, the platform after the rest', () => {
    write({
      'manifest.json': {
        include: ['./a/manifest.json', './b/manifest.json'],
        config: { rate: 3, nested: { own: 1 } },
        platforms: { sim: { config: { rate: 4 } }, esp32: { config: { rate: 5 } } },
      },
      'a/manifest.json': { include: '../b/manifest.json', config: { rate: 1, from: 'a', nested: { a: 1 } } },
      'b/manifest.json': { config: { rate: 2, from: 'b' }, creation: { stack: 256 } },
    });
    const { config, creation, files } = manifest();
    expect(config).toEqual({ rate: 4, from: 'a', nested: { a: 1, own: 1 } });
    expect(creation).toEqual({ stack: 256 });
    expect(files).toHaveLength(3);
  });

  test('matches platforms by name, prefix, suffix, and the rest', () => {
    const platforms = { 'sim/esp32c3': { a: 1 }, 'sim/*': { a: 2 }, '*/odd': { a: 3 }, '...': { a: 4 } };
    expect(matchPlatform(platforms, 'sim/esp32c3')).toEqual({ a: 1 });
    expect(matchPlatform(platforms, 'sim/esp32')).toEqual({ a: 2 });
    expect(matchPlatform(platforms, 'else/odd')).toEqual({ a: 3 });
    expect(matchPlatform(platforms, 'lin')).toEqual({ a: 4 });
  });

  test('names modules by target, glob with prefix, and array; `~` leaves out', () => {
    write({
      'manifest.json': {
        modules: {
          '*': ['./main', './lib/x-*'],
          'deep/*': './deep/*',
          'embedded:io/thing': './deep/one',
          '~': './deep/two',
        },
        preload: ['main', 'deep/one'],
      },
      'main.ts': '',
      'lib/x-a.js': '',
      'lib/y.js': '',
      'deep/one.ts': '',
      'deep/two.ts': '',
      'deep/types.d.ts': '',
    });
    expect(names()).toEqual(['a', 'deep/one preloaded', 'embedded:io/thing', 'main preloaded']);
  });

  test.each([
    [{ modules: { main: './nowhere' } }, /modules "main": "\.\/nowhere" matches nothing/],
    [{ modules: { '*': './nowhere*' } }, /matches nothing/],
    [{ modules: { main: './main' }, preload: ['mian'] }, /preload "mian": no such module/],
    [{ modules: { main: './main' }, preload: ['m*'] }, /globs pass over TypeScript/],
    [{ include: './gone.json' }, /gone\.json': manifest not found/],
    [{ include: '$(MODDABLE_NOT_SET)/manifest.json' }, /'\$\(MODDABLE_NOT_SET\)' is not known/],
    [{ modules: { main: ['./main', './other'] } }, /module "main" is both/],
  ])('is refused where a device build only warns: %j', (content, message) => {
    write({ 'manifest.json': content, 'main.ts': '', 'other.ts': '' });
    expect(() => names()).toThrow(message);
  });

  test('that is no JSON is named', () => {
    write({ 'manifest.json': '{,}' });
    expect(() => manifest()).toThrow(/manifest\.json: .*JSON/);
  });
});

describe('a bundle', () => {
  test('is refused when an import is not provided, naming the file', () => {
    write({
      'manifest.json': { modules: { main: './main' } },
      'main.ts': `import { x } from './helper';\nexport const y = x;\n`,
    });
    expect(() => makeBundle({ firmware: directory, board: 'esp32' })).toThrow(
      /main\.ts imports '\.\/helper'/,
    );
  });

  test('is refused without a main module', () => {
    write({ 'manifest.json': { modules: { other: './other' } }, 'other.ts': '' });
    expect(() => makeBundle({ firmware: directory, board: 'esp32' })).toThrow(/no module "main"/);
  });

  test('takes memory from the board, and from the manifest before the board', () => {
    write({ 'manifest.json': { modules: { main: './main' }, creation: { static: 65536 } }, 'main.ts': '' });
    expect(makeBundle({ firmware: directory, board: 'esp32c3' }).creation).toMatchObject({
      static: 65536,
      chunk: { initial: 1536 },
      stack: 384,
    });
  });

  test('takes partitions from the table that the manifest names', () => {
    write({
      'manifest.json': { build: { PARTITIONS_FILE: './table.csv' }, modules: { main: './main' } },
      'main.ts': '',
      'table.csv':
        '# Name, Type, SubType, Offset, Size\nnvs, data, nvs, 0x9000, 24K,\napp, app, factory, , 1M\ndata,data,0x40,,0x100000,\n',
    });
    expect(makeBundle({ firmware: directory, board: 'esp32' }).partitions).toEqual([
      { label: 'nvs', type: 'data', subtype: 'nvs', offset: 0x9000, size: 0x6000 },
      { label: 'app', type: 'app', subtype: 'factory', offset: 0x10000, size: 0x100000 },
      { label: 'data', type: 'data', subtype: '0x40', offset: 0x110000, size: 0x100000 },
    ]);
    write({ 'bad.csv': 'nvs, data, nvs, 0x9000, lots\n' });
    expect(() => readPartitions(join(directory, 'bad.csv'))).toThrow(/bad\.csv:1: 'lots' is not a size/);
  });

  test('finds every form of import in compiled code', () => {
    const code = `import a, { b as c } from "one";\nimport 'two';\nexport * from './three';\nexport { d } from "../four";
      import { e,
        f } from 'five';\nconst g = await import("six");\nconst text = "import x from 'seven'";`;
    expect(importsOf(code).sort()).toEqual(['../four', './three', 'five', 'one', 'six', 'two']);
  });
});

describe('a build that a device would not take is refused, naming the place', () => {
  const start = (main: string, modules: Record<string, string>) =>
    SimulatedDevice.start({ firmware: inlineFirmware({ main, modules }) });

  test.each([
    ['an object that is not frozen', `export const table = { a: [1] };`, /not frozen: lib: table/],
    [
      'one that only a closure reaches',
      `const seen: number[] = [];\nexport const see = () => seen.length;`,
      /not frozen: lib: see\.seen/,
    ],
    [
      'one inside a frozen one',
      `export const table = Object.freeze({ inner: { a: 1 } });`,
      /not frozen: lib: table\.inner/,
    ],
    [
      'a native called in the body',
      `import { mac } from 'sim/device';\nexport const address = mac();`,
      /preloaded module calls a native function/,
    ],
    ['a body that throws', `throw new Error('at build time');`, /preload failed: .*at build time/s],
  ])('%s', async (_, lib, message) => {
    await expect(start(`import 'lib';`, { lib })).rejects.toThrow(message);
  });

  test('a syntax that XS does not know', async () => {
    await expect(start(`const x = /\\p{L}/u;`, {})).rejects.toThrow(/syntax error: .*main/);
  });
});
