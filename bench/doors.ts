/** What the cloud's doors take, durable before each answer, beside mosquitto and node:http, which keep nothing. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { NodeStorage } from '../common/storage';
import { atLeast, type Figure, plain } from './figure';
import { httpRate, type Load, mqttRate, type Rate } from './load';
import { processCpu } from './process-cpu';

interface Shape {
  name: string;
  rate: (load: Load) => Promise<Rate>;
  connections: number;
  inFlight: number;
  messages: number;
  /** Messages a second to be reached, without and with 2 ms added to each sync. */
  reach: [number, number];
}

const shapes: Shape[] = [
  {
    name: 'MQTT, QoS 1, 20 connections × 50 in flight',
    rate: mqttRate,
    connections: 20,
    inFlight: 50,
    messages: 60_000,
    reach: [30_000, 20_000],
  },
  {
    name: 'MQTT, QoS 1, 200 devices × 1 in flight',
    rate: mqttRate,
    connections: 200,
    inFlight: 1,
    messages: 40_000,
    reach: [18_000, 10_000],
  },
  {
    name: 'HTTP, 20 connections × 1 in flight',
    rate: httpRate,
    connections: 20,
    inFlight: 1,
    messages: 20_000,
    reach: [12_000, 2_500],
  },
];

export async function doorFigures(): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const [index, delay] of [0, 2].entries())
    for (const { name, rate, reach, ...load } of shapes) {
      const label = `${name}${delay > 0 ? `, ${delay} ms more a sync` : ''}`;
      const { perSecond, cpu } = await withCloud(delay, (child, http, mqtt) =>
        measured(child, rate, { port: rate === httpRate ? http : mqtt, ...load }),
      );
      figures.push(atLeast(label, perSecond, 'messages/s', reach[index]!, cpu));
    }
  figures.push(await syncFigure());
  figures.push(await beside('node:http alone', shapes[2]!, withBareHttp));
  if (spawnSync('mosquitto', ['-h']).error !== undefined) return figures;
  for (const shape of shapes.slice(0, 2)) figures.push(await beside('mosquitto', shape, withMosquitto));
  return figures;
}

/** What each answer waits for at least: the doors' figures are of this disk as of this processor. */
async function syncFigure(): Promise<Figure> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-bench-'));
  const file = await new NodeStorage().create(join(directory, 'log'));
  try {
    const batch = new Uint8Array(2_000).fill(1);
    const times: number[] = [];
    for (let time = 0; time < 200; time++) {
      await file.append([batch]);
      const begun = performance.now();
      await file.sync();
      times.push(performance.now() - begun);
    }
    times.sort((a, b) => a - b);
    return plain('a sync of 2 KB on this disk', times[100]!, 'ms', 'median of 200');
  } finally {
    await file.close();
    await rm(directory, { recursive: true });
  }
}

type WithServer = <T>(measure: (child: ChildProcess, port: number) => Promise<T>) => Promise<T>;

/** What a server takes that keeps nothing: what this machine gives. */
async function beside(
  server: string,
  { name, rate, reach: _, ...load }: Shape,
  withServer: WithServer,
): Promise<Figure> {
  const { perSecond, cpu } = await withServer((child, port) => measured(child, rate, { port, ...load }));
  return plain(`${server}: ${name}`, perSecond, 'messages/s', `${cpu}; not durable, stored nowhere`);
}

/** After a first part that is not counted: what runs is compiled by then. */
async function measured(
  child: ChildProcess,
  rate: Shape['rate'],
  load: Load,
): Promise<{ perSecond: number; cpu: string }> {
  await rate({ ...load, messages: load.messages / 2 });
  const before = processCpu(child.pid!);
  const { perSecond, cpu } = await rate(load);
  const server = ((processCpu(child.pid!) - before) * 1e6) / load.messages;
  // Both have the same two cores, where there are no more.
  return { perSecond, cpu: `CPU a message: ${server.toFixed(1)} µs, load generator ${cpu.toFixed(1)} µs` };
}

async function withCloud<T>(
  delay: number,
  measure: (child: ChildProcess, http: number, mqtt: number) => Promise<T>,
): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-bench-'));
  try {
    return await withProgram('cloud/test-cloud.ts', [directory, String(delay)], (child, [http, mqtt]) =>
      measure(child, http!, mqtt!),
    );
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** @param measure gets the ports that the program prints */
async function withProgram<T>(
  program: string,
  parameters: readonly string[],
  measure: (child: ChildProcess, ports: readonly number[]) => Promise<T>,
): Promise<T> {
  const path = join(import.meta.dirname, '..', program);
  const child = spawn(process.execPath, ['--import', 'tsx', path, ...parameters]);
  try {
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    return await measure(child, line.toString().trim().split(' ').map(Number));
  } finally {
    await ended(child);
  }
}

const withBareHttp: WithServer = (measure) =>
  withProgram('bench/bare-http.ts', [], (child, [port]) => measure(child, port!));

async function withMosquitto<T>(measure: (child: ChildProcess, port: number) => Promise<T>): Promise<T> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-bench-'));
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  const configuration = join(directory, 'mosquitto.conf');
  await writeFile(configuration, `listener ${port} 127.0.0.1\nallow_anonymous true\n`);
  const child = spawn('mosquitto', ['-c', configuration]);
  try {
    await once(child.stderr, 'data');
    await new Promise((resolve) => setTimeout(resolve, 300));
    return await measure(child, port);
  } finally {
    await ended(child);
    await rm(directory, { recursive: true });
  }
}

async function ended(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}
