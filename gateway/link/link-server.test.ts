import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Storage } from '../../common/storage';
import { StrictDisk } from '../../common/storage/strict-disk';
import { readCaptureFile } from '../../modules/block/file';
import { IntegerEncoder } from '../../modules/block/integer-encoder';
import type { BootId } from '../../modules/block/types';
import type { link } from '../../proto/link.js';
import { Outbox } from '../outbox/outbox';
import { LinkServer } from './link-server';
import { PartState } from './part-state';
import { ReferencePart } from './reference-part';
import type { Session } from './session';

const boot: BootId = { counter: 12, random: 0x9f00c3a1 };
const secrets: Record<string, string> = { 'esp-home': 'correct horse' };
let root: string;
let directory: Outbox;
let server: LinkServer;
let log: string[];

beforeEach(async () => {
  root = await fs.mkdtemp(join(tmpdir(), 'sluice-link-'));
  await start();
});

afterEach(async () => {
  server.close();
  await directory.close();
  await fs.rm(root, { recursive: true });
});

async function start(storage?: Storage): Promise<void> {
  log = [];
  const write = (fields: object, message: string) => log.push(`${message} ${JSON.stringify(fields)}`);
  directory = await Outbox.open({ path: root, ...(storage && { storage }) });
  server = new LinkServer({
    directory,
    parts: { secret: (part) => secrets[part], configuration: () => undefined },
    log: { info: write, warn: write, error: write },
  });
}

interface Connected {
  part: ReferencePart;
  session: Session;
  closed: boolean;
}

/** @param sent gets a copy of all that the part sends */
function connect(
  options: Partial<ReferencePart['options']> = {},
  sent: Uint8Array[] = [],
  remote = 'test',
): Connected {
  const connected: Partial<Connected> = { closed: false };
  connected.session = server.accept({
    remote,
    unsent: 0,
    send: (bytes) => queueMicrotask(() => connected.part!.receive(bytes)),
    close: () => {
      connected.closed = true;
    },
    pause: () => undefined,
    resume: () => undefined,
  });
  const send = (bytes: Uint8Array) => {
    sent.push(bytes.slice());
    connected.session!.receive(bytes);
  };
  connected.part = new ReferencePart({ part: 'esp-home', secret: 'correct horse', boot, send, ...options });
  connected.part.hello();
  return connected as Connected;
}

/** `count` blocks of a stream from time `start` on. */
function blocksOf(stream: number, count: number, start = 1_000, of: BootId = boot): Uint8Array[] {
  const blocks: Uint8Array[] = [];
  const sink = { block: (bytes: Uint8Array, length: number) => void blocks.push(bytes.slice(0, length)) };
  const encoder = new IntegerEncoder({
    boot: of,
    stream,
    period: { numerator: 10, denominator: 1 },
    target: 512,
    sink,
  });
  encoder.start(start);
  for (let block = 0; block < count; block++) {
    for (let i = 0; i < 20; i++) encoder.staged[encoder.count++] = block * 20 + i;
    encoder.seal();
  }
  return blocks;
}

async function readAll() {
  await directory.complete();
  const files = await Promise.all([...directory.waiting()].map((item) => directory.read(item)));
  return files.flatMap((bytes) => {
    const { metadata, blocks } = readCaptureFile(bytes!);
    return blocks.map((block) => ({ ...block, metadata }));
  });
}

test('a part that proves its secret is welcomed by a gateway that proves it too', async () => {
  const { part } = connect();
  await part.until(() => part.open);
  expect(part.gatewayProved).toBe(true);
});

test('a call made at the news of a part comes to it after the answer to its begin', async () => {
  server.events.on('changed', ({ name, connected }) => {
    if (!connected || called) return;
    called = server.call(name, { resource: '', method: 'ResourceNames', arguments: {}, deadline: 1_000 });
  });
  let called: Promise<unknown> | undefined;
  const { part } = connect({ onCall: () => ({ result: '{"resources":[]}' }) });
  await part.until(() => part.received.some(({ call }) => call));
  const kinds = part.received.map(({ resume, call }) => (resume ? 'resume' : call ? 'call' : ''));
  expect(kinds.filter((kind) => kind !== '')).toEqual(['resume', 'call']);
  expect(await called).toEqual({ resources: [] });
});

