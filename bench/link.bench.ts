/** The link: readings a second into the gateway, bytes a reading on the wire, a thousand parts, cost on the device. */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { connectPart, type ReferenceConnection } from '../gateway/link/reference-connection';
import { IntegerEncoder } from '../modules/block/integer-encoder';
import { link } from '../proto/link.js';
import { returnAtOnce } from '../test/simulation/returning';
import { measureWire } from '../test/simulation/wire';
import { atLeast, atMost, type Figure, plain } from './figure';
import { processCpu } from './process-cpu';
import { measureInstructions } from './rv32/measure';
import { signals } from './signals';

const program = fileURLToPath(new URL('../test/simulation/gateway-process.ts', import.meta.url));
const secret = 'a shared secret';

interface Running {
  child: ChildProcess;
  port: number;
  authority: string;
  directory: string;
}

async function startGateway(): Promise<Running> {
  const directory = mkdtempSync(join(tmpdir(), 'sluice-bench-'));
  const child = spawn(process.execPath, ['--import', 'tsx', program, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout! }))
    return { child, directory, ...JSON.parse(line) };
  throw new Error('the gateway did not start');
}

async function stopGateway({ child, directory }: Running): Promise<void> {
  const over = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await over;
  rmSync(directory, { recursive: true, force: true });
}

const cpuSeconds = ({ child }: Running) => processCpu(child.pid!);

const noise = signals().find(({ name }) => name === 'noise σ 2')!.values;

/** Full blocks of noise with σ = 2 counts, as of a quiet analog pin. */
function makeBlocks(
  counter: number,
  stream: number,
  count: number,
  target = 512,
): { blocks: Uint8Array[]; readings: number } {
  const blocks: Uint8Array[] = [];
  let readings = 0;
  const sink = {
    block(bytes: Uint8Array, length: number, _sequence: number, held: number) {
      blocks.push(bytes.slice(0, length));
      readings += held;
    },
  };
  const boot = { counter, random: 7 };
  const encoder = new IntegerEncoder({
    boot,
    stream,
    period: { numerator: 10, denominator: 1 },
    target,
    sink,
  });
  encoder.start(1_000);
  for (let i = 0; blocks.length < count; i++) {
    encoder.staged[encoder.count++] = noise[i % noise.length]!;
    if (encoder.count === encoder.capacity) while (!encoder.advance());
  }
  return { blocks, readings };
}

/** One part sends as fast as it is acknowledged. */
async function throughput(): Promise<Figure[]> {
  const gateway = await startGateway();
  try {
    const { blocks, readings } = makeBlocks(1, 0, 20_000);
    const connection = await connectPart({
      part: 'part-1',
      secret,
      boot: { counter: 1, random: 7 },
      ...gateway,
    });
    await connection.part.until(() => connection.part.open);
    connection.part.declare(0);
    const cpu = cpuSeconds(gateway);
    const start = performance.now();
    await sendAll(connection, 0, blocks);
    const seconds = (performance.now() - start) / 1_000;
    const busy = cpuSeconds(gateway) - cpu;
    connection.close();
    const bytes = blocks.map(({ length }) => length);
    const sizes = `of ${Math.min(...bytes)} to ${Math.max(...bytes)} B, noise of σ = 2`;
    const how = `${readings} readings in ${blocks.length} blocks over TLS, all checked, written and fsynced; ${busy.toFixed(1)} s CPU of all the gateway's threads in ${seconds.toFixed(1)} s`;
    return [
      atLeast('gateway, one core, fsync on', readings / busy, 'readings/s of CPU', 1_000_000, how),
      atLeast('the same, in blocks', blocks.length / busy, 'blocks/s of CPU', 6_500, sizes),
      plain('the same, by the clock', readings / seconds, 'readings/s'),
      plain('round trips of one part, window 32 KB', blocks.length / seconds, 'blocks/s'),
    ];
  } finally {
    await stopGateway(gateway);
  }
}

async function sendAll({ part }: ReferenceConnection, stream: number, blocks: Uint8Array[]): Promise<void> {
  for (let next = 0; next < blocks.length; ) {
    const acknowledged = part.acknowledged.get(stream) ?? 0;
    while (next < Math.min(blocks.length, acknowledged + 60)) {
      part.send({ blocks: blocks.slice(next, next + 3) });
      next += 3;
    }
    const wanted = Math.min(blocks.length, acknowledged + 1);
    await part.until(() => (part.acknowledged.get(stream) ?? 0) >= wanted);
  }
  await part.until(() => part.acknowledged.get(stream) === blocks.length);
}

