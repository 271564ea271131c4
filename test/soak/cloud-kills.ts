/**
 * The pipeline killed again and again over real servers: by twenty kills an hour of two devices at 100 Hz, one through
 * Mosquitto as named messages, one through the block door. What each store itself says of it is looked at.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { connectAsync, type MqttClient } from 'mqtt';
import { randomNumbers } from '../../common/storage/strict-disk';
import {
  blockDevice,
  captureFiles,
  messageAt,
  messageDevice,
  perMinute,
  project,
  sumOf,
} from '../servers/device-data';
import { missingServers, Platform, until } from '../servers/platform';
import type { SoakTask } from './task';

/** Minutes that a life is sent of each of the two devices: an hour by twenty kills, else a minute each. */
const minutesOfLife = (kills: number) => (kills < 20 ? 1 : 3);
/** Of the last life's, published once more: as by a gateway that did not see what was acknowledged. */
const repeated = 500;
/** Milliseconds for all stores to have everything, after the last kill. */
const patience = 600_000;

class Run {
  readonly #platform: Platform;
  readonly #random: () => number;
  readonly #files: readonly Buffer[];
  readonly #client: MqttClient;
  readonly #start: number;
  readonly #minutes: number;
  #published: Promise<unknown>[] = [];

  private constructor(platform: Platform, kills: number, random: () => number, client: MqttClient) {
    this.#platform = platform;
    this.#random = random;
    this.#client = client;
    this.#start = Date.now() - 2 * 3_600_000;
    this.#minutes = minutesOfLife(kills);
    this.#files = captureFiles(kills * this.#minutes, this.#start);
  }

  static async open(platform: Platform, kills: number, random: () => number): Promise<Run> {
    return new Run(platform, kills, random, await connectAsync(platform.broker));
  }

  /** A life that ends in the middle of what it was sent; files that were not taken come again in the next. */
  async live(life: number, left: Set<number>): Promise<void> {
    await this.#platform.startCloud(1);
    const first = life * this.#minutes * perMinute;
    const from = Math.max(0, first - repeated);
    for (let index = from; index < first + this.#minutes * perMinute; index++)
      this.#published.push(
        this.#client.publishAsync(
          `pipeline/${project}/${messageDevice.name}`,
          messageAt(index, this.#start),
          {
            qos: 1,
          },
        ),
      );
    for (let minute = 0; minute < this.#minutes; minute++) left.add(life * this.#minutes + minute);
    const sending = this.sendFiles(left).catch(() => undefined);
    await delay(200 + this.#random() * 3_000);
    await this.#platform.killCloud();
    await sending;
    // What was taken before comes again too.
    left.add(life * this.#minutes);
  }

  async sendFiles(left: Set<number>): Promise<void> {
    for (const minute of [...left]) {
      const body = new Uint8Array(this.#files[minute]!);
      const answer = await fetch(`${this.#platform.http}/blocks/${project}/main`, { method: 'POST', body });
      const { refused } = (await answer.json()) as { refused?: unknown[] };
      if (!answer.ok || refused?.length !== 0) throw new Error(`the block door answers ${answer.status}`);
      left.delete(minute);
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
  const values = { count, sum: sumOf(count) };
  const wanted = JSON.stringify([values, values, count]);
  for (const { name, field } of [messageDevice, blockDevice]) {
    let last = '';
    await until(`all stores have ${name}`, patience, async () => {
      last = JSON.stringify([
        await platform.inInfluxDb(name, field).catch(String),
        await platform.inTimeSeries(name).catch(String),
        await platform.inMongoDb(name).catch(String),
      ]);
      return last === wanted;
    }).catch((error: Error) => {
      throw new Error(`${error.message}: ${last}, not ${wanted}`);
    });
  }
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
  sample: 0,
  full: 20,
  async run(kills, seed) {
    const missing = missingServers();
    if (missing.length > 0) return `skipped: ${missing.join(', ')}: see test/servers/README.md`;
    const platform = await Platform.open();
    try {
      const run = await Run.open(platform, kills, randomNumbers(seed));
      const left = new Set<number>();
      for (let life = 0; life < kills; life++) await run.live(life, left);
      await platform.startCloud(1);
      await run.sendFiles(left);
      await run.published();
      const count = kills * minutesOfLife(kills) * perMinute;
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