test('blocks are acknowledged and stand in a capture file once, with growing wall times', async () => {
  const { part } = connect({ now: () => 50_000 });
  await part.until(() => part.open);
  part.declare(3);
  const blocks = blocksOf(3, 5);
  part.blocks(...blocks.slice(0, 3));
  part.blocks(...blocks.slice(0, 5));
  await part.until(() => part.acknowledged.get(3) === 5);
  const stored = await readAll();
  expect(stored.map(({ sequence }) => sequence)).toEqual([0, 1, 2, 3, 4]);
  expect(stored.map(({ bytes }) => Buffer.compare(bytes, blocks[0]!) === 0)).toEqual([
    true,
    false,
    false,
    false,
    false,
  ]);
  expect(server.counters.duplicates).toBe(3);
  const [first] = stored;
  expect(Math.abs(first!.mapping.offset - (Date.now() - 50_000))).toBeLessThan(5_000);
});

test('a block out of order is refused and never acknowledged', async () => {
  const { part } = connect();
  await part.until(() => part.open);
  part.declare(3);
  const blocks = blocksOf(3, 3);
  part.blocks(blocks[0]!);
  await part.until(() => part.acknowledged.get(3) === 1);
  part.blocks(blocks[2]!);
  await part.until(() => part.refusal !== undefined);
  expect(part.refusal?.code).toBe('out-of-order');
  const again = connect();
  await again.part.until(() => again.part.open);
  expect(again.part.acknowledged.get(3)).toBe(1);
});

test('on a full disk nothing is acknowledged; a part that comes again later goes on, without a restart', async () => {
  server.close();
  await directory.close();
  const disk = new StrictDisk();
  await start(disk.mount());
  const blocks = blocksOf(3, 5);
  /** Sends all that is not acknowledged. */
  const send = async (count: number) => {
    const { part } = connect();
    await part.until(() => part.open);
    part.declare(3);
    part.blocks(...blocks.slice(part.acknowledged.get(3) ?? 0, count));
    return part;
  };
  const part = await send(2);
  await part.until(() => part.acknowledged.get(3) === 2);
  disk.fault = ({ kind }) => (kind === 'append' ? 'ENOSPC' : undefined);
  for (let attempt = 0; attempt < 3; attempt++) {
    const turned = await send(5);
    await turned.until(() => turned.received.some(({ drain }) => drain?.reason === 'storage'));
    expect(turned.acknowledged.get(3)).toBe(2);
  }
  expect(log.some((line) => line.startsWith('blocks could not be written; parts keep them'))).toBe(true);
  delete disk.fault;
  const back = await send(5);
  await back.until(() => back.acknowledged.get(3) === 5);
  expect((await readAll()).map(({ sequence }) => sequence)).toEqual([0, 1, 2, 3, 4]);
});

test('a gap that the part names is skipped', async () => {
  const { part } = connect();
  await part.until(() => part.open);
  part.declare(3);
  const blocks = blocksOf(3, 8);
  part.blocks(blocks[0]!);
  part.send({ gaps: [{ stream: 3, next: 6 }], blocks: blocks.slice(6) });
  await part.until(() => part.acknowledged.get(3) === 8);
  expect((await readAll()).map(({ sequence }) => sequence)).toEqual([0, 6, 7]);
});

