/** What questions do to those who write, and what series take of the memory. */
import process from 'node:process';
import { atMost, type Figure, plain } from './figure';
import { captureFiles, ecgDay, inCloud, perDay, stored, take } from './series';

/** Heavy questions over some 50 M rows, while somebody posts. */
function questionsBeside(signal: readonly number[]): Promise<Figure[]> {
  return inCloud(async (cloud) => {
    for (let part = 0; part < 6; part++) await take(cloud, [...captureFiles(`part-${part}`, signal, perDay)]);
    await stored(cloud);
    await cloud.compact();
    const address = `http://127.0.0.1:${cloud.httpPort}`;
    const sql =
      'select part, quantile_cont(value, 0.5) as middle, stddev(value) as spread from readings group by part';
    const begun = performance.now();
    const heavy = Array.from({ length: 40 }, async () => {
      const response = await fetch(`${address}/sql`, { method: 'POST', body: JSON.stringify({ sql }) });
      await response.text();
      return { status: response.status, after: performance.now() - begun };
    });
    let isAsking = true;
    const ended = Promise.all(heavy).finally(() => {
      isAsking = false;
    });
    let longest = 0;
    while (isAsking) {
      const sent = performance.now();
      const body = JSON.stringify({ app_id: 'bench', dev_id: 'poster', payload_fields: { n: 1 } });
      const response = await fetch(`${address}/pipeline`, { method: 'POST', body });
      if (!response.ok) throw new Error(`a message was answered ${response.status}`);
      longest = Math.max(longest, performance.now() - sent);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    const answers = await ended;
    const late = answers.filter(({ after }) => after > 60_000).length;
    return [
      atMost('longest POST while 40 heavy questions over 50 M rows run', longest, 'ms', 100),
      atMost('of those, neither answered nor refused within a minute', late, '', 0),
      plain('of those, answered', answers.filter(({ status }) => status === 200).length, ''),
    ];
  });
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
