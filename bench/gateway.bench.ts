/**
 * The whole gateway under parts with twelve streams of 100 Hz each and the default sync of six seconds: what a reading
 * costs, how long anything waits, what an open page costs. The cloud is a door that answers at once.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, get, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { connectPart, type ReferenceConnection } from '../gateway/link/reference-connection';
import { pack } from '../modules/block/encode.node.js';
import { readCaptureFile } from '../modules/block/file';
import { atMost, type Figure, plain } from './figure';
import type { Measured } from './gateway-process';
import { signals } from './signals';

const program = fileURLToPath(new URL('./gateway-process.ts', import.meta.url));
const secret = 'a shared secret';
const streams = 12;
const boot = { counter: 1, random: 7 };
/** ms: the default `sync_interval_mins`, on both hops. */
const interval = 6_000;
/** Readings of 100 Hz in one. */
const perBlock = interval / 10;
/** Rounds before the measuring, with the sync disabled, with it, and with a page open; one lies before each of the last two. */
const roundsOf = { before: 1, taken: 3, synced: 3, watched: 3 };
const allRounds = roundsOf.before + roundsOf.taken + 1 + roundsOf.synced + 1 + roundsOf.watched;

const noise = signals().find(({ name }) => name === 'noise σ 2')!.values;

/** Of each stream, a block a round. Blocks do not name their part, so all parts send the same. */
const blocks = Array.from({ length: streams }, (_, stream) => {
  const values = Array.from({ length: perBlock * allRounds }, (_, index) => noise[index % noise.length]!);
  return pack('integer', values, { boot, stream, sealEvery: perBlock, start: 0 }).blocks;
});

/** What the parts and the cloud see. Milliseconds. */
class Seen {
  /** From a sync's blocks to their acknowledgement. */
  readonly acknowledged: number[] = [];
  /** From a block's acknowledgement to its arrival at the cloud. */
  readonly delivered: number[] = [];
  readonly #since = new Map<string, number>();

  acknowledge(part: string, round: number, begun: number): void {
    const now = performance.now();
    this.acknowledged.push(now - begun);
    for (let stream = 0; stream < streams; stream++) this.#since.set(`${part}/${stream}/${round}`, now);
  }

  arrive(file: Uint8Array): void {
    const { metadata, blocks: arrived } = readCaptureFile(file);
    for (const { sequence } of arrived) {
      const name = `${metadata.part}/${metadata.stream}/${sequence}`;
      const since = this.#since.get(name);
      // It may be there before its part has the acknowledgement.
      this.delivered.push(since === undefined ? 0 : performance.now() - since);
      this.#since.delete(name);
    }
  }

  begin(): void {
    this.acknowledged.length = this.delivered.length = 0;
  }
}

/** A cloud that takes everything at once. */
async function openDoor(seen: Seen): Promise<Server> {
  const door = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    seen.arrive(Buffer.concat(chunks));
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{"blocks":1,"duplicates":0,"readings":1,"refused":[]}');
  });
  door.listen(0, '127.0.0.1');
  await once(door, 'listening');
  return door;
}

class Running {
  readonly #child: ChildProcess;
  readonly #directory: string;
  readonly port: number;
  readonly api: number;
  readonly authority: string;

  private constructor(
    child: ChildProcess,
    directory: string,
    told: Pick<Running, 'port' | 'api' | 'authority'>,
  ) {
    this.#child = child;
    this.#directory = directory;
    this.port = told.port;
    this.api = told.api;
    this.authority = told.authority;
  }

  static async start(parts: number, syncTime: number, door: Server): Promise<Running> {
    const directory = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
    const cloud = `http://127.0.0.1:${(door.address() as AddressInfo).port}`;
    const child = fork(program, [directory, String(parts), secret, String(syncTime), cloud], {
      execArgv: ['--import', 'tsx'],
    });
    const [told] = await once(child, 'message');
    return new Running(child, directory, told);
  }