/** A thousand parts with three streams each, a sync every six seconds, for half a minute. */
async function manyParts(): Promise<Figure[]> {
  const parts = 1_000;
  const rounds = 5;
  const period = 6_000;
  const gateway = await startGateway();
  try {
    const connections: ReferenceConnection[] = [];
    const latencies: number[] = [];
    const blocks = [0, 1, 2].map((stream) => makeBlocks(1, stream, rounds, 200).blocks);
    for (let first = 0; first < parts; first += 20) {
      const some = Array.from({ length: 20 }, (_, i) =>
        connectPart({ part: `part-${first + i}`, secret, boot: { counter: 1, random: 7 }, ...gateway }),
      );
      for (const connection of await Promise.all(some)) {
        await connection.part.until(() => connection.part.open);
        for (let stream = 0; stream < 3; stream++) connection.part.declare(stream);
        connections.push(connection);
      }
    }
    const cpu = cpuSeconds(gateway);
    const start = performance.now();
    await Promise.all(
      connections.map(async ({ part }, index) => {
        await pause((index / parts) * period);
        for (let round = 0; round < rounds; round++) {
          const begun = performance.now();
          part.send({ blocks: blocks.map((of) => of[round]!) });
          await part.until(() => [0, 1, 2].every((stream) => (part.acknowledged.get(stream) ?? 0) > round));
          latencies.push(performance.now() - begun);
          await pause(Math.max(0, period - (performance.now() - begun)));
        }
      }),
    );
    const busy = (cpuSeconds(gateway) - cpu) / ((performance.now() - start) / 1_000);
    for (const connection of connections) connection.close();
    latencies.sort((a, b) => a - b);
    const all = `${parts} parts over TLS, 3 streams each, a sync every 6 s, ${latencies.length} syncs`;
    return [
      plain('1,000 parts on one process: share of one core', busy * 100, '%', all),
      plain('1,000 parts: sync until acknowledged, median', latencies[latencies.length >> 1]!, 'ms'),
      plain('1,000 parts: the same, 99 of 100', latencies[Math.floor(latencies.length * 0.99)]!, 'ms'),
    ];
  } finally {
    await stopGateway(gateway);
  }
}

/** A thousand parts dial in the same moment, from one address, each with a minute's backlog of six streams. */
async function returning(): Promise<Figure[]> {
  const parts = 1_000;
  const gateway = await startGateway();
  try {
    const { blocks } = makeBlocks(1, 0, 6);
    const { opened, first, all, refused, ended } = await returnAtOnce({ parts, blocks, secret, ...gateway });
    const how = `over TLS, ${blocks.length} full blocks each, parts in the same process; ${refused} connections turned away first, ${ended} sessions ended early`;
    return [
      atMost('1,000 parts at once: until the last has its session', opened.at(-1)! / 1_000, 's', 30, how),
      atMost('the same until the last has its first block acknowledged', first.at(-1)! / 1_000, 's', 30),
      plain('the same until everything is', all.at(-1)! / 1_000, 's'),
      plain('the same, median of the first block', first[parts >> 1]! / 1_000, 's'),
    ];
  } finally {
    await stopGateway(gateway);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

async function wire(): Promise<Figure[]> {
  const { bytesPerReading, up, down, readings, syncs, arenaPeak } = await measureWire();
  const how = `recorded ECG, ${readings} readings in ${syncs} syncs, ${up} B up and ${down} B down with WebSocket frames, status, clock and acknowledgements; the peer sends 52`;
  return [
    atMost('on the wire above TCP, ECG at 360 Hz, default sync', bytesPerReading, 'B/reading', 0.6, how),
    plain(
      'RAM of JavaScript at most, one collector and the link, ESP32-C3',
      arenaPeak / 1_000,
      'KB',
      'of 94 KB',
    ),
  ];
}

async function device(): Promise<Figure[]> {
  const measured = await measureInstructions({
    include: ['bench/programs/uplink-manifest.json'],
    program: 'bench/programs/uplink.ts',
    counts: { append: 240, send: 240, acknowledge: 32, protobuf: 96 },
  });
  const { append, send, acknowledge, protobuf } = measured;
  const unit = 'rv32 instructions';
  return [
    plain(
      'a block into a frame, read from the RAM head',
      send.instructions - append.instructions,
      unit,
      `with protobufjs ${protobuf.instructions}, without reading the ring`,
    ),
    plain('garbage of a block into a frame', send.garbage - append.garbage, 'B'),
    plain('an acknowledgement read', acknowledge.instructions, unit, 'once a sync or a window'),
    plain('garbage of an acknowledgement', acknowledge.garbage, 'B'),
  ];
}

/** An acknowledgement of one stream as it goes over the wire. */
const acknowledgementBytes = link.Envelope.encode({ acknowledgements: [{ stream: 1, next: 1_000 }] }).finish()
  .length;

export default async function run(): Promise<Figure[]> {
  return [
    ...(await throughput()),
    ...(await manyParts()),
    ...(await returning()),
    ...(await wire()),
    plain('an acknowledgement on the wire, before the frame', acknowledgementBytes, 'B'),
    ...(await device()),
  ];
}
