/**
 * Each store of the cloud itself away for a while, at 100 Hz through HTTP and MQTT: its directory is gone, its disk is
 * full to the last byte, its database is damaged. No door and no other store notices, and it has everything afterwards.
 */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { connectAsync, type MqttClient } from 'mqtt';
import type { StageStatus } from '../../cloud/stages/runner';
import { SmallDisk } from '../../common/storage/small-disk';
import { startCloud } from '../cloud-process';
import { messageDevice, project, sumOf } from '../servers/device-data';
import { inTimeSeries, until, untilFound } from '../servers/platform';
import { Sender } from '../servers/sender';
import type { SoakTask } from './task';

/** Milliseconds in which a store that was away has something more; a stage tries at most every 30 s. */
const patience = 120_000;
/** Of the disk of each store: an hour of messages has room. */
const diskBytes = 256 << 20;
/** Milliseconds that a POST may take: what waits for a store waits for good, or until the next attempt. */
const longestPost = 2_000;

const stores = { 'raw-files': 'data', 'time-series': 'state/time-series' } as const;
type Store = keyof typeof stores;

/** The cloud as a process, with a small disk for each of its stores. */
class House {
  readonly directory = mkdtempSync(join(tmpdir(), 'sluice-absences-'));
  readonly disks: Record<Store, SmallDisk>;
  #process: ChildProcess | undefined;
  #port = 0;
  #mqttPort = 0;

