/**
 * The cloud killed and started again while a Mosquitto hands it named messages and a gateway an hour of blocks at
 * 100 Hz, with an InfluxDB behind it. At the end everything is in the raw files and in InfluxDB, and nothing twice.
 */
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import fc from 'fast-check';
import { connectAsync } from 'mqtt';
import { readBlocks, readLines } from '../../cloud/stores/raw-files/read-day';
import { NodeStorage } from '../../common/storage';
import { blockName, type CaptureFileMetadata, encodeHead, encodeRecord } from '../../modules/block/file';
import { IntegerEncoder } from '../../modules/block/integer-encoder';
import { freePorts, type Running, runSluice, until } from '../running';
import { type Server, startInfluxDb, startMosquitto } from '../servers/servers';
import type { SoakTask } from './task';

const boot = { counter: 1, random: 1 };
const period = { numerator: 10, denominator: 1 };
/** An hour at 100 Hz. */
const hour = 360_000;
const filesEachLife = 3;
const messagesEachLife = 1_000;
const appId = 'plant';
const metadata: CaptureFileMetadata = {
  part: 'esp',
  boot,
  stream: 0,
  owner: 'part',
  resource: 'rdk:component:board/board',
  method: 'Analogs',
  parameters: { reader_name: 'A1' },
  kind: 'integer',
  period,
  tags: [],
};

export const task: SoakTask = {
  description: 'whenever the cloud dies, an hour of blocks and named messages arrive whole and once',
  unit: 'kills',
  sample: 5,
  full: 20,
  async run(kills, seed) {
    const platform = await Platform.open();
    try {
      const moments = fc.sample(fc.integer({ min: 0, max: 1_500 }), { seed, numRuns: kills });
      return await platform.run(moments);
    } finally {
      await platform.close();
    }
  },
};

class Platform {
  readonly #begin = Date.now() - 3_600_000;
  #cloud: Running | undefined;
  #sent = 0;

  private constructor(
    readonly directory: string,
    readonly port: number,
    readonly broker: Server,
    readonly influxDb: Server,
  ) {}

  static async open(): Promise<Platform> {
    const directory = await mkdtemp(join(tmpdir(), 'sluice-kills-'));
    const broker = await startMosquitto(['max_queued_messages 0', 'max_inflight_messages 100']);
    const influxDb = await startInfluxDb();
    const configuration = {
      broker: { url: `mqtt://127.0.0.1:${broker.port}` },
      influxdb: { version: 1, url: `http://127.0.0.1:${influxDb.port}` },
    };
    await writeFile(join(directory, 'cloud.json'), JSON.stringify(configuration));
    return new Platform(directory, await freePorts(), broker, influxDb);
  }

  /** @param moments ms after which each life ends */
  async run(moments: readonly number[]): Promise<string> {
    const kills = moments.length;
    const files = captureFiles(kills * filesEachLife, this.#begin);
    // So that the broker knows the shared subscription before the first message.
    await this.#start();
    for (const moment of moments) {
      const sending = [
        this.#publish(messagesEachLife),
        ...files.splice(0, filesEachLife).map((file) => this.#post(file)),
      ];
      await delay(moment);
      await this.#kill();
      await this.#start();
      await Promise.all(sending);
    }
    await this.#caughtUp();
    await this.#check();
    return `${hour} readings in blocks and ${this.#sent} named messages, ${kills} kills: all there, none twice`;
  }

  async close(): Promise<void> {
    await this.#kill();
    await this.broker.close();
    await this.influxDb.close();
    await rm(this.directory, { recursive: true });
  }

  async #start(): Promise<void> {
    const configuration = join(this.directory, 'cloud.json');
    const where = [
      '--directory',
      this.directory,
      '--configuration',
      configuration,
      '--port',
      String(this.port),
    ];
    this.#cloud = runSluice('cloud', 'run', ...where);
    const ready = () =>
      fetch(this.#address('/counters')).then(
        ({ ok }) => ok,
        () => false,
      );
    const output = this.#cloud.output;
    await until(ready, 60_000, 'the cloud starts').catch((error) => {
      throw new Error(`${(error as Error).message}: ${output()}`);
    });
  }

  async #kill(): Promise<void> {
    this.#cloud?.child.kill('SIGKILL');
    await this.#cloud?.exited;
  }

