import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { NodeStorage } from '@sluice/common/storage';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { entryOf, type ObjectDescription } from './object-entry';
import { type ObjectFilter, ObjectIndex } from './object-index';
import { type NewDescription, ObjectStore } from './object-store';

let directory: string;
let store: ObjectStore;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-objects-'));
  store = await open();
});
afterEach(async () => {
  await store.close();
  await rm(directory, { recursive: true });
});

const open = (index = join(directory, 'index.db')) =>
  ObjectStore.open({
    directory: join(directory, 'objects'),
    storage: new NodeStorage(),
    index: new ObjectIndex(index),
  });

/** Wall milliseconds of the first capture; the others follow by the minute. */
const begun = Date.UTC(2026, 10, 21, 12);

function describing(name: string, minute: number, more: Partial<NewDescription> = {}): NewDescription {
  return {
    name,
    app_id: 'lab',
    dev_id: 'm1',
    main: 'm1',
    type: 'binary',
    captured: new Date(begun + minute * 60_000).toISOString(),
    arrived: new Date(begun).toISOString(),
    resource: 'rdk:component:camera/cam',
    method: 'GetImages',
    parameters: {},
    extension: '.jpeg',
    tags: [],
    mimeType: 'image/jpeg',
    ...more,
  } as NewDescription;
}

async function put(description: NewDescription, contents = `of ${description.name}`) {
  const upload = await store.begin();
  await upload.append(Buffer.from(contents));
  return upload.keep(description);
}

async function contentsOf(name: string): Promise<string | undefined> {
  const file = await store.read(store.find({ appId: 'lab', devId: 'm1', name })!);
  if (file === undefined) return undefined;
  const bytes = await file.read(0, 100);
  await file.close();
  return Buffer.from(bytes).toString();
}

const names = (filter: ObjectFilter, page: Partial<Parameters<ObjectIndex['search']>[1]> = {}) =>
  store.index.search(filter, { limit: 100, ...page }).map(({ name }) => name);

test('what comes again by its name is what is stored', async () => {
  await put(describing('a', 0), 'first');
  const again = await put(describing('a', 0), 'other');
  expect(again.description.bytes).toBe(5);
  expect(await contentsOf('a')).toBe('first');
  expect(await readdir(join(directory, 'objects/uploads'))).toEqual([]);
});