  constructor(disks: Record<Store, SmallDisk>) {
    this.disks = disks;
    mkdirSync(join(this.directory, 'state'));
    for (const store of Object.keys(stores) as Store[]) {
      mkdirSync(this.#onDisk(store));
      this.link(store);
    }
  }

  get http(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    const { cloud, port, mqttPort } = await startCloud(this.directory);
    [this.#process, this.#port, this.#mqttPort] = [cloud, port, mqttPort];
  }

  connect(): Promise<MqttClient> {
    return connectAsync(`mqtt://127.0.0.1:${this.#mqttPort}`);
  }

  async kill(): Promise<void> {
    const { exitCode, signalCode } = this.#process ?? { exitCode: 0, signalCode: null };
    if (exitCode !== null || signalCode !== null) return;
    const gone = once(this.#process!, 'exit');
    this.#process!.kill('SIGKILL');
    await gone;
  }

  #onDisk(store: Store): string {
    return join(this.disks[store].path, 'store');
  }

  link(store: Store): void {
    symlinkSync(this.#onDisk(store), join(this.directory, stores[store]));
  }

  /** What has been made in its place meanwhile goes. */
  unlink(store: Store): void {
    rmSync(join(this.directory, stores[store]), { recursive: true, force: true });
  }

  /** @throws when what is there is not the link */
  takeAway(store: Store): void {
    const path = join(this.directory, stores[store]);
    renameSync(path, `${path}.elsewhere`);
    rmSync(`${path}.elsewhere`);
  }

  async damageDatabase(): Promise<void> {
    const store = this.#onDisk('time-series');
    const { generation } = JSON.parse(readFileSync(join(store, 'current'), 'utf8')) as { generation: number };
    const file = await open(join(store, String(generation), 'hot.duckdb'), 'r+');
    await file.write(Buffer.alloc(12_288, 0xff), 0, 12_288, 0);
    await file.close();
  }

  async stages(): Promise<StageStatus[]> {
    return (await (await fetch(`${this.http}/stages`)).json()) as StageStatus[];
  }

  async inRawFiles(): Promise<{ count: number; sum: number }> {
    const directory = join(this.#onDisk('raw-files'), project);
    let [count, sum] = [0, 0];
    for (const name of readdirSync(directory).filter((name) => name.startsWith(`${messageDevice.name}-`)))
      for (const line of readFileSync(join(directory, name), 'utf8').split('\n').filter(Boolean)) {
        count++;
        sum += (JSON.parse(line) as { payload_fields: { n: number } }).payload_fields.n;
      }
    return { count, sum };
  }

  async close(): Promise<void> {
    await this.kill();
    rmSync(this.directory, { recursive: true, force: true });
    for (const disk of Object.values(this.disks)) disk.unmount();
  }
}

interface Absence {
  store: Store;
  says: string;
  leave(house: House): void | Promise<void>;
  comeBack(house: House): void | Promise<void>;
}

const absences: Absence[] = (Object.keys(stores) as Store[]).flatMap((store): Absence[] => [
  {
    store,
    says: 'its directory gone',
    leave: (house) => house.takeAway(store),
    comeBack: (house) => {
      house.unlink(store);
      house.link(store);
    },
  },
  {
    store,
    says: 'its disk full',
    leave: async ({ disks }) => {
      // What it gives up meanwhile is taken from it too.
      for (let time = 0; time < 3; time++) {
        disks[store].fill();
        await delay(100);
      }
    },
    comeBack: ({ disks }) => disks[store].empty(),
  },
]);

async function allHave(house: House, sent: number): Promise<void> {
  const all = { count: sent, sum: sumOf(sent) };
  // A line that is being written is none yet.
  const find = async () =>
    JSON.stringify([
      await inTimeSeries(house.http, messageDevice.name).catch(String),
      await house.inRawFiles().catch(String),
    ]);
  await untilFound('both stores have all', patience, JSON.stringify([all, all]), find);
}

/** Everything is there, then a store is not for so many seconds. Resolves to what it was like, for people. */
async function without(absence: Absence, seconds: number, house: House, sender: Sender): Promise<string> {
  const { store, says } = absence;
  await sender.published();
  await allHave(house, sender.sent);
  sender.slowest = 0;
  await absence.leave(house);
  await sender.send(seconds);
  await sender.published();
  await until(`the other store has all while ${store} has ${says}`, patience, async () => {
    const others = (await house.stages()).filter(({ name }) => name !== store);
    for (const { name, state, error } of others)
      if (state !== 'running') throw new Error(`${store} has ${says}, and ${name} is ${state}: ${error}`);
    return others.every(({ behind }) => behind.arrivals === 0);
  });
  const { state, behind } = (await house.stages()).find(({ name }) => name === store)!;
  const slowest = sender.slowest;
  await absence.comeBack(house);
  const back = Date.now();
  await allHave(house, sender.sent);
  if (slowest > longestPost)
    throw new Error(`${store} has ${says}, and a POST takes ${slowest.toFixed(0)} ms`);
  const after = ((Date.now() - back) / 1_000).toFixed(1);
  return `${store}, ${says}: ${state}, ${behind.arrivals} arrivals behind; slowest POST ${slowest.toFixed(0)} ms, all there ${after} s after its return`;
}

/** A damaged database is noticed at the next start, and built anew while doors and raw files go on. */
async function damaged(seconds: number, house: House, sender: Sender): Promise<string> {
  await sender.published();
  await allHave(house, sender.sent);
  sender.slowest = 0;
  await house.kill();
  await house.damageDatabase();
  await house.start();
  await sender.client.endAsync(true);
  sender.client = await house.connect();
  await sender.send(seconds);
  await sender.published();
  await allHave(house, sender.sent);
  if (sender.slowest > longestPost)
    throw new Error(`the database is built anew, and a POST takes ${sender.slowest.toFixed(0)} ms`);
  return `time-series, its database damaged: slowest POST ${sender.slowest.toFixed(0)} ms`;
}

export const task: SoakTask = {
  description:
    'while a store of the cloud itself is away no door and no other store notices, and it catches up',
  unit: 'seconds that each is away',
  sample: 5,
  full: 600,
  async run(seconds) {
    const [raw, rows] = [SmallDisk.mount(diskBytes), SmallDisk.mount(diskBytes)];
    if (raw === undefined || rows === undefined) {
      for (const disk of [raw, rows]) disk?.unmount();
      return 'skipped: this user may not mount a disk';
    }
    const house = new House({ 'raw-files': raw, 'time-series': rows });
    let sender: Sender | undefined;
    try {
      await house.start();
      sender = new Sender(house, await house.connect());
      await sender.send(1);
      const lines: string[] = [];
      for (const absence of absences) lines.push(await without(absence, seconds, house, sender));
      lines.push(await damaged(seconds, house, sender));
      return `${sender.sent} messages, each once in both stores\n  ${lines.join('\n  ')}`;
    } finally {
      await sender?.client.endAsync(true);
      await house.close();
    }
  },
};