test('after a restart the gateway resumes at its watermark, also when the files are gone', async () => {
  const blocks = blocksOf(3, 4);
  const first = connect();
  await first.part.until(() => first.part.open);
  first.part.declare(3);
  first.part.blocks(...blocks.slice(0, 3));
  await first.part.until(() => first.part.acknowledged.get(3) === 3);
  await directory.complete();
  for (const item of directory.waiting()) await directory.delivered(item, 'cloud');
  server.close();
  await directory.close();
  await start();
  const { part } = connect();
  await part.until(() => part.open);
  expect(part.acknowledged.get(3)).toBe(3);
  part.declare(3);
  part.blocks(...blocks);
  await part.until(() => part.acknowledged.get(3) === 4);
  expect((await readAll()).map(({ sequence }) => sequence)).toEqual([3]);
  const [account] = directory.account();
  expect(account).toMatchObject({ received: { blocks: 4 }, delivered: { blocks: 3 }, stored: { blocks: 1 } });
});

test('blocks of a boot that is over are refused', async () => {
  const next = { counter: 13, random: 5 };
  const { part } = connect({ boot: next });
  await part.until(() => part.open);
  part.declare(3, { boot });
  await part.until(() => part.refusal !== undefined);
  expect(part.refusal?.code).toBe('boot');
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, 1e300])(
  'a part whose time is no time is refused: %d',
  async (now) => {
    const { part } = connect({ now: () => now });
    await part.until(() => part.refusal !== undefined || part.open);
    expect(part.refusal?.code).toBe('malformed');
  },
);

test('a new session of a part takes over from the old one', async () => {
  const old = connect();
  await old.part.until(() => old.part.open);
  const fresh = connect();
  await fresh.part.until(() => fresh.part.open);
  expect(old.closed).toBe(true);
  expect(server.connected).toHaveLength(1);
});

test('what a reboot has cost is named, also when the gateway was restarted in between', async () => {
  const first = connect();
  await first.part.until(() => first.part.open);
  first.part.declare(3);
  first.part.blocks(...blocksOf(3, 1));
  const status = { stream: 3, captured: 70, acknowledged: 20, stored: 50 };
  first.part.send({ status: { monotonic: 2_000, streams: [status] } });
  await first.part.until(() => first.part.acknowledged.get(3) === 1);
  server.close();
  await directory.close();
  await start();
  const { part } = connect({ boot: { counter: 13, random: 1 } });
  await part.until(() => part.open);
  const { losses } = server.known.get('esp-home')!;
  expect(losses).toHaveLength(1);
  expect(losses[0]).toMatchObject({
    boot: '12-9f00c3a1',
    stream: 3,
    cause: 'reboot',
    readings: 50,
    atLeast: true,
  });
});

test('a call is answered by the part', async () => {
  const { part } = connect({ onCall: ({ method }) => ({ result: JSON.stringify({ asked: method }) }) });
  await part.until(() => part.open);
  const call = { resource: '', method: 'Status', arguments: {}, deadline: 100 };
  expect(await server.call('esp-home', call)).toEqual({ asked: 'Status' });
});

test('a call that is not answered in time fails with its deadline', async () => {
  const { part } = connect();
  await part.until(() => part.open);
  const call = { resource: '', method: 'Status', arguments: {}, deadline: 1 };
  await expect(server.call('esp-home', call)).rejects.toMatchObject({ code: 'deadline' });
});

const statusCall = { resource: '', method: 'Status', arguments: {}, deadline: 200 };

/** The answers of a result in parts of so many characters. */
function partsOf(result: string, length: number): link.IAnswer[] {
  const count = Math.ceil(result.length / length);
  return Array.from({ length: count }, (_, index) => ({
    result: result.slice(index * length, (index + 1) * length),
    more: index < count - 1,
  }));
}

test('a result in parts arrives whole', async () => {
  const result = {
    streams: Array.from({ length: 50 }, (_, number) => ({ number, resource: 'ä'.repeat(20) })),
  };
  const { part } = connect({ onCall: () => partsOf(JSON.stringify(result), 100) });
  await part.until(() => part.open);
  expect(await server.call('esp-home', statusCall)).toEqual(result);
});

