/**
 * The platform of the specification, whole: a cloud as a process of its own, over a real broker and real stores. Each of
 * them can be killed as a crash does, and comes back with what it kept.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { MongoClient } from 'mongodb';
import type { JobStatus } from '../../cloud/jobs/jobs';
import type { StageStatus } from '../../cloud/stages/runner';
import type { Bucket } from '../../cloud/stores/buckets/bucket';
import { S3Bucket } from '../../cloud/stores/buckets/s3-bucket';
import {
  isMissing,
  minioKeys,
  type Server,
  startFerretDb,
  startInfluxDb,
  startMinio,
  startMosquitto,
  thatKeeps,
} from './servers';

export type ServerName = 'mosquitto' | 'influxdb' | 'minio' | 'mongodb';

/** Programs that a platform needs and this machine has not. */
export function missingServers(): string[] {
  return (['mosquitto', 'influxd', 'minio', 'ferretdb'] as const).filter(isMissing);
}

/** Milliseconds for a job of the night. */
const jobPatience = 300_000;

export class Platform {
  readonly servers: Readonly<Record<ServerName, Server>>;
  readonly #directory: string;
  readonly #buckets: Record<'data' | 'metadata', Bucket>;
  #cloud: ChildProcess | undefined;
  #http = '';

  private constructor(directory: string, servers: Record<ServerName, Server>) {
    this.#directory = directory;
    this.servers = servers;
    const minio = { endpoint: `http://127.0.0.1:${servers.minio.port}`, region: 'us-east-1', ...minioKeys };
    this.#buckets = { data: new S3Bucket(minio, 'data'), metadata: new S3Bucket(minio, 'metadata') };
  }