  #address(path: string): string {
    return `http://127.0.0.1:${this.port}${path}`;
  }

  async #publish(count: number): Promise<void> {
    const client = await connectAsync(`mqtt://127.0.0.1:${this.broker.port}`);
    const begin = this.#sent;
    this.#sent += count;
    const all = Array.from({ length: count }, (_, index) =>
      client.publishAsync(`pipeline/${appId}/device`, this.#message(begin + index), { qos: 1 }),
    );
    await Promise.all(all);
    await client.endAsync();
  }

  #message(n: number): string {
    const sluice = { block: `device/1-00000001/0/${Math.floor(n / 100)}`, index: n % 100 };
    return JSON.stringify({
      app_id: appId,
      dev_id: 'device',
      time: this.#begin + n,
      payload_fields: { n },
      sluice,
    });
  }

  /** Until it is acknowledged, as a gateway does. */
  async #post(file: Uint8Array<ArrayBuffer>): Promise<void> {
    for (;;) {
      const send = fetch(this.#address(`/blocks/${appId}/main`), { method: 'POST', body: file });
      const answer = await send.catch(() => undefined);
      if (answer?.ok) return;
      await delay(100);
    }
  }

  async #caughtUp(): Promise<void> {
    const behind = async () => {
      const stages = (await (await fetch(this.#address('/stages'))).json()) as {
        behind: { arrivals: number };
      }[];
      return stages.reduce((sum, stage) => sum + stage.behind.arrivals, 0);
    };
    // The broker has handed over what it had when nothing new comes any more.
    await until(async () => (await this.#rawMessages()).length >= this.#sent, 120_000, 'all messages come');
    await until(async () => (await behind()) === 0, 120_000, 'every stage has everything');
  }

  async #check(): Promise<void> {
    const numbers = (await this.#rawMessages()).sort((a, b) => a - b);
    expectEqual('raw messages', numbers.length, this.#sent);
    expectEqual(
      'messages in order',
      numbers.every((n, index) => n === index),
      true,
    );
    const { names, readings } = await this.#rawBlocks();
    expectEqual('blocks that are twice', names.length - new Set(names).size, 0);
    expectEqual('readings in blocks', readings, hour);
    expectEqual('readings in InfluxDB', await this.#count('esp', 'board_A1'), hour);
    expectEqual('messages in InfluxDB', await this.#count('device', 'n'), this.#sent);
  }

  async #days(extension: string): Promise<string[]> {
    const data = join(this.directory, 'cloud', 'data', appId);
    const names = await readdir(data).catch(() => []);
    return names.filter((name) => name.endsWith(extension)).map((name) => join(data, name));
  }

  async #rawMessages(): Promise<number[]> {
    const numbers: number[] = [];
    for (const path of await this.#days('.json'))
      for await (const line of readLines(new NodeStorage(), path))
        numbers.push(JSON.parse(Buffer.from(line).toString()).payload_fields.n);
    return numbers;
  }

  async #rawBlocks(): Promise<{ names: string[]; readings: number }> {
    const names: string[] = [];
    let readings = 0;
    const onDamage = (offset: number) => {
      throw new Error(`a raw file is damaged at byte ${offset}`);
    };
    for (const path of await this.#days('.sluice'))
      for await (const { head, block } of readBlocks(new NodeStorage(), path, onDamage)) {
        names.push(blockName(head, block.sequence));
        readings += block.readings;
      }
    return { names, readings };
  }

  /** As InfluxDB itself says. */
  async #count(measurement: string, field: string): Promise<number> {
    const address = new URL(`http://127.0.0.1:${this.influxDb.port}/query`);
    const q = `SELECT COUNT("${field}") FROM "${measurement}"`;
    address.search = new URLSearchParams({ db: appId, q }).toString();
    const { results } = (await (await fetch(address)).json()) as {
      results: { series?: { values: [string, number][] }[] }[];
    };
    return results[0]?.series?.[0]?.values[0]?.[1] ?? 0;
  }
}

function expectEqual<T>(what: string, found: T, expected: T): void {
  if (found !== expected) throw new Error(`${what}: ${found} instead of ${expected}`);
}

/** An hour at 100 Hz, in so many files. @param begin wall ms of the first reading */
function captureFiles(count: number, begin: number): Uint8Array<ArrayBuffer>[] {
  const records: Uint8Array[] = [];
  const mapping = { known: true, offset: begin };
  const encoder = new IntegerEncoder({
    boot,
    stream: 0,
    period,
    target: 512,
    sink: {
      block(bytes, length, sequence, readings) {
        records.push(encodeRecord({ sequence, readings, mapping, bytes: bytes.slice(0, length) }));
      },
    },
  });
  encoder.start(0);
  for (let index = 0; index < hour; index++) {
    encoder.staged[encoder.count++] = Math.round(2000 + 500 * Math.sin(index / 40) + ((index * 7919) % 5));
    if (encoder.count === encoder.capacity) while (!encoder.advance());
  }
  encoder.seal();
  const each = Math.ceil(records.length / count);
  return Array.from({ length: count }, (_, index) => {
    const portion = records.slice(index * each, (index + 1) * each);
    return new Uint8Array(Buffer.concat([encodeHead(metadata), ...portion]));
  });
}