test('the parts of two results that come in turns are not mixed up', async () => {
  const asked: link.ICall[] = [];
  const { part } = connect({ onCall: (call) => void asked.push(call) });
  await part.until(() => part.open);
  const results = [1, 2].map(() => server.call('esp-home', statusCall));
  await part.until(() => asked.length === 2);
  const answers = asked.map(({ id }, index) =>
    partsOf(JSON.stringify('ab'[index]!.repeat(9)), 2).map((answer) => ({ id: id!, ...answer })),
  );
  for (let i = 0; i < answers[0]!.length; i++) for (const of of answers) part.send({ answer: of[i]! });
  expect(await Promise.all(results)).toEqual(['aaaaaaaaa', 'bbbbbbbbb']);
});

test('a result longer than is taken fails the call, however small its parts', async () => {
  const { part } = connect({ onCall: () => partsOf(JSON.stringify('x'.repeat(20_000)), 500) });
  await part.until(() => part.open);
  await expect(server.call('esp-home', statusCall)).rejects.toMatchObject({ code: 'too-large' });
});

test('a result whose rest does not come fails the call with its deadline', async () => {
  const { part } = connect({ onCall: () => ({ result: '{', more: true }) });
  await part.until(() => part.open);
  await expect(server.call('esp-home', { ...statusCall, deadline: 1 })).rejects.toMatchObject({
    code: 'deadline',
  });
});

test('a part that fails in the middle of a result fails the call with its code', async () => {
  const { part } = connect({
    onCall: () => [
      { result: '{', more: true },
      { code: 'failed', message: 'why' },
    ],
  });
  await part.until(() => part.open);
  await expect(server.call('esp-home', statusCall)).rejects.toMatchObject({ code: 'failed', message: 'why' });
});

test('a session that ends in the middle of a result fails the call', async () => {
  const { part, session } = connect({ onCall: () => ({ result: '{', more: true }) });
  await part.until(() => part.open);
  const result = server.call('esp-home', statusCall);
  await part.until(() => part.received.some(({ call }) => call));
  session.lost();
  await expect(result).rejects.toMatchObject({ code: 'disconnected' });
});

test('a flood of refused sessions is counted whole and logged in part', async () => {
  for (let count = 0; count < 100; count++) {
    const { session } = connect();
    session.receive(new Uint8Array([0xff]));
  }
  expect(server.counters.refusals).toEqual({ malformed: 100 });
  expect(log).toHaveLength(20);
});

test('a wrong secret is refused, counted, and in no log', async () => {
  const { part } = connect({ secret: 'battery staple' });
  await part.until(() => part.refusal !== undefined);
  expect(part.refusal?.code).toBe('proof');
  expect(server.counters.refusals).toEqual({ proof: 1 });
  expect(log.join()).toContain('session refused');
  expect(log.join()).not.toMatch(/battery|horse/);
});

test('who says to be a part and is not let in is known with reason, address, since when and how often, until the part comes', async () => {
  const told: string[] = [];
  server.events.on('refused', (name) => told.push(name));
  for (let attempt = 0; attempt < 3; attempt++) {
    const { part } = connect({ secret: 'battery staple' }, [], '192.0.2.7:50123');
    await part.until(() => part.refusal !== undefined);
  }
  const refusal = server.refusals.of('esp-home', Date.now())!;
  expect(refusal).toMatchObject({ code: 'proof', address: '192.0.2.7', count: 3 });
  expect(refusal.since).toBeLessThanOrEqual(refusal.at);
  expect(told).toEqual(['esp-home']);
  const stranger = connect({ part: 'nobody' }).part;
  await stranger.until(() => stranger.refusal !== undefined);
  expect(server.refusals.of('nobody', Date.now())).toBeUndefined();
  const { part } = connect();
  await part.until(() => part.open);
  expect(server.refusals.of('esp-home', Date.now())).toBeUndefined();
});

test('a part that goes away is said to at once, with the reason', async () => {
  const first = connect();
  await first.part.until(() => first.part.open);
  first.session.lost();
  expect(server.known.get('esp-home')).toMatchObject({ connected: false, endedBy: 'closed' });
  expect(log.filter((line) => line.startsWith('disconnected'))).toHaveLength(1);
  const second = connect();
  await second.part.until(() => second.part.open);
  expect(server.known.get('esp-home')!.endedBy).toBeUndefined();
  server.revoke('esp-home');
  expect(server.known.get('esp-home')).toMatchObject({ connected: false, endedBy: 'revoked' });
});

