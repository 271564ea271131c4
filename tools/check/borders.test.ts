import { describe, expect, test } from 'vitest';
import { repositoryFaults } from './arrows';
import { circlesOf, type Fault, faultsOf, roomOf, type Workspace } from './borders';
import { importsOf } from './imports';
import { readTree } from './source-tree';

const rooms = { low: { may: [] }, 'low/inner': { may: ['low'], tests: ['high'] }, high: { may: ['low'] } };
const names = (...of: string[]) => new Set(of);
const root: Workspace = { folder: '.', dependencies: names(), devDependencies: names('vitest') };
const high: Workspace = { folder: 'high', dependencies: names('ws'), devDependencies: names('pino') };
const exported = new Map([['@sluice/high', { folder: 'high', exports: './*.ts' }]]);

/** Of a tree of these texts. */
function faults(texts: Record<string, string>): Fault[] {
  return faultsOf(readTree(new Map(Object.entries(texts)), exported), rooms, root, [high]);
}

function kinds(texts: Record<string, string>): string[] {
  return faults(texts).map(({ kind }) => kind);
}

describe('of a source file', () => {
  test.each([
    ["import { a } from './x';", './x', false],
    ["import './x';", './x', false],
    ["import type { A } from './x';", './x', true],
    ["import { type A, type B } from './x';", './x', true],
    ["import { type A, b } from './x';", './x', false],
    ["export * from './x';", './x', false],
    ["export type { A } from './x';", './x', true],
    ["export {\n  a,\n} from './x';", './x', false],
    ["type A = import('./x').A;", './x', true],
    ["const a = await import('./x');", './x', false],
    ["type A = typeof import('./x');", './x', true],
    ['const a = import(`./x`);', './x', false],
    ["import a = require('./x');", './x', false],
    ['const a = import(name);', undefined, false],
  ])('%j imports %j, for its types only: %j', (text, specifier, typeOnly) => {
    expect(importsOf('a.ts', text)).toEqual([{ specifier, typeOnly, line: expect.any(Number) }]);
  });

  test('what only looks like an import is none', () => {
    const text = "// import './x';\nconst text = `import './x';`;\nconst from = 'from'; export const b = 1;";
    expect(importsOf('a.ts', text)).toEqual([]);
  });

  test('each import is named with its line', () => {
    const text = "import './a';\n\nimport {\n  b,\n} from './b';\n";
    expect(importsOf('a.ts', text).map(({ line }) => line)).toEqual([1, 5]);
  });

  test('a text that does not parse is no file without imports', () => {
    expect(() => importsOf('a.ts', 'import {')).toThrow('a.ts does not parse');
  });
});

describe('an arrow', () => {
  test('that the table allows is fine', () => {
    expect(faults({ 'high/a.ts': "import '../low/b';", 'low/b.ts': '' })).toEqual([]);
  });

  test('that it does not allow is named with its place', () => {
    const [found, ...more] = faults({ 'low/b.ts': "\nimport '../high/a';", 'high/a.ts': '' });
    expect(more).toEqual([]);
    expect(found!.message).toMatch(/^low\/b\.ts:2 → high\/a\.ts: low may import nothing, not high$/);
  });

  test('of types alone is an arrow', () => {
    expect(kinds({ 'low/b.ts': "import type { A } from '../high/a';", 'high/a.ts': '' })).toEqual(['arrow']);
    expect(kinds({ 'low/b.ts': "type A = import('../high/a').A;", 'high/a.ts': '' })).toEqual(['arrow']);
  });

  test("by a workspace's name is the same arrow, for which package.json must name it", () => {
    const texts = { 'low/b.ts': "import '@sluice/high/a';", 'high/a.ts': '' };
    expect(kinds(texts)).toEqual(['arrow', 'package']);
  });

  test('into a room of a room is of the innermost', () => {
    expect(roomOf('low/inner/c.ts', rooms)).toBe('low/inner');
    expect(roomOf('lower/c.ts', rooms)).toBeUndefined();
    expect(kinds({ 'low/b.ts': "import './inner/c';", 'low/inner/c.ts': '' })).toEqual(['arrow']);
  });

  test('of a test may go where its room lets tests', () => {
    const target = { 'high/a.ts': '' };
    expect(kinds({ 'low/inner/c.test.ts': "import '../../high/a';", ...target })).toEqual([]);
    expect(kinds({ 'low/inner/c.ts': "import '../../high/a';", ...target })).toEqual(['arrow']);
  });

  test('from a product to a test is false in every room', () => {
    expect(kinds({ 'low/b.ts': "import './test-part';", 'low/test-part.ts': '' })).toEqual(['kind']);
  });

  test('of a file in no room is not overlooked', () => {
    expect(kinds({ 'attic/a.ts': '' })).toEqual(['arrow']);
  });

  test('that leads nowhere, or nobody can see, is named', () => {
    expect(kinds({ 'low/b.ts': "import './gone';" })).toEqual(['unknown']);
    expect(kinds({ 'low/b.ts': 'await import(name);' })).toEqual(['unknown']);
  });

  test('may not be allowed to a room that stands below', () => {
    const table = { a: { may: ['b'] }, b: { may: [] } };
    expect(faultsOf(readTree(new Map(), exported), table, root, []).map(({ kind }) => kind)).toEqual([
      'arrow',
    ]);
  });
});

describe('a circle', () => {
  test.each([
    ['of values', "import './b';"],
    ['of types', "import type { B } from './b';"],
    ['made when the program runs', "await import('./b');"],
  ])('of two files, %s, is found', (_kind, text) => {
    const [found, ...more] = faults({ 'low/a.ts': text, 'low/b.ts': "import './a';" });
    expect(more).toEqual([]);
    expect(found).toEqual({ kind: 'circle', message: 'low/a.ts ↔ low/b.ts' });
  });

  test('of many files is one, without those that only lead to it', () => {
    const arrows = ['ab', 'bc', 'ca', 'da', 'ce'].map(([from, to]) => ({ from: from!, to: to!, line: 1 }));
    expect(circlesOf({ files: [...'dabce'], arrows })).toEqual([['a', 'b', 'c']]);
  });

  test('is not where two ways lead to one file', () => {
    const arrows = ['ab', 'ac', 'bd', 'cd'].map(([from, to]) => ({ from: from!, to: to!, line: 1 }));
    expect(circlesOf({ files: [...'abcd'], arrows })).toEqual([]);
  });

  test('of a file with itself is one', () => {
    expect(kinds({ 'low/a.ts': "import './a';" })).toEqual(['circle']);
  });
});

describe('a package', () => {
  test.each([
    ['high/a.ts', "import 'ws';", []],
    ['high/a.ts', "import type { Logger } from 'pino';", []],
    ['high/a.ts', "import 'pino';", ['package']],
    ['high/a.ts', "import 'vitest';", ['package']],
    ['high/a.test.ts', "import 'vitest';", []],
    ['high/a.ts', "import 'node:fs';", []],
    ['low/a.ts', "import 'ws';", ['package']],
  ])('in %s by %j gives %j', (path, text, found) => {
    expect(kinds({ [path]: text })).toEqual(found);
  });

  test("of Node's own is not for a device", () => {
    const table = { 'modules/ring': { may: [] } };
    const tree = readTree(new Map([['modules/ring/a.ts', "import 'node:fs';"]]), exported);
    expect(faultsOf(tree, table, root, []).map(({ kind }) => kind)).toEqual(['kind']);
  });
});

test('this repository has none of all that', () => {
  expect(repositoryFaults()).toEqual([]);
});
