import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

const kills = 3;
let directory: string;
let child: ChildProcess;

async function start(): Promise<number> {
  child = spawn(process.execPath, ['--import', 'tsx', join(import.meta.dirname, 'test-cloud.ts'), directory]);
  const [line] = (await once(child.stdout!, 'data')) as [Buffer];
  return Number(line.toString().split(' ')[0]);
}

const message = (index: number) =>
  JSON.stringify({
    app_id: 'app',
    dev_id: 'device',
    time: index,
    payload_fields: { index },
    sluice: { block: 'device/1-00000001/0/0', index },
  });

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-crash-'));
});

afterEach(async () => {
  child.kill('SIGKILL');
  await rm(directory, { recursive: true });
});

test('a cloud that is killed again and again has every acknowledged reading once, in both stores', async () => {
  let next = 0;
  const acknowledged = new Set<number>();
  for (let round = 0; round <= kills; round++) {
    const port = await start();
    const send = async (index: number) => {
      const response = await fetch(`http://127.0.0.1:${port}/pipeline`, {
        method: 'POST',
        body: message(index),
      });
      if (response.ok) acknowledged.add(index);
    };
    // What was not acknowledged before comes again, with what is new; the kill meets them anywhere.
    const again = Array.from({ length: next }, (_, index) => index).filter(
      (index) => !acknowledged.has(index),
    );
    const fresh = Array.from({ length: 300 }, () => next++);
    const sent = [...again, ...fresh].map(send);
    if (round === kills) await Promise.all(sent);
    else {
      await Promise.race(sent.slice(20));
      await new Promise((resolve) => setTimeout(resolve, 20 * round));
      child.kill('SIGKILL');
      await Promise.allSettled([...sent, once(child, 'exit')]);
    }
    if (round < kills) continue;
    const rows = await (await fetch(`http://127.0.0.1:${port}/query?part=device`)).json();
    const all = Array.from({ length: next }, (_, index) => index);
    expect((rows as { value: number }[]).map(({ value }) => value)).toEqual(all);
    expect((await rawIndices()).sort((a, b) => a - b)).toEqual(all);
  }
}, 180_000);

async function rawIndices(): Promise<number[]> {
  const data = join(directory, 'data', 'app');
  const texts = await Promise.all((await readdir(data)).map((name) => readFile(join(data, name), 'utf8')));
  const lines = texts.flatMap((text) => text.split('\n').filter((line) => line !== ''));
  return lines.map((line) => JSON.parse(line).payload_fields.index);
}