describe('objects are found', () => {
  beforeEach(async () => {
    await put(describing('a', 0, { tags: ['night', 'door'], datasets: ['d1'] }));
    await put(describing('b', 1, { tags: ['door'], dev_id: 'm2' }));
    await put(describing('c', 2, { resource: 'rdk:component:camera/other', method: 'GetPointCloud' }));
    await put(describing('d', 3, { type: 'file', resource: '', method: '', mimeType: 'text/plain' }));
    await put(describing('e', 1440, { app_id: 'elsewhere' }));
  });

  test.each<[string, ObjectFilter, string[]]>([
    ['all', {}, ['a', 'b', 'c', 'd', 'e']],
    ['by project', { appIds: ['elsewhere', 'nowhere'] }, ['e']],
    ['of no project', { appIds: [] }, []],
    ['by device', { devId: 'm2' }, ['b']],
    ['by the name of a resource', { resource: { name: 'other' } }, ['c']],
    ['by the API of a resource', { resource: { api: 'rdk:component:camera' } }, ['a', 'b', 'c', 'e']],
    ['by method', { method: 'GetPointCloud' }, ['c']],
    ['by type', { mimeTypes: ['text/plain', 'image/png'] }, ['d']],
    ['by time', { from: begun + 60_000, to: begun + 180_000 }, ['b', 'c']],
    ['by tags', { tags: { anyOf: ['night', 'none of them'] } }, ['a']],
    ['with any tag', { tags: 'some' }, ['a', 'b']],
    ['with no tag', { tags: 'none' }, ['c', 'd', 'e']],
    ['by dataset', { dataset: 'd1' }, ['a']],
    ['by the main that handed it in', { main: 'm1' }, ['a', 'b', 'c', 'd', 'e']],
    ['of no main', { main: 'm2' }, []],
    ['by several at once', { tags: { anyOf: ['door'] }, devId: 'm1' }, ['a']],
  ])('%s', (_, filter, expected) => {
    expect(names(filter)).toEqual(expected);
    expect(store.index.count(filter)).toEqual({ objects: expected.length, bytes: expected.length * 4 });
  });

  test('page by page, in either order', () => {
    for (const newestFirst of [false, true]) {
      const seen: string[] = [];
      let after: ReturnType<ObjectIndex['search']>[number] | undefined;
      for (;;) {
        const page = store.index.search({}, { limit: 2, newestFirst, ...(after && { after }) });
        if (page.length === 0) break;
        seen.push(...page.map(({ name }) => name));
        after = page.at(-1);
      }
      expect(seen).toEqual(newestFirst ? ['e', 'd', 'c', 'b', 'a'] : ['a', 'b', 'c', 'd', 'e']);
    }
  });

  test('and all their tags told', () => {
    expect(store.index.tags({})).toEqual(['door', 'night']);
  });

  test('by what is said of them later, also after a restart', async () => {
    const tag = (name: string) =>
      store.describe([{ appId: 'lab', devId: 'm1', name }], (of) => ({ ...of, tags: [...of.tags, 'late'] }));
    expect(await tag('c')).toBe(1);
    expect(await tag('nowhere')).toBe(0);
    await store.close();
    store = await open();
    expect(names({ tags: { anyOf: ['late'] } })).toEqual(['c']);
  });

  test('no more when they are removed', async () => {
    const [first] = store.index.search({}, { limit: 1 });
    expect(await store.remove([first!, first!])).toBe(1);
    expect(names({})).toEqual(['b', 'c', 'd', 'e']);
    expect(await store.read(first!)).toBeUndefined();
    expect(await readdir(join(directory, 'objects/lab/m1/2026-11-21'))).not.toContain('a.json');
  });

  test('when the index is lost', async () => {
    await store.close();
    store = await open(':memory:');
    expect(names({})).toEqual(['a', 'b', 'c', 'd', 'e']);
  });
});

test('what fits nothing is found out without reading the descriptions', async () => {
  const index = new ObjectIndex(':memory:');
  const count = 5_000;
  const note = 'x'.repeat(1_000);
  const description = { ...describing('', 0), bytes: 1, sha256: '', note } as object as ObjectDescription;
  for (let number = 0; number < count; number++) {
    const name = `object-${number}`;
    const captured = begun + number;
    index.put(entryOf({ ...description, name, captured: new Date(captured).toISOString() }));
  }
  const none: ObjectFilter[] = [
    { tags: { anyOf: ['nowhere'] } },
    { dataset: 'nowhere' },
    { resource: { name: 'nowhere' } },
    { mimeTypes: ['no/where'] },
    { main: 'nowhere' },
    { devId: 'm1', tags: { anyOf: ['nowhere'] } },
  ];
  const spent = (filter: ObjectFilter) => {
    const before = process.cpuUsage();
    expect(index.search(filter, { limit: 50 })).toEqual([]);
    expect(index.count(filter).objects).toBe(0);
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1_000;
  };
  // Reading them takes some 40 µs each, as of 100,000 four seconds in which nothing else was done.
  for (const filter of none)
    expect([filter, spent(filter) < (count * 2 * 10) / 1_000]).toEqual([filter, true]);
  index.close();
});

test('after a hard end the index has what lies there, of the days that changed', async () => {
  await put(describing('a', 0));
  const old = store;
  const { description } = store.find({ appId: 'lab', devId: 'm1', name: 'a' })!;
  // As if the index had lost what came last, and never heard of what was removed.
  const day = join(directory, 'objects/lab/m1/2026-11-21');
  await writeFile(join(day, 'b.json'), JSON.stringify({ ...description, name: 'b' }));
  await rm(join(day, 'a.json'));
  store = await open();
  expect(names({})).toEqual(['b']);
  await old.close();
});
