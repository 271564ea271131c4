/**
 * What a cloud that has been used for long costs: names, files, an hour at 5,000 messages a second, a week left alone.
 * `SLUICE_BENCH_SCALE` is the part of it all that is looked at: a hundredth unless it is said, 1 takes hours.
 */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import process from 'node:process';
import { pino } from 'pino';
import { Cloud } from '../cloud/cloud';
import { limitedTo } from '../cloud/configuration';
import { writeSnapshot } from '../cloud/inbox/name-file';
import { NameSet } from '../cloud/inbox/name-set';
import { NodeStorage } from '../common/storage';
import { CloudProcess } from './cloud-process';
import { atMost, type Figure, plain } from './figure';
import { pacedMqtt } from './load';
import {
  bytesBelow,
  captureFiles,
  day,
  midnight,
  noise,
  perDay,
  stored,
  take,
  withDirectory,
} from './series';

const scale = Number(process.env.SLUICE_BENCH_SCALE ?? 0.01);
const mebibyte = 2 ** 20;
const part = scale === 1 ? '' : ` × ${scale}`;

async function names(): Promise<Figure[]> {
  const count = 10_000_000 * scale;
  return withDirectory(async (directory) => {
    const key = new Uint8Array(16);
    const set = new NameSet(key);
    for (let index = 0; index < count; index++) set.add(`bench/device/device/1-1/0/${index}`, index % 7);
    await mkdir(join(directory, 'inbox'), { recursive: true });
    const path = join(directory, 'inbox', 'names.snapshot');
    await writeSnapshot(new NodeStorage(), path, { names: set, key, position: 0 });
    const cloud = await CloudProcess.start(directory);
    try {
      await cloud.rest();
      return [
        atMost(`memory with 10 M single names${part}`, cloud.memory / mebibyte, 'MB', 400, 'resident'),
        plain(`its start${part}`, cloud.startCpu, 's of CPU'),
      ];
    } finally {
      await cloud.end();
    }
  });
}

/** A year of 1,000 devices. */
async function files(): Promise<Figure[]> {
  const days = Math.ceil(365 * Math.min(1, scale * 10));
  const devices = Math.ceil((1_000 * scale) / Math.min(1, scale * 10));
  return withDirectory(async (directory) => {
    const data = join(directory, 'data', 'bench');
    await mkdir(data, { recursive: true });
    for (let device = 0; device < devices; device++)
      await Promise.all(
        Array.from({ length: days }, (_, index) => {
          const time = midnight - index * day;
          const date = new Date(time).toISOString().slice(0, 10);
          const line = { app_id: 'bench', dev_id: `device-${device}`, time, payload_fields: { n: 1 } };
          return writeFile(join(data, `device-${device}-${date}.json`), `${JSON.stringify(line)}\n`);
        }),
      );
    const figures: Figure[] = [];
    for (const [what, configuration] of [
      ['', {}],
      [', with a limit', { limit_gb: 20 }],
    ] as const) {
      const cloud = await CloudProcess.start(directory, configuration);
      figures.push(
        atMost(
          `start with ${days * devices} raw files${what}`,
          cloud.startSeconds,
          's',
          2,
          `${cloud.startCpu} s of CPU`,
        ),
      );
      await cloud.end();
    }
    return figures;
  });
}

/** Of 100 devices, each message with its time. */
async function memory(): Promise<Figure[]> {
  const seconds = Math.max(10, 3_600 * scale);
  return withDirectory(async (directory) => {
    const cloud = await CloudProcess.start(directory);
    try {
      const load = { port: cloud.mqtt, connections: 100, perSecond: 5_000 };
      const first = await pacedMqtt({ ...load, seconds: seconds / 2 });
      const half = cloud.memory;
      const second = await pacedMqtt({ ...load, seconds: seconds / 2 });
      const rate = (first + second) / seconds;
      const slope = (((cloud.memory - half) / mebibyte) * 3_600) / (seconds / 2);
      return [
        plain('messages a second that came', rate, 'messages/s', `${seconds} s, 100 connections`),
        atMost(`memory after an hour of them${part}`, cloud.memory / mebibyte, 'MB', 400, 'resident'),
        plain('and its growth in the second half', slope, 'MB an hour'),
        plain('most that it was', cloud.mostMemory / mebibyte, 'MB'),
      ];
    } finally {
      await cloud.end();
    }
  });
}

/** A week at a limit that four days of what comes would fill. */
async function week(): Promise<Figure[]> {
  const limit = 0.5e9;
  const streams = Math.ceil(8 * scale);
  const readings = Math.round(perDay * Math.min(1, 8 * scale));
  return withDirectory(async (directory) => {
    let now = midnight;
    const cloud = await Cloud.start({
      ...limitedTo(limit),
      directory,
      httpPort: 0,
      mqttPort: 0,
      log: pino({ level: 'silent' }),
      now: () => now,
    });
    let most = 0;
    try {
      const signal = noise();
      for (let today = 0; today < 7; today++) {
        for (let stream = 0; stream < streams; stream++) {
          await take(cloud, [...captureFiles(`part-${stream}`, signal, readings, today)]);
          await stored(cloud);
          most = Math.max(most, bytesBelow(directory));
        }
        now += day;
        await cloud.compact();
        await cloud.runJob('retention');
        most = Math.max(most, bytesBelow(directory));
      }
    } finally {
      await cloud.close();
    }
    return [
      atMost(
        `everything under the directory in a week${part}, of 0.5 GB that are said`,
        most / 1e6,
        'MB',
        limit / 1e6,
        `${streams} streams of 100 Hz, noise σ 2, looked at after each of a day`,
      ),
    ];
  });
}

export default async function (): Promise<Figure[]> {
  return [...(await names()), ...(await files()), ...(await memory()), ...(await week())];
}
