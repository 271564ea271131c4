import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { StrictDisk } from '../../common/storage/strict-disk';
import { Cloud } from '../cloud';
import type { CloudOptions } from '../options';
import { ObjectIndex } from '../stores/objects/object-index';
import { type NewDescription, ObjectStore } from '../stores/objects/object-store';

const name = '0f0e7a52-6a5f-4d5e-8d5b-0c9f6f8a1b2c';
const description = {
  type: 'binary',
  size: 9,
  captured: Date.UTC(2026, 10, 21, 22, 40),
  metadata: {
    part: 'main',
    owner: 'part',
    resource: 'rdk:component:camera/cam',
    method: 'GetImages',
    parameters: {},
    requested: 1,
    received: 2,
    mimeType: 'image/jpeg',
    extension: '.jpeg',
    tags: ['night'],
    retention: { days: 5 },
  },
};
const sha256 = createHash('sha256').update('a picture').digest('hex');

let directory: string;
let cloud: Cloud;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-files-'));
  await start();
});
afterEach(async () => {
  await cloud.close();
  await rm(directory, { recursive: true });
});

async function start(options: Partial<CloudOptions> = {}): Promise<void> {
  cloud = await Cloud.start({
    directory,
    httpPort: 0,
    mqttPort: 0,
    log: pino({ level: 'silent' }),
    reserve: 0,
    ...options,
  });
}

async function send(method: 'POST' | 'PUT', body: BodyInit, query = '', of = name) {
  const url = `http://127.0.0.1:${cloud.httpPort}/files/app/main/${of}${query}`;
  const headers = { 'content-type': 'application/octet-stream' };
  const response = await fetch(url, { method, body, headers });
  return [response.status, await response.json()] as const;
}

const begin = (change: object = {}) => send('POST', JSON.stringify({ ...description, ...change }));
const stored = () => join(directory, 'objects/app/main/2026-11-21');

test('a file comes in parts, is stored with its description, and once by name', async () => {
  expect(await begin()).toEqual([200, { stored: false }]);
  expect(await send('PUT', 'a pic', '?offset=0')).toEqual([200, { stored: false }]);
  expect(await send('PUT', 'ture', `?offset=5&sha256=${sha256}`)).toEqual([200, { stored: true, sha256 }]);
  expect(await readFile(join(stored(), `${name}.jpeg`), 'utf8')).toBe('a picture');
  expect(JSON.parse(await readFile(join(stored(), `${name}.json`), 'utf8'))).toMatchObject({
    name,
    app_id: 'app',
    dev_id: 'main',
    captured: '2026-11-21T22:40:00.000Z',
    resource: 'rdk:component:camera/cam',
    mimeType: 'image/jpeg',
    tags: ['night'],
    retention: { days: 5 },
    bytes: 9,
    sha256,
  });
  expect(await begin()).toEqual([200, { stored: true, sha256 }]);
  await cloud.close();
  await start();
  expect(await begin()).toEqual([200, { stored: true, sha256 }]);
});

test('what was seen in a picture is kept, each box and class by a name', async () => {
  const annotations = {
    bboxes: [
      {
        label: 'cat',
        ...{ x_min_normalized: 0, y_min_normalized: 0, x_max_normalized: 0.5, y_max_normalized: 1 },
      },
    ],
    classifications: [{ label: 'color', confidence: 0.5 }],
  };
  const change = (of: object) => ({ metadata: { ...description.metadata, annotations: of } });
  expect(await begin(change({ ...annotations, classifications: [{ confidence: 1 }] }))).toMatchObject([
    422,
    { error: expect.stringContaining('metadata.annotations.classifications.0.label') },
  ]);
  await begin(change(annotations));
  await send('PUT', 'a picture', `?offset=0&sha256=${sha256}`);
  const id = expect.stringMatching(/^[0-9a-f-]{36}$/);
  const named = (list: object[]) => list.map((each) => ({ ...each, id }));
  const { annotations: kept } = JSON.parse(await readFile(join(stored(), `${name}.json`), 'utf8'));
  expect(kept).toEqual({
    bboxes: named(annotations.bboxes),
    classifications: named(annotations.classifications),
  });
});

test('an empty file is a file', async () => {
  const none = createHash('sha256').digest('hex');
  await begin({ size: 0 });
  expect(await send('PUT', '', `?offset=0&sha256=${none}`)).toEqual([200, { stored: true, sha256: none }]);
});

test('what was interrupted begins again, and nothing of the first attempt is left', async () => {
  await begin();
  await send('PUT', 'rubbish', '?offset=0');
  expect(await begin()).toEqual([200, { stored: false }]);
  expect(await send('PUT', 'a picture', `?offset=0&sha256=${sha256}`)).toMatchObject([200, { stored: true }]);
  expect(await readFile(join(stored(), `${name}.jpeg`), 'utf8')).toBe('a picture');
  await begin({ size: 10 });
  await cloud.close();
  await start();
  expect(await readdir(join(directory, 'objects/uploads'))).toEqual([]);
  expect(await send('PUT', 'x', '?offset=0', 'other')).toMatchObject([404, {}]);
});

