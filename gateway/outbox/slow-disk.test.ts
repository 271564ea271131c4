/** A card whose every sync takes 40 ms, and 25 parts of 12 streams: nothing waits longer than a commit. */
import { expect, test } from 'vitest';
import { StrictDisk } from '../../common/storage/strict-disk';
import { Outbox } from './outbox';

const syncMilliseconds = 40;
const journalBytes = 1 << 18;
const seconds = 16;
/** Of 300 streams with the default sync of 6 s. */
const blocksPerSecond = 50;

const wait = (milliseconds: number) => new Promise<void>((resolve) => setTimeout(resolve, milliseconds));

test('on a slow disk the sync has its files at once, and the log keeps within twice its bound', {
  timeout: 60_000,
}, async () => {
  const disk = new StrictDisk();
  const isSync = (kind: string) => kind === 'sync' || kind === 'syncDirectory';
  const outbox = await Outbox.open({ path: '/capture', storage: disk.mount(), journalBytes });
  disk.pause = ({ kind }) => (isSync(kind) ? wait(syncMilliseconds) : undefined);
  const states = Array.from({ length: 300 }, (_, index) =>
    outbox.declare({
      part: `part-${index % 25}`,
      boot: { counter: 1, random: 7 },
      stream: Math.floor(index / 25),
      owner: 'part',
      resource: 'rdk:component:board/board',
      method: 'Analogs',
      parameters: { reader_name: String(Math.floor(index / 25)) },
      kind: 'integer',
      period: { numerator: 1, denominator: 1 },
      tags: [],
    }),
  );
  let longestLog = 0;
  let longestWait = 0;
  let taken = 0;
  const start = performance.now();
  for (let tick = 1; tick <= seconds * 10; tick++) {
    for (let i = 0; i < blocksPerSecond / 10; i++) {
      const state = states[(tick * 5 + i) % states.length]!;
      const { next } = state;
      const block = {
        sequence: next,
        readings: 500,
        start: next * 100,
        end: next * 100 + 99,
        bytes: new Uint8Array(500),
      };
      if (outbox.append(state, block, 1_000) === 'taken') taken++;
    }
    longestLog = Math.max(longestLog, outbox.logBytes);
    if (tick % 20 === 0) {
      const asked = performance.now();
      await outbox.complete();
      longestWait = Math.max(longestWait, performance.now() - asked);
      void Promise.all([...outbox.waiting()].map((item) => outbox.delivered(item, 'cloud')));
    }
    await wait(Math.max(0, start + tick * 100 - performance.now()));
  }
  console.log(`complete() took ${longestWait.toFixed(0)} ms at most, the log ${longestLog} B`);
  expect(taken).toBe(seconds * blocksPerSecond);
  expect(longestLog).toBeLessThanOrEqual(2 * journalBytes);
  expect(longestWait).toBeLessThan(1_000);
});
