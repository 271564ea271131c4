/** The same promises against a real process, real sockets with TLS, a real disk, and kill -9. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connectPart, type ReferenceConnection } from '../../gateway/link/reference-connection';
import { Outbox } from '../../gateway/outbox/outbox';
import { readCaptureFile } from '../../modules/block/file';
import { IntegerEncoder } from '../../modules/block/integer-encoder';
import { seed } from '../chance';
import { Random } from './random';

const program = fileURLToPath(new URL('gateway-process.ts', import.meta.url));
const boot = { counter: 4, random: 0xfeed };
let root: string;
let child: ChildProcess | undefined;

beforeEach(async () => {
  root = await fs.mkdtemp(join(tmpdir(), 'sluice-real-'));
});

afterEach(async () => {
  child?.kill('SIGKILL');
  await fs.rm(root, { recursive: true, force: true });
});

async function startGateway(path = root, quota?: number): Promise<{ port: number; authority: string }> {
  const quotas = quota === undefined ? [] : ['--quota', String(quota)];
  // So that checkpoints are among what is cut off.
  const parameters = ['--import', 'tsx', program, path, '--journal', '200000', ...quotas];
  const started = spawn(process.execPath, parameters, { stdio: ['ignore', 'pipe', 'pipe'] });
  child = started;
  let errors = '';
  started.stderr.on('data', (text) => (errors += text));
  for await (const line of createInterface({ input: started.stdout })) return JSON.parse(line);
  throw new Error(`the gateway did not start: ${errors}`);
}

async function killGateway(): Promise<void> {
  if (child!.exitCode !== null || child!.signalCode !== null) return;
  const dead = new Promise((resolve) => child!.once('exit', resolve));
  child!.kill('SIGKILL');
  await dead;
}

/** `count` blocks of a stream. */
function blocksOf(stream: number, count: number): Uint8Array[] {
  const blocks: Uint8Array[] = [];
  const sink = { block: (bytes: Uint8Array, length: number) => void blocks.push(bytes.slice(0, length)) };
  const period = { numerator: 10, denominator: 1 };
  const encoder = new IntegerEncoder({ boot, stream, period, target: 512, sink });
  encoder.start(1_000);
  for (let i = 0; blocks.length < count; i++) {
    encoder.staged[encoder.count++] = (i * 7_919) % 300;
    if (encoder.count === encoder.capacity) while (!encoder.advance());
  }
  return blocks;
}

/** Sends from the first block not acknowledged on, until all are or the connection ends. */
async function deliver(connection: ReferenceConnection, stream: number, blocks: Uint8Array[]): Promise<void> {
  const { part } = connection;
  const over = connection.closed;
  await Promise.race([part.until(() => part.open), over]);
  if (!part.open) return;
  part.declare(stream);
  let next = part.acknowledged.get(stream) ?? 0;
  while (next < blocks.length) {
    const acknowledged = part.acknowledged.get(stream) ?? 0;
    for (; next < Math.min(blocks.length, acknowledged + 40); next++) part.blocks(blocks[next]!);
    const before = acknowledged;
    const more = part.until(() => (part.acknowledged.get(stream) ?? 0) > before);
    if ((await Promise.race([more.then(() => 'more'), over.then(() => 'over')])) === 'over') return;
  }
  await Promise.race([part.until(() => part.acknowledged.get(stream) === blocks.length), over]);
}

async function stored(path = root): Promise<Map<string, number>> {
  const directory = await Outbox.open({ path: `${path}/capture` });
  const found = new Map<string, number>();
  for (const item of directory.waiting()) {
    const contents = readCaptureFile((await directory.read(item))!);
    expect(contents.torn).toBeUndefined();
    for (const { sequence } of contents.blocks) {
      const name = `${contents.metadata.stream}/${sequence}`;
      found.set(name, (found.get(name) ?? 0) + 1);
    }
  }
  for (const { received, delivered, setAside, deleted, stored } of directory.account()) {
    expect(received.blocks).toBe(delivered.blocks + setAside.blocks + deleted.blocks + stored.blocks);
  }
  await directory.close();
  return found;
}

test('a gateway killed eight times in mid-stream has every block exactly once', {
  timeout: 120_000,
}, async () => {
  console.log(`seed ${seed}`);
  const random = new Random(seed);
  const blocks = blocksOf(1, 4_000);
  let kills = 0;
  for (let acknowledged = 0; acknowledged < blocks.length; ) {
    const { port, authority } = await startGateway();
    const connection = await connectPart({
      part: 'part-1',
      secret: 'a shared secret',
      boot,
      port,
      authority,
    });
    const wanted = acknowledged + random.whole(20, 500);
    if (kills < 8) {
      const { part } = connection;
      void part.until(() => (part.acknowledged.get(1) ?? 0) >= wanted).then(killGateway);
      kills++;
    }
    await deliver(connection, 1, blocks);
    const now = connection.part.acknowledged.get(1) ?? 0;
    expect(now).toBeGreaterThanOrEqual(acknowledged);
    acknowledged = now;
    connection.close();
    await killGateway();
  }
  expect(kills).toBe(8);
  const found = await stored();
  expect(found.size).toBe(blocks.length);
  expect([...found.values()].every((count) => count === 1)).toBe(true);
});

/** A small disk, where this process may mount one. */
function mountSmallDisk(path: string): boolean {
  return (
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=400k', 'tmpfs', path], { stdio: 'ignore' }).status === 0
  );
}

test('on a full disk nothing is acknowledged, and nothing acknowledged is lost', {
  timeout: 60_000,
}, async () => {
  const path = join(root, 'small');
  await fs.mkdir(path);
  const mounted = mountSmallDisk(path);
  console.log(
    mounted ? 'on a tmpfs of 400 KB' : 'no tmpfs may be mounted here: a quota in the storage layer instead',
  );
  try {
    const blocks = blocksOf(1, 2_000);
    const { port, authority } = await startGateway(path, mounted ? undefined : 400_000);
    const connection = await connectPart({
      part: 'part-1',
      secret: 'a shared secret',
      boot,
      port,
      authority,
    });
    await deliver(connection, 1, blocks);
    const acknowledged = connection.part.acknowledged.get(1) ?? 0;
    const drained = connection.part.received.some(({ drain }) => drain?.reason === 'storage');
    expect(drained).toBe(true);
    expect(acknowledged).toBeGreaterThan(100);
    expect(acknowledged).toBeLessThan(blocks.length);
    connection.close();
    await killGateway();
    if (mounted) spawnSync('mount', ['-o', 'remount,size=8m', path]);
    const found = await stored(path);
    for (let sequence = 0; sequence < acknowledged; sequence++) expect(found.get(`1/${sequence}`)).toBe(1);
  } finally {
    if (mounted) {
      await killGateway();
      spawnSync('umount', [path]);
    }
  }
});

test('a part pins the authority: another gateway is not talked to', async () => {
  const { port } = await startGateway();
  const other = await import('../../common/tls/authority').then(({ openAuthority }) =>
    openAuthority(join(root, 'other')),
  );
  const options = { part: 'part-1', secret: 'a shared secret', boot, port, authority: other.authority.pem };
  await expect(connectPart(options)).rejects.toThrow(/certificate|self.signed|verify/i);
});

test('a second gateway on the same directory is turned away by name', async () => {
  await startGateway();
  await expect(Outbox.open({ path: `${root}/capture` })).rejects.toMatchObject({
    code: 'directory-in-use',
  });
});