  /** The servers; no cloud yet. @param saveInterval seconds after which Mosquitto saves what it keeps, for when it is killed */
  static async open(saveInterval: number): Promise<Platform> {
    const directory = await mkdtemp(join(tmpdir(), 'sluice-platform-'));
    const [mosquitto, influxdb, minio, mongodb] = await Promise.all([
      startMosquitto(['max_queued_messages 0', ...thatKeeps(directory, saveInterval)]),
      startInfluxDb(),
      startMinio(),
      startFerretDb(),
    ]);
    const platform = new Platform(directory, { mosquitto, influxdb, minio, mongodb });
    const {
      endpoint,
      accessKeyId: access_key_id,
      secretAccessKey: secret_access_key,
    } = {
      endpoint: `http://127.0.0.1:${minio.port}`,
      ...minioKeys,
    };
    const configuration = {
      broker: { url: platform.broker },
      objects: { endpoint, access_key_id, secret_access_key },
      influxdb: { version: 1, url: `http://127.0.0.1:${influxdb.port}` },
      mongodb: { url: platform.#mongodb, database: 'sluice' },
      projects: { plant: { raw: 'json' } },
    };
    await writeFile(platform.#configuration, JSON.stringify(configuration));
    return platform;
  }

  /** Where messages are published. */
  get broker(): string {
    return `mqtt://127.0.0.1:${this.servers.mosquitto.port}`;
  }

  /** Of the cloud's HTTP door. */
  get http(): string {
    return this.#http;
  }

  /** @param daysBehind of the cloud's clock */
  async startCloud(daysBehind = 0): Promise<void> {
    const program = join(import.meta.dirname, '../../cloud/test-cloud.ts');
    const parameters = [join(this.#directory, 'cloud'), '0', this.#configuration, String(daysBehind)];
    const cloud = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), program, ...parameters], {
      stdio: ['ignore', 'pipe', 'inherit'],
      // What the AWS SDK says of the version of Node, at each start.
      env: { ...process.env, NODE_NO_WARNINGS: '1' },
    });
    this.#cloud = cloud;
    const ended = once(cloud, 'exit').then(([code]) => Promise.reject(new Error(`the cloud ended: ${code}`)));
    ended.catch(() => undefined);
    const [ports] = (await Promise.race([once(cloud.stdout, 'data'), ended])) as [Buffer];
    this.#http = `http://127.0.0.1:${ports.toString().split(' ')[0]}`;
  }

  async killCloud(): Promise<void> {
    const cloud = this.#cloud;
    this.#cloud = undefined;
    if (cloud === undefined || cloud.exitCode !== null) return;
    const exited = once(cloud, 'exit');
    cloud.kill('SIGKILL');
    await exited;
  }

  async stages(): Promise<StageStatus[]> {
    return (await (await fetch(`${this.#http}/stages`)).json()) as StageStatus[];
  }

  /** Runs a job of the night now; its sentence. @throws what stood in its way */
  async runJob(name: string): Promise<string> {
    // After days off it runs by itself.
    await until(`the job ${name} is idle`, jobPatience, async () => (await this.#job(name)).state === 'idle');
    const before = await this.#job(name);
    const asked = await fetch(`${this.#http}/jobs/${name}`, { method: 'POST' });
    if (!asked.ok) throw new Error(`${name}: ${asked.status} ${await asked.text()}`);
    let last: JobStatus['last'];
    await until(`the job ${name} ends`, jobPatience, async () => {
      const now = await this.#job(name);
      last = now.last;
      return now.state === 'idle' && last?.ended !== undefined && last.started !== before.last?.started;
    });
    if (last?.error !== undefined) throw new Error(`${name}: ${last.error}`);
    return last?.result ?? '';
  }

  /** What InfluxDB itself says of a measurement of the project: how many values, and their sum. */
  async inInfluxDb(measurement: string, field: string): Promise<{ count: number; sum: number }> {
    const q = `select count("${field}"), sum("${field}") from "${measurement}"`;
    const search = new URLSearchParams({ db: 'plant', q });
    const answer = await fetch(`http://127.0.0.1:${this.servers.influxdb.port}/query?${search}`);
    const { results } = (await answer.json()) as {
      results: [{ series?: [{ values: [[string, number, number]] }]; error?: string }];
    };
    if (results[0].error !== undefined) throw new Error(results[0].error);
    const [, count = 0, sum = 0] = results[0].series?.[0].values[0] ?? [];
    return { count, sum };
  }

  /**
   * Documents of all devices; each is called as its reading is, so none is there twice. FerretDB counts those of one by reading
   * every document, a second for 4,000: meanwhile it stores nothing.
   */
  async inMongoDb(): Promise<number> {
    const client = new MongoClient(this.#mongodb);
    try {
      const { count } = await client.db('sluice').command({ collStats: 'messages' });
      return count as number;
    } finally {
      await client.close();
    }
  }

  /** Rows of a device in the cloud's own time series. */
  inTimeSeries(device: string): Promise<{ count: number; sum: number }> {
    return inTimeSeries(this.#http, device);
  }

  /** All lines of a device's files in the bucket `data`, and the events that the bucket `metadata` tells of. */
  async inMinio(device: string): Promise<{ lines: string[]; events: number }> {
    const of = (key: string) => key.startsWith(`plant/${device}-`);
    const lines: string[] = [];
    let events = 0;
    for await (const { key } of this.#buckets.data.list()) {
      if (!of(key)) continue;
      for (const line of (await textOf(this.#buckets.data, key)).split('\n')) if (line) lines.push(line);
    }
    for await (const { key } of this.#buckets.metadata.list())
      if (of(key)) events += JSON.parse(await textOf(this.#buckets.metadata, key)).num_events as number;
    return { lines, events };
  }

  async close(): Promise<void> {
    await this.killCloud();
    for (const bucket of Object.values(this.#buckets)) bucket.close();
    await Promise.all(Object.values(this.servers).map((server) => server.close()));
    await rm(this.#directory, { recursive: true });
  }

  async #job(name: string): Promise<JobStatus> {
    const jobs = (await (await fetch(`${this.#http}/jobs`)).json()) as JobStatus[];
    return jobs.find((job) => job.name === name)!;
  }

  get #configuration(): string {
    return join(this.#directory, 'configuration.json');
  }

  get #mongodb(): string {
    return `mongodb://127.0.0.1:${this.servers.mongodb.port}/?directConnection=true&serverSelectionTimeoutMS=1000`;
  }
}

/** Rows of a device, as a cloud's HTTP door tells. */
export async function inTimeSeries(http: string, device: string): Promise<{ count: number; sum: number }> {
  const sql = `select count(*)::double as count, sum(value) as sum from readings where part = '${device}'`;
  const answer = await fetch(`${http}/sql`, { method: 'POST', body: JSON.stringify({ sql }) });
  if (!answer.ok) throw new Error(`SQL: ${answer.status} ${await answer.text()}`);
  const [row] = (await answer.json()) as [{ count: number; sum: number }];
  return row;
}

/** Asks again until it is so. @throws what is not, after `patience` milliseconds */
export async function until(
  what: string,
  patience: number,
  isSo: () => Promise<boolean>,
  interval = 500,
): Promise<void> {
  const end = Date.now() + patience;
  while (!(await isSo())) {
    if (Date.now() > end) throw new Error(`not within ${patience / 1000} s: ${what}`);
    await delay(interval);
  }
}

/** Asks again until what is found is what is wanted. @throws both, after `patience` milliseconds without any change */
export async function untilFound(
  what: string,
  patience: number,
  wanted: string,
  find: () => Promise<string>,
  interval = 500,
): Promise<void> {
  let last = '';
  let changed = Date.now();
  for (let found = await find(); found !== wanted; found = await find()) {
    if (found !== last) changed = Date.now();
    last = found;
    if (Date.now() - changed > patience)
      throw new Error(`no further within ${patience / 1000} s: ${what}: ${found}, not ${wanted}`);
    await delay(interval);
  }
}

async function textOf(bucket: Bucket, key: string): Promise<string> {
  const pieces: Uint8Array[] = [];
  for await (const piece of bucket.read(key)) pieces.push(piece);
  return Buffer.concat(pieces).toString();
}