test('an unknown part gets the very answers of a known one with a wrong secret', async () => {
  const { part } = connect({ part: 'nobody' });
  const known = connect({ secret: 'wrong' }).part;
  await part.until(() => part.refusal !== undefined);
  await known.until(() => known.refusal !== undefined);
  expect(part.refusal).toEqual(known.refusal);
});

test('a replayed proof is refused', async () => {
  const sent: Uint8Array[] = [];
  const first = connect({}, sent);
  await first.part.until(() => first.part.open);
  const replay = connect({ send: () => undefined });
  for (const bytes of sent) replay.session.receive(bytes);
  await replay.part.until(() => replay.part.refusal !== undefined);
  expect(replay.part.refusal?.code).toBe('proof');
});

test('rubbish, a flipped bit in a block and an oversized message are refused and counted', async () => {
  const rubbish = connect();
  rubbish.session.receive(Uint8Array.of(0xff, 0xff, 0xff, 0x07));
  const big = connect();
  big.session.receive(new Uint8Array(600));
  const { part } = connect();
  await part.until(() => part.open);
  part.declare(3);
  const [block] = blocksOf(3, 1);
  block![10]! ^= 4;
  part.blocks(block!);
  await part.until(() => part.refusal !== undefined);
  expect(server.counters.refusals).toEqual({ malformed: 1, oversized: 1, block: 1 });
});

test('a part that says it sleeps is known to, until it is back, also by the next gateway', async () => {
  const { part } = connect();
  await part.until(() => part.open);
  const before = Date.now();
  part.send({ drain: { reason: 'asleep', retry: 600_000 } });
  const { asleepUntil } = server.known.get('esp-home')!;
  expect(asleepUntil! - before).toBeGreaterThanOrEqual(600_000);
  expect(asleepUntil! - before).toBeLessThan(605_000);
  const kept = JSON.parse(JSON.stringify(server.known.get('esp-home')));
  expect(PartState.restore(kept).asleepUntil).toBe(asleepUntil);
  const again = connect();
  await again.part.until(() => again.part.open);
  expect(server.known.get('esp-home')!.asleepUntil).toBeUndefined();
});

test('a name that no part can have is refused before anything is acknowledged', async () => {
  for (const name of ['a/b', 'a b', 'a\u0000', 'x'.repeat(200)]) {
    const { part } = connect({ part: name });
    await part.until(() => part.refusal !== undefined);
    expect(part.refusal?.code).toBe('part-name');
  }
});

test('streams that have ended are forgotten once a report no longer tells of them', async () => {
  const { part } = connect();
  await part.until(() => part.open);
  for (const stream of [1, 2, 3]) {
    part.declare(stream);
    part.blocks(...blocksOf(stream, 2));
  }
  await part.until(() => [1, 2, 3].every((stream) => part.acknowledged.get(stream) === 2));
  part.send({ status: { streams: [{ stream: 1, captured: 40, acknowledged: 40 }] } });
  // A stream that begins while the report goes out is none that has ended.
  part.declare(4);
  part.send({ status: { streams: [{ stream: 3, captured: 40, acknowledged: 40 }] } });
  part.send({ status: {} });
  const known = () => [...directory.streams('esp-home', boot).keys()].sort();
  await expect.poll(known).toEqual([1, 3, 4]);
  part.blocks(...blocksOf(3, 3).slice(2));
  await part.until(() => part.acknowledged.get(3) === 3);
  expect(part.refusal).toBeUndefined();
});

