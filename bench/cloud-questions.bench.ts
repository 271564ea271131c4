/** What questions do to those who write, and what series take of the memory. */
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { CloudProcess } from './cloud-process';
import { atMost, type Figure, plain } from './figure';
import type { Asked } from './heavy-questions';
import { captureFiles, ecgDay, inCloud, perDay, stored, take, withCloud, withDirectory } from './series';

/** Milliseconds of a message posted again and again until `isOver`. */
async function posting(address: string, isOver: () => boolean): Promise<number[]> {
  const times: number[] = [];
  while (!isOver()) {
    const sent = performance.now();
    const body = JSON.stringify({ app_id: 'bench', dev_id: 'poster', payload_fields: { n: 1 } });
    const response = await fetch(`${address}/pipeline`, { method: 'POST', body });
    if (!response.ok) throw new Error(`a message was answered ${response.status}`);
    times.push(performance.now() - sent);
    await delay(20);
  }
  return times;
}

/** Heavy questions over some 50 M rows, while somebody posts, as he did before. */
function questionsBeside(signal: readonly number[]): Promise<Figure[]> {
  return withDirectory(async (temporary) => {
    const directory = join(temporary, 'cloud');
    await withCloud(directory, async (cloud) => {
      for (let part = 0; part < 6; part++)
        await take(cloud, [...captureFiles(`part-${part}`, signal, perDay)]);
      await stored(cloud);
      await cloud.compact();
    });
    // Whoever posts, whoever asks and the cloud are a process each: a POST waits for what the cloud does alone.
    const cloud = await CloudProcess.start(directory);
    try {
      await cloud.rest();
      return await askBeside(`http://127.0.0.1:${cloud.http}`);
    } finally {
      await cloud.end();
    }
  });
}

async function askBeside(address: string): Promise<Figure[]> {
  const asker = fork(join(import.meta.dirname, 'heavy-questions.ts'), [address, '40']);
  await once(asker, 'message');
  const quiet = performance.now() + 5_000;
  await posting(address, () => performance.now() > quiet);
  let answers: Asked[] | undefined;
  asker.once('message', (asked) => {
    answers = asked as Asked[];
  });
  asker.send('ask');
  const times = await posting(address, () => answers !== undefined || !asker.connected);
  if (answers === undefined) throw new Error('who asks has ended');
  const late = answers.filter(({ after }) => after > 60_000).length;
  return [
    atMost('longest POST while 40 heavy questions over 50 M rows run', Math.max(...times), 'ms', 100),
    atMost('of those, neither answered nor refused within a minute', late, '', 0),
    plain('of those, answered', answers.filter(({ status }) => status === 200).length, ''),
  ];
}

/** A series a message. */
function manySeries(): Promise<Figure[]> {
  return inCloud(async (cloud) => {
    const series = 1_000_000;
    const before = process.memoryUsage().rss;
    for (let index = 0; index < series; index += 1000)
      await Promise.all(
        Array.from({ length: 1000 }, (_, of) => {
          const payload = `{"app_id":"bench","dev_id":"device-${index / 1000}","payload_fields":{"field-${of}":1}}`;
          return cloud.reception.receive(Buffer.from(payload), undefined);
        }),
      );
    await stored(cloud);
    const mebibytes = (process.memoryUsage().rss - before) / 2 ** 20;
    return [atMost('memory of 1 M series, added to the bench’s own', mebibytes, 'MiB', 1000)];
  });
}

export default async function (): Promise<Figure[]> {
  return [...(await manySeries()), ...(await questionsBeside(ecgDay()))];
}
