/**
 * The pipeline killed again and again over real servers: by twenty kills an hour of two devices at 100 Hz, one through
 * Mosquitto as named messages, one through the block door, as fast as they are taken. What each store itself says of it is
 * looked at. The servers live on; that they go away is another task (store-absences.ts).
 */
import { setTimeout as delay } from 'node:timers/promises';
import { connectAsync, type MqttClient } from 'mqtt';
import { randomNumbers } from '../../common/storage/strict-disk';
import {
  blockDevice,
  captureFiles,
  messageAt,
  messageDevice,
  perFile,
  project,
  sumOf,
} from '../servers/device-data';
import { missingServers, Platform, untilFound } from '../servers/platform';
import type { SoakTask } from './task';

/** Capture files' readings that a life is sent of each of the two devices: an hour by twenty kills, else 20 seconds each. */
const filesOfLife = (kills: number) => (kills < 20 ? 1 : 9);
/** Of the last life's, published once more: as by a gateway that did not see what was acknowledged. */
const repeated = 500;
/** Milliseconds in which a store that has not everything yet has something more, after the last kill. */
const patience = 300_000;
/** Milliseconds between looks at the stores. */
const interval = 2_000;

class Run {
  readonly #platform: Platform;
  readonly #random: () => number;
  readonly #files: readonly Buffer[];
  readonly #client: MqttClient;
  readonly #start: number;
  readonly #perLife: number;
  #published: Promise<unknown>[] = [];

  private constructor(platform: Platform, kills: number, random: () => number, client: MqttClient) {
    this.#platform = platform;
    this.#random = random;
    this.#client = client;
    this.#start = Date.now() - 2 * 3_600_000;
    this.#perLife = filesOfLife(kills);
    this.#files = captureFiles(kills * this.#perLife, this.#start);
  }

  static async open(platform: Platform, kills: number, random: () => number): Promise<Run> {
    return new Run(platform, kills, random, await connectAsync(platform.broker));
  }

  /** A life that ends in the middle of what it was sent; files that were not taken come again in the next. */
  async live(life: number, left: Set<number>): Promise<void> {
    await this.#platform.startCloud(1);
    const first = life * this.#perLife * perFile;
    const from = Math.max(0, first - repeated);
    for (let index = from; index < first + this.#perLife * perFile; index++)
      this.#published.push(
        this.#client.publishAsync(
          `pipeline/${project}/${messageDevice.name}`,
          messageAt(index, this.#start),
          {
            qos: 1,
          },
        ),
      );
    for (let file = 0; file < this.#perLife; file++) left.add(life * this.#perLife + file);
    const sending = this.sendFiles(left).catch(() => undefined);
    await delay(100 + this.#random() * 2_000);
    await this.#platform.killCloud();
    await sending;
    // What was taken before comes again too.
    left.add(life * this.#perLife);
  }

  async sendFiles(left: Set<number>): Promise<void> {
    for (const file of [...left]) {
      const body = new Uint8Array(this.#files[file]!);
      const answer = await fetch(`${this.#platform.http}/blocks/${project}/main`, { method: 'POST', body });
      const { refused } = (await answer.json()) as { refused?: unknown[] };
      if (!answer.ok || refused?.length !== 0) throw new Error(`the block door answers ${answer.status}`);
      left.delete(file);
    }
  }

  /** Resolves when the broker has all messages. */
  async published(): Promise<void> {
    await Promise.all(this.#published);
    await this.#client.endAsync();
  }
}

/** @throws what is missing in a store, or twice */
async function verify(platform: Platform, count: number): Promise<void> {
  const devices = [messageDevice, blockDevice];
  const values = { count, sum: sumOf(count) };
  const wanted = JSON.stringify([values, values, values, values, count * devices.length]);
  const find = async () => {
    const found: unknown[] = [];
    for (const { name, field } of devices) {
      found.push(await platform.inInfluxDb(name, field).catch(String));
      found.push(await platform.inTimeSeries(name).catch(String));
    }
    found.push(await platform.inMongoDb().catch(String));
    return JSON.stringify(found);
  };
  // It may take what it takes on a slow machine, as long as it goes on.
  await untilFound('all stores have all', patience, wanted, find, interval);
  for (const { deadLetters, name } of await platform.stages())
    if (deadLetters > 0) throw new Error(`${name} has ${deadLetters} dead letters`);
}

/** What lies in the object store, to the line: each reading once. */
async function verifyObjects(platform: Platform, count: number): Promise<void> {
  for (const { name } of [messageDevice, blockDevice]) {
    const { lines, events } = await platform.inMinio(name);
    const times = new Set(lines.map((line) => (JSON.parse(line) as { time: number }).time));
    if (lines.length !== count || times.size !== count || events !== count)
      throw new Error(
        `${name}: ${lines.length} lines, ${times.size} times, metadata of ${events}; not ${count}`,
      );
  }
}

export const task: SoakTask = {
  description:
    'killed again and again over Mosquitto, InfluxDB, MinIO and a MongoDB, every reading of 100 Hz is in each of them once',
  unit: 'kills',
  sample: 5,
  full: 20,
  async run(kills, seed) {
    const missing = missingServers();
    if (missing.length > 0) return `skipped: ${missing.join(', ')}: see test/servers/README.md`;
    // It has most of the hour to keep, and is not killed.
    const platform = await Platform.open(60);
    try {
      const run = await Run.open(platform, kills, randomNumbers(seed));
      const left = new Set<number>();
      for (let life = 0; life < kills; life++) await run.live(life, left);
      await platform.startCloud(1);
      await run.sendFiles(left);
      await run.published();
      const count = kills * filesOfLife(kills) * perFile;
      await verify(platform, count);
      // A day later the night's jobs are caught up.
      await platform.killCloud();
      await platform.startCloud();
      await platform.runJob('copy');
      await platform.runJob('metadata');
      await verifyObjects(platform, count);
      return `${kills} kills: ${count} readings of each of two devices, in all four stores once`;
    } finally {
      await platform.close();
    }
  },
};