test('a stream whose stamps are far ahead of the clock is put right once, and that is recorded', async () => {
  const { part } = connect({ now: () => 50_000 });
  await part.until(() => part.open);
  part.declare(3);
  const blocks = blocksOf(3, 4);
  const year = 365 * 86_400_000;
  const wall = Date.now();
  const setClock = (offset: number) => part.send({ clock: { source: 2, offset } });
  setClock(wall + year);
  part.blocks(blocks[0]!);
  // Half a minute back: stamps go on growing.
  setClock(wall + year - 30_000);
  part.blocks(blocks[1]!);
  setClock(wall);
  part.blocks(blocks[2]!, blocks[3]!);
  await part.until(() => part.acknowledged.get(3) === 4);
  const [first, second, third, fourth] = (await readAll()).map(({ mapping }) => mapping.offset - wall);
  expect(first).toBe(year);
  expect(second).toBeGreaterThan(year - 1_000);
  expect([third, fourth]).toEqual([0, 0]);
  const { corrections } = server.known.get('esp-home')!;
  expect(corrections).toHaveLength(1);
  expect(corrections[0]!.ahead).toBeGreaterThan(year - 60_000);
  expect(log.some((line) => line.startsWith('stamps were ahead of the clock'))).toBe(true);
});

test('two devices with one name are found out, named, and do not take turns; nothing is stored twice', async () => {
  const kitchen: BootId = { counter: 3, random: 0x11111111 };
  const cellar: BootId = { counter: 7, random: 0x22222222 };
  const first = connect({ boot: kitchen }, [], '10.0.0.3:5000');
  await first.part.until(() => first.part.open);
  first.part.declare(1);
  const blocks = blocksOf(1, 4, 1_000, kitchen);
  first.part.blocks(...blocks.slice(0, 3));
  await first.part.until(() => first.part.acknowledged.get(1) === 3);
  // Might be the same device after a restart.
  const second = connect({ boot: cellar }, [], '10.0.0.7:5000');
  await second.part.until(() => second.part.open);
  expect(first.closed).toBe(true);
  for (let attempt = 0; attempt < 5; attempt++) {
    const again = connect({ boot: kitchen }, [], '10.0.0.3:5001');
    await again.part.until(() => again.part.refusal !== undefined);
    expect(again.part.refusal).toMatchObject({ code: 'duplicate-part', retry: 60_000 });
    expect(again.part.refusal!.message).toContain('10.0.0.7');
  }
  expect(second.closed).toBe(false);
  expect(server.counters.refusals['duplicate-part']).toBe(5);
  const state = server.known.get('esp-home')!;
  const problem = state.devices.problem('esp-home', Date.now())!;
  for (const named of ['10.0.0.3', 'boot 3', '10.0.0.7', 'boot 7']) expect(problem).toContain(named);
  expect(log.some((line) => line.includes('several devices say that they are esp-home'))).toBe(true);
  // What its going had looked like.
  expect(state.losses).toEqual([]);

  // The other is switched off; also a gateway that was restarted knows what it has of both.
  second.session.lost();
  await directory.close();
  await start();
  const back = connect({ boot: kitchen }, [], '10.0.0.3:5002');
  await back.part.until(() => back.part.open);
  back.part.declare(1);
  // As if the acknowledgement had been lost.
  back.part.blocks(...blocks);
  await back.part.until(() => back.part.acknowledged.get(1) === 4);
  expect(server.counters.duplicates).toBe(3);
  expect((await readAll()).map(({ sequence }) => sequence)).toEqual([0, 1, 2, 3]);
});

test('a device that restarts while another has its name is not taken for the other', async () => {
  const kitchen: BootId = { counter: 3, random: 0x11111111 };
  const cellar: BootId = { counter: 7, random: 0x22222222 };
  const restarted: BootId = { counter: 8, random: 0x33333333 };
  for (const [of, remote] of [
    [kitchen, '10.0.0.3:1'],
    [cellar, '10.0.0.7:1'],
  ] as const) {
    const { part } = connect({ boot: of }, [], remote);
    await part.until(() => part.open);
  }
  const turned = connect({ boot: kitchen }, [], '10.0.0.3:2');
  await turned.part.until(() => turned.part.refusal !== undefined);
  const again = connect({ boot: restarted }, [], '10.0.0.7:2');
  await again.part.until(() => again.part.open);
  expect(again.part.refusal).toBeUndefined();
});
