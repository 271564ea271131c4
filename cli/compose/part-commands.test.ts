import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Cloud } from '@sluice/cloud/cloud';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
let directory: string;
let cloud: Cloud;

const post = (body: object) =>
  fetch(`http://127.0.0.1:${cloud.httpPort}/pipeline`, { method: 'POST', body: JSON.stringify(body) });
const streams = async () => (await fetch(`http://127.0.0.1:${cloud.httpPort}/streams`)).json();

async function sluice(...parameters: string[]): Promise<{ output: string; status: number | null }> {
  const child = spawn('npx', ['tsx', 'cli/sluice.ts', ...parameters], { cwd: root });
  const ended = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const [out, problems] = await Promise.all([text(child.stdout), text(child.stderr)]);
  return { output: out + problems, status: await ended };
}

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-part-'));
  cloud = await Cloud.start({ directory, httpPort: 0, mqttPort: 0, log: pino({ level: 'silent' }) });
});

afterAll(async () => {
  await cloud.close();
  await rm(directory, { recursive: true });
});

test('deletes a part, and rebuilds the time series without it', async () => {
  for (const dev_id of ['old part', 'new'])
    await post({ app_id: 'plant', dev_id, time: Date.now(), payload_fields: { n: 1 } });
  expect(await cloud.caughtUp(20_000)).toBe(true);
  const address = ['--address', `http://127.0.0.1:${cloud.httpPort}`];
  expect(await sluice('cloud', 'part', 'delete', 'plant', 'old part', ...address)).toEqual({
    output: 'old part is deleted, with 1 day of raw files, 0 copies of them, 0 objects\n',
    status: 0,
  });
  expect(await sluice('cloud', 'part', 'delete', 'plant', 'old part', ...address)).toEqual({
    output: expect.stringContaining("no objects of 'old part' in the project 'plant'"),
    status: 1,
  });
  expect(await streams()).toMatchObject([{ part: 'new' }]);
  // By the directory in which it runs, too; it has noted itself there as a program does.
  await writeFile(
    join(directory, 'program.json'),
    JSON.stringify({ pid: process.pid, address: address[1], cloud: address[1], since: Date.now() }),
  );
  expect(await sluice('cloud', 'stages', '--directory', directory, '--json')).toMatchObject({
    output: expect.stringMatching(
      /^raw-files: running, not behind, 2 stored\n(.*\n)*\{"stages":\[\{"name":"raw-files"/,
    ),
    status: 0,
  });
  expect(await sluice('cloud', 'dead-letters', 'list', ...address)).toEqual({
    output: 'sluice: there is none: every stage has stored what came\n',
    status: 0,
  });
  const rebuilt = await sluice('cloud', 'rebuild', ...address);
  expect(rebuilt).toMatchObject({ output: expect.stringContaining('sluice cloud stages'), status: 0 });
  await expect.poll(streams, { timeout: 30_000 }).toMatchObject([{ part: 'new' }]);
});
