import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cloud } from '@sluice/cloud/cloud';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sluiceEnded } from '../../test/running';

let folder: string;
let cloud: Cloud;
const captured = '2026-11-21T22:40:00.000Z';

const files = async (...words: string[]) => {
  const address = ['--address', `http://127.0.0.1:${cloud.httpPort}`];
  const { code, stdout, stderr } = await sluiceEnded(['files', ...address, ...words], { cwd: folder });
  return { code, stdout: stdout.toString('utf8'), stderr };
};

async function store(name: string, content: string, metadata: object): Promise<void> {
  const about = { owner: 'main', resource: '', method: '', parameters: {}, extension: '', tags: [] };
  const described = {
    type: 'file',
    size: content.length,
    captured: Date.parse(captured),
    metadata: { part: 'main', ...about, resource: 'r', method: 'm', ...metadata },
  };
  const url = `http://127.0.0.1:${cloud.httpPort}/files/sluice/main/${name}`;
  await fetch(url, { method: 'POST', body: JSON.stringify(described) });
  const sha256 = createHash('sha256').update(content).digest('hex');
  const sent = await fetch(`${url}?offset=0&sha256=${sha256}`, { method: 'PUT', body: content });
  expect(await sent.json()).toMatchObject({ stored: true });
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-files-out-'));
  const directory = join(folder, 'cloud');
  cloud = await Cloud.start({ directory, httpPort: 0, mqttPort: 0, log: pino({ level: 'silent' }) });
  await store('0f0e7a52-one', 'a note', { fileName: 'sync/tag=lab/notes.txt', tags: ['lab'] });
  await store('1f0e7a52-two', 'another', { fileName: 'sync/notes.txt' });
  await store('2f0e7a52-three', 'a picture', { part: 'cam', extension: '.jpeg' });
});

afterAll(async () => {
  await cloud.close();
  await rm(folder, { recursive: true });
});

test('what was sent to the cloud is listed, and says whose it is', async () => {
  expect((await files('--part', 'main')).stdout.split('\n')).toEqual([
    `${captured}  main  6 B  notes.txt  r  lab`,
    `${captured}  main  7 B  notes.txt  r`,
    '',
  ]);
  const { stdout } = await files('2f0e7a52-three.jpeg', '--json');
  expect(JSON.parse(stdout)).toMatchObject({ name: '2f0e7a52-three', dev_id: 'cam', bytes: 9 });
});

test('what was sent comes back, each to a place of its own', async () => {
  const { code, stdout } = await files('--output', 'back');
  expect(code).toBe(0);
  const written = (await readdir(join(folder, 'back'))).sort();
  expect(written).toEqual([
    '2026-11-21T22-40-00-000Z-0f0e7a52-notes.txt',
    '2026-11-21T22-40-00-000Z-1f0e7a52-notes.txt',
    '2026-11-21T22-40-00-000Z-2f0e7a52-three.jpeg',
  ]);
  expect(stdout.trim().split('\n').sort()).toEqual(written.map((name) => join('back', name)));
  const contents = await Promise.all(written.map((name) => readFile(join(folder, 'back', name), 'utf8')));
  expect(contents).toEqual(['a note', 'another', 'a picture']);
  expect((await files('--output', 'lab', '--tag', 'lab')).stdout.trim().split('\n')).toHaveLength(1);
});

test('a name that none has is said to be that', async () => {
  expect(await files('report.pdf')).toEqual({
    code: 1,
    stdout: '',
    stderr: "sluice: there is no file 'report.pdf': `sluice files` lists all there are\n",
  });
  expect(await files('--part', 'nobody')).toMatchObject({
    code: 0,
    stdout: '',
    stderr: expect.stringContaining('has no such files'),
  });
});