  /** Since the last time. */
  async measure(): Promise<Measured> {
    this.#child.send('measure');
    return (await once(this.#child, 'message'))[0] as Measured;
  }

  sync(): void {
    this.#child.send('sync');
  }

  async stop(): Promise<void> {
    const over = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await over;
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

function connect(name: string, { port, authority }: Running): Promise<ReferenceConnection> {
  return connectPart({ part: name, secret, boot, port, authority, onCall: answer });
}

/** As firmware answers while somebody looks at the page. */
function answer({ method }: { method?: string | null }): { result: string } {
  if (method === 'FlashMap') {
    const list = Array.from({ length: 64 }, (_, index) => index);
    return {
      result: JSON.stringify({
        sectors: 256,
        sectorBytes: 4096,
        from: 0,
        epochs: list,
        wear: list,
        live: list,
      }),
    };
  }
  const told = Array.from({ length: streams }, (_, number) => {
    const captured = Math.floor(performance.now() / 10);
    return { number, captured, acknowledged: captured, stored: 0, bytes: 400, quota: 4_000 };
  });
  return {
    result: JSON.stringify({
      uptime: performance.now(),
      heap: { used: 60_000, size: 90_000 },
      streams: told,
    }),
  };
}

/** Sends a round of every part, spread over the interval as parts are; resolves when all is acknowledged. */
async function round(connections: ReferenceConnection[], number: number, seen: Seen): Promise<void> {
  const every = interval / connections.length;
  await Promise.all(
    connections.map(async ({ part }, index) => {
      await pause(index * every);
      const begun = performance.now();
      for (let first = 0; first < streams; first += 6)
        part.send({ blocks: blocks.slice(first, first + 6).map((of) => of[number]!) });
      const isDone = (stream: number) => (part.acknowledged.get(stream) ?? 0) > number;
      await part.until(() => blocks.every((_, stream) => isDone(stream)));
      seen.acknowledge(part.options.part, number, begun);
    }),
  );
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** Opens the page's events and reads them. @returns what closes it */
async function look(port: number): Promise<() => void> {
  const request = get({ port, host: '127.0.0.1', path: '/api/events' });
  const [response] = await once(request, 'response');
  response.resume();
  return () => request.destroy();
}

interface Load {
  parts: number;
  /** Milliseconds of each fdatasync. */
  syncTime: number;
}

async function measure({ parts, syncTime }: Load): Promise<Figure[]> {
  const seen = new Seen();
  const door = await openDoor(seen);
  const gateway = await Running.start(parts, syncTime, door);
  const connections: ReferenceConnection[] = [];
  let number = 0;
  const rounds = async (count: number) => {
    const start = performance.now();
    for (const end = number + count; number < end; number++) {
      await round(connections, number, seen);
      await pause(Math.max(0, start + (count - (end - number - 1)) * interval - performance.now()));
    }
    return (performance.now() - start) / 1_000;
  };
  try {
    for (let first = 0; first < parts; first += 20) {
      const names = Array.from({ length: Math.min(20, parts - first) }, (_, i) => `part-${first + i}`);
      connections.push(...(await Promise.all(names.map((name) => connect(name, gateway)))));
    }
    for (const { part } of connections) {
      await part.until(() => part.open);
      for (let stream = 0; stream < streams; stream++) part.declare(stream);
    }
    await rounds(roundsOf.before);
    await gateway.measure();
    const takenSeconds = await rounds(roundsOf.taken);
    const taken = await gateway.measure();
    gateway.sync();
    await rounds(1);
    await gateway.measure();
    seen.begin();
    const seconds = await rounds(roundsOf.synced);
    const synced = await gateway.measure();
    const acknowledged = [...seen.acknowledged];
    const delivered = [...seen.delivered];
    const close = await look(gateway.api);
    await rounds(1);
    await gateway.measure();
    const watchedSeconds = await rounds(roundsOf.watched);
    const watched = await gateway.measure();
    close();
    return figures(
      { parts, syncTime },
      { takenSeconds, taken, seconds, synced, acknowledged, delivered, watchedSeconds, watched },
    );
  } finally {
    for (const connection of connections) connection.close();
    await gateway.stop();
    door.closeAllConnections();
    door.close();
  }
}

interface Result {
  takenSeconds: number;
  taken: Measured;
  seconds: number;
  synced: Measured;
  acknowledged: number[];
  delivered: number[];
  watchedSeconds: number;
  watched: Measured;
}

function figures({ parts, syncTime }: Load, result: Result): Figure[] {
  const { takenSeconds, taken, seconds, synced, acknowledged, delivered, watchedSeconds, watched } = result;
  const of = `${parts} × ${streams}, fdatasync ${syncTime} ms`;
  const readings = roundsOf.taken * parts * streams * perBlock;
  const share = (cpu: number, during: number) => (100 * cpu) / during;
  const page = share(watched.cpu, watchedSeconds) - share(synced.cpu, seconds);
  const used = `${share(taken.cpu, takenSeconds).toFixed(1)} % of a core, ${share(synced.cpu, seconds).toFixed(1)} % with the sync`;
  const most = `the longest ${synced.longestDelay.toFixed(0)} ms`;
  const last = `${delivered.length} blocks, median ${(quantile(delivered, 0.5) / 1_000).toFixed(1)} s`;
  return [
    plain(`${of}: to acknowledged`, readings / taken.cpu, 'readings/s of CPU', used),
    bounded(parts <= 100)(`${of}: event loop delay, 99 of 100`, synced.delay, 'ms', 50, most),
    plain(`${of}: a part's sync until acknowledged, 99 of 100`, quantile(acknowledged, 0.99), 'ms'),
    atMost(`${of}: until a sync can read what is acknowledged`, synced.complete, 'ms', 1_000),
    plain(
      `${of}: from acknowledged until at the cloud, 99 of 100`,
      quantile(delivered, 0.99) / 1_000,
      's',
      last,
    ),
    plain(`${of}: memory`, synced.memory / 1e6, 'MB'),
    atMost(`${of}: the page's whole state`, watched.state, 'ms', 20),
    bounded(parts <= 100)(`${of}: an open page`, page, '% of a core', 5),
  ];
}

/** The bound is of a hundred parts; beyond them the figure stands alone. */
const bounded = (isBound: boolean): typeof atMost =>
  isBound ? atMost : (figure, value, unit, _target, reference) => plain(figure, value, unit, reference);

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

/** Parts by `SLUICE_BENCH_PARTS`, for who looks for something. */
const sizes = (process.env.SLUICE_BENCH_PARTS ?? '1,25,100,400').split(',').map(Number);

export default async function run(): Promise<Figure[]> {
  const all: Figure[] = [];
  for (const syncTime of [1, 40])
    for (const parts of sizes) all.push(...(await measure({ parts, syncTime })));
  return all;
}
