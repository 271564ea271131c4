import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Cloud } from '../../cloud';
import { blocksOf, messageOf, noon } from '../time-series/test-series';
import { Live } from './live';

let published: { topic: string; payload: string }[];
let problems: string[];
let live: Live;

beforeEach(() => {
  published = [];
  problems = [];
  live = new Live({
    end: 7,
    interval: 3_600_000,
    publish: (topic, payload) => published.push({ topic, payload }),
    onProblem: (problem) => problems.push(problem),
  });
});
afterEach(() => live.close());

const shown = () => published.map(({ topic, payload }) => ({ topic, ...JSON.parse(payload) }));

describe('live values', () => {
  test('are the newest of each stream of a device, in one message of the platform’s form', async () => {
    await live.process(
      [
        messageOf(7, { temperature: 20 }, { time: noon, unit: '°C', tags: { room: 'attic', by: 'me' } }),
        messageOf(
          8,
          { temperature: 21 },
          { time: noon + 1000, unit: '°C', tags: { room: 'attic', by: 'me' } },
        ),
        messageOf(9, { door: { open: true } }, { time: noon + 500, tags: { room: 'attic' } }),
        messageOf(10, { n: 1 }, { devId: 'other' }),
      ],
      11,
    );
    expect(published).toEqual([]);
    live.publish();
    expect(live.position()).toBe(11);
    expect(shown()[0]).toEqual({
      topic: 'live/app/device',
      app_id: 'app',
      dev_id: 'device',
      time: noon + 1000,
      payload_fields: { temperature: 21, door_open: true },
      tag_fields: { room: 'attic' },
      live: { temperature: { time: noon + 1000, unit: '°C' }, door_open: { time: noon + 500 } },
    });
    expect(shown()[1]).toMatchObject({ topic: 'live/app/other' });
  });

  test('are a message an interval, and none when nothing is new', async () => {
    for (let n = 0; n < 100; n += 1) await live.process([messageOf(7 + n, { n }, { time: noon + n })], 8 + n);
    live.publish();
    live.publish();
    expect(shown().map(({ payload_fields }) => payload_fields)).toEqual([{ n: 99 }]);
  });

  test('have the last reading of a block, in its unit', async () => {
    await live.process([blocksOf(7, [100, 200, 300])], 8);
    live.publish();
    const [{ payload_fields, live: of, time }] = shown() as [never];
    const [[field, value]] = Object.entries(payload_fields as Record<string, number>) as [[string, number]];
    expect(value).toBeCloseTo(0.3, 9);
    expect(of).toEqual({ [field]: { time, unit: 'V' } });
  });

  test('are not taken back by what comes late', async () => {
    await live.process([messageOf(7, { n: 2 }, { time: noon + 1 })], 8);
    live.publish();
    await live.process([messageOf(8, { n: 1 }, { time: noon })], 9);
    live.publish();
    expect(published).toHaveLength(1);
  });

  test('keep the digits of what no double holds, and pass what has no topic', async () => {
    await live.process(
      [messageOf(7, '{"n":12345678901234567890}'), messageOf(8, { n: 1 }, { devId: 'a+b' })],
      9,
    );
    live.publish();
    expect(published.map(({ payload }) => payload)).toEqual([
      expect.stringContaining('"n":12345678901234567890'),
    ]);
  });

  test('are bounded in devices', async () => {
    const arrivals = Array.from({ length: 5_002 }, (_, index) =>
      messageOf(index, { n: 1 }, { devId: `d${index}` }),
    );
    await live.process(arrivals, 5_002);
    live.publish();
    expect(published).toHaveLength(5_000);
    expect(problems).toEqual(['of more than 5000 devices the others are not shown']);
  });

  test('of a device that is deleted are taken away', async () => {
    await live.process([messageOf(7, { n: 1 })], 8);
    live.publish();
    live.forget('app', 'device');
    live.publish();
    expect(published.at(-1)).toEqual({ topic: 'live/app/device', payload: '' });
  });
});

describe('mosquitto_sub', () => {
  test('hears them as they come, and the last at once when it subscribes later', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'sluice-live-'));
    const log = pino({ level: 'silent' });
    const cloud = await Cloud.start({ directory, httpPort: 0, mqttPort: 0, log, liveInterval: 100 });
    const heard: string[] = [];
    const subscribe = (count: number) => {
      const words = ['-h', '127.0.0.1', '-p', String(cloud.mqttPort), '-t', 'live/#', '-v'];
      const child = spawn('mosquitto_sub', [...words, '-C', String(count), '-W', '20']);
      child.stdout.on('data', (text) => heard.push(...String(text).trim().split('\n')));
      return new Promise<number | null>((resolve) => child.on('close', resolve));
    };
    const send = async (temperature: number) => {
      const answer = await fetch(`http://127.0.0.1:${cloud.httpPort}/pipeline`, {
        method: 'POST',
        body: JSON.stringify({ app_id: 'app', dev_id: 'shed', payload_fields: { temperature } }),
      });
      expect(answer.status).toBe(200);
    };
    try {
      await send(20.5);
      expect(await subscribe(1)).toBe(0);
      const second = subscribe(2);
      await vi.waitFor(() => expect(heard).toHaveLength(2), 10_000);
      await send(21.5);
      expect(await second).toBe(0);
      const values = heard.map((line) => {
        const [topic, payload] = line.split(/ (.*)/s);
        return [topic, JSON.parse(payload!).payload_fields.temperature];
      });
      expect(values).toEqual([20.5, 20.5, 21.5].map((value) => ['live/app/shed', value]));
      // Nothing of it is stored.
      const listed = await fetch(`http://127.0.0.1:${cloud.httpPort}/streams`);
      expect(JSON.stringify(await listed.json())).not.toContain('live');
    } finally {
      await cloud.close();
      await rm(directory, { recursive: true });
    }
  }, 60_000);
});