test.each([
  ['a part that is not the next', 'ture', '?offset=5', 409],
  ['more than was said', 'a picture!', '?offset=0', 413],
  ['other contents than the digest says', 'a pictune', `?offset=0&sha256=${sha256}`, 409],
  ['a part without its place', 'a picture', '', 400],
])('%s is not taken', async (_, body, query, status) => {
  await begin();
  expect((await send('PUT', body, query))[0]).toBe(status);
  expect(await readdir(join(directory, 'objects'))).toEqual(['uploads']);
});

test.each([
  ['no JSON', '{', name],
  ['no size', JSON.stringify({ ...description, size: -1 }), name],
  [
    'a part that is no name',
    JSON.stringify({ ...description, metadata: { ...description.metadata, part: '../x' } }),
    name,
  ],
  ['a name that is none', JSON.stringify(description), '..%2f..%2fx'],
])('a description with %s is refused for good', async (_, body, of) => {
  expect((await send('POST', body, '', of))[0]).toBe(422);
});

test('what the disk has no room for is refused before it comes', async () => {
  await cloud.close();
  await start({ reserve: Number.MAX_SAFE_INTEGER });
  expect(await begin()).toEqual([507, { error: 'disk-full' }]);
});

const ask = (path: string) => fetch(`http://127.0.0.1:${cloud.httpPort}${path}`);

/** A file of the main part that was `content`. */
async function store(of: string, content: string, metadata: object = {}): Promise<void> {
  const digest = createHash('sha256').update(content).digest('hex');
  const body = JSON.stringify({
    ...description,
    type: 'file',
    size: Buffer.byteLength(content),
    metadata: { ...description.metadata, mimeType: '', extension: '.txt', ...metadata },
  });
  await send('POST', body, '', of);
  expect(await send('PUT', content, `?offset=0&sha256=${digest}`, of)).toMatchObject([200, { stored: true }]);
}

test('what is stored is told of, by part, time and tag, and given back as it came, under its own name', async () => {
  await store('a', 'of the lab', { fileName: 'sync/tag=lab/notes – §.txt', tags: ['lab'] });
  await store('b', 'of the shed', { part: 'shed' });
  const names = async (query: string) =>
    ((await (await ask(`/files${query}`)).json()) as { name: string }[]).map((each) => each.name);
  expect(await names('')).toEqual(['a', 'b']);
  expect(await names('?part=shed')).toEqual(['b']);
  expect(await names('?tag=lab')).toEqual(['a']);
  expect(await names('?from=2026-11-22')).toEqual([]);
  expect(await names('?from=2026-11-21&to=2026-11-22')).toEqual(['a', 'b']);
  expect(await names('?app_id=other')).toEqual([]);
  const given = await ask('/files/app/main/a');
  expect(given.headers.get('content-type')).toBe('application/octet-stream');
  expect(given.headers.get('content-disposition')).toBe(
    'attachment; filename="notes_.txt"; filename*=UTF-8\'\'notes%20%E2%80%93%20%C2%A7.txt',
  );
  expect(await given.text()).toBe('of the lab');
});

test('a file of many pieces comes whole', async () => {
  const content = 'ten bytes.'.repeat(60_000);
  await store('large', content);
  expect(await (await ask('/files/app/main/large')).text()).toBe(content);
});

test('a list that would be too long is refused, and so is what there is not', async () => {
  for (const of of ['a', 'b', 'c']) await store(of, of);
  const long = await ask('/files?limit=2');
  expect([long.status, ((await long.json()) as { error: string }).error]).toEqual([
    413,
    'there are more than 2 files: name a part, a shorter span or a higher limit',
  ]);
  expect((await ask('/files?limit=3')).status).toBe(200);
  expect((await ask('/files?last=1')).status).toBe(400);
  expect((await ask('/files?last=1d&from=-2d')).status).toBe(400);
  expect((await ask('/files/app/shed/a')).status).toBe(404);
  expect((await ask('/files/app/main/..%2f..%2fstate')).status).toBe(404);
});

test('whenever the power is cut, what was said to be stored is stored, whole', async () => {
  const of = { appId: 'app', devId: 'main', name };
  const about: NewDescription = {
    ...{ app_id: 'app', dev_id: 'main', main: 'main', type: 'binary', name, extension: '.jpeg' },
    ...{ captured: '2026-11-21T22:40:00Z', arrived: '2026-11-21T22:40:01Z' },
    ...{ resource: 'rdk:component:camera/cam', method: 'GetImages', parameters: {}, tags: [] },
  };
  for (let operation = 1; operation <= 60; operation++) {
    const disk = new StrictDisk(operation);
    let isTold = false;
    const dead = disk.stopAt(operation, { power: true });
    // The index is not of this disk: the next life begins without one.
    const open = (storage = disk.mount()) =>
      ObjectStore.open({ directory: '/objects', storage, index: new ObjectIndex(':memory:') });
    const life = (async () => {
      const upload = await (await open()).begin();
      await upload.append(Buffer.from('a pic'));
      await upload.append(Buffer.from('ture'));
      await upload.keep(about);
      isTold = true;
    })();
    await Promise.race([life, dead]);
    if (isTold) disk.kill({ power: true });
    const storage = disk.mount();
    const found = (await open(storage)).find(of);
    if (isTold) expect(found).toMatchObject({ description: { sha256 } });
    if (found === undefined) continue;
    const bytes = await storage.read(`/objects/app/main/2026-11-21/${name}.jpeg`);
    expect(Buffer.from(bytes).toString()).toBe('a picture');
  }
});
