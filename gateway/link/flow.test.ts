/** Neither end sends what the other has no room for, and who is fast is held back, not sent away. */
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { IntegerEncoder } from '../../modules/block/integer-encoder';
import type { BootId } from '../../modules/block/types';
import { link } from '../../proto/link.js';
import { Outbox } from '../outbox/outbox';
import type { PartConfiguration } from './connection';
import { limits } from './limits';
import { LinkServer } from './link-server';
import { ReferencePart, type ReferencePartOptions } from './reference-part';

const boot: BootId = { counter: 12, random: 0x9f00c3a1 };
const secret = 'correct horse';

/** Time that passes when it is told to. */
class Clock {
  time = 0;
  #timers: { at: number; action: () => void }[] = [];
  now = () => this.time;
  wall = () => 1_700_000_000_000 + this.time;
  after = (delay: number, action: () => void) => {
    const timer = { at: this.time + delay, action };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((other) => other !== timer);
    };
  };

  run(ms: number): void {
    const end = this.time + ms;
    for (;;) {
      const next = Math.min(...this.#timers.map(({ at }) => at));
      if (next > end) break;
      this.time = next;
      const due = this.#timers.filter(({ at }) => at <= next);
      this.#timers = this.#timers.filter(({ at }) => at > next);
      for (const { action } of due) action();
    }
    this.time = end;
  }
}

let root: string;
let directory: Outbox;
let server: LinkServer;
let clock: Clock;
let configuration: PartConfiguration | undefined;

beforeEach(async () => {
  root = await fs.mkdtemp(join(tmpdir(), 'sluice-flow-'));
  clock = new Clock();
  configuration = undefined;
  directory = await Outbox.open({ path: root });
  server = new LinkServer({
    directory,
    parts: { secret: () => secret, configuration: () => configuration },
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    clock,
  });
});

afterEach(async () => {
  server.close();
  await directory.close();
  await fs.rm(root, { recursive: true });
});

/** @param silent the part does not say what it has taken, although it promised to */
async function connect(options: Partial<ReferencePartOptions> = {}, silent = false) {
  const paused: boolean[] = [];
  const session = server.accept({
    remote: 'test',
    unsent: 0,
    send: (bytes) => queueMicrotask(() => part.receive(bytes)),
    close: () => undefined,
    pause: () => paused.push(true),
    resume: () => paused.push(false),
  });
  const send = (bytes: Uint8Array) => {
    const { taken, ...rest } = link.Envelope.decode(bytes);
    if (silent && taken) session.receive(link.Envelope.encode(rest).finish());
    else session.receive(bytes);
  };
  const part: ReferencePart = new ReferencePart({ part: 'esp-home', secret, boot, send, ...options });
  part.hello();
  await part.until(() => part.open);
  return { part, session, paused };
}

function blocksOf(stream: number, count: number): Uint8Array[] {
  const blocks: Uint8Array[] = [];
  const sink = { block: (bytes: Uint8Array, length: number) => void blocks.push(bytes.slice(0, length)) };
  const period = { numerator: 10, denominator: 1 };
  const encoder = new IntegerEncoder({ boot, stream, period, target: 512, sink });
  encoder.start(1_000);
  for (let block = 0; block < count; block++) {
    for (let i = 0; i < 20; i++) encoder.staged[encoder.count++] = block * 20 + i;
    encoder.seal();
  }
  return blocks;
}

/** All that was sent has been taken, and is durable. */
async function settled(): Promise<void> {
  const streams = () => [...directory.streams('esp-home', boot).values()];
  do await new Promise((resolve) => setTimeout(resolve, 20));
  while (streams().some(({ next, durable }) => next !== durable));
}

function call(method: string, deadline = 60_000) {
  const outcome = server.call('esp-home', { resource: '', method, arguments: {}, deadline });
  return outcome.catch((error: Error) => error);
}

test('a part that takes nothing gets no more messages than it has room for, and the rest when it has taken them', async () => {
  const { part, session } = await connect({ receives: 8 }, true);
  for (let asked = 0; asked < 20; asked++) call('Status');
  await settled();
  // One place is left for what the part waits for.
  expect(part.received).toHaveLength(7);
  session.receive(link.Envelope.encode({ clockRequest: { monotonic: 1 } }).finish());
  await settled();
  expect(part.received).toHaveLength(8);
  expect(part.received[7]!.clockAnswer).toBeTruthy();
  session.receive(link.Envelope.encode({ clockRequest: { monotonic: 2 }, taken: 6 }).finish());
  await settled();
  expect(part.received).toHaveLength(8 + 4 + 1);
  // No more than eight calls wait for their answers.
  expect(part.received[12]!.clockAnswer).toBeTruthy();
});

test('to a part of the first release, which does not tell what it takes, four go at once and ten a second', async () => {
  const { part } = await connect({ receives: 0 });
  for (let asked = 0; asked < 8; asked++) call('Status');
  await settled();
  expect(part.received).toHaveLength(3 + 3);
  clock.run(1_000);
  await settled();
  expect(part.received).toHaveLength(3 + 8);
});

test('a part that claims to have taken what was never sent is refused', async () => {
  const { part } = await connect();
  part.send({ taken: 4_000 });
  await part.until(() => part.refusal !== undefined);
  expect(part.refusal?.code).toBe('taken');
});

test('what becomes durable while an acknowledgement is under way is acknowledged in one message', async () => {
  const { part, session } = await connect({ receives: 8 }, true);
  for (const stream of [1, 2, 3]) part.declare(stream);
  const before = part.received.length;
  for (const block of [0, 1, 2, 3]) {
    for (const stream of [1, 2, 3]) part.blocks(blocksOf(stream, 4)[block]!);
    await settled();
  }
  expect(part.received).toHaveLength(before + 1);
  session.receive(link.Envelope.encode({ taken: part.received.length }).finish());
  await settled();
  expect(part.received).toHaveLength(before + 2);
  for (const stream of [1, 2, 3]) expect(part.acknowledged.get(stream)).toBe(4);
});

test('an acknowledgement waits for no part longer than a tenth of a second', async () => {
  const { part } = await connect({ receives: 8 }, true);
  part.declare(1);
  const blocks = blocksOf(1, 2);
  part.blocks(blocks[0]!);
  await settled();
  part.blocks(blocks[1]!);
  await settled();
  expect(part.acknowledged.get(1)).toBe(1);
  clock.run(limits.acknowledgementPause);
  await settled();
  expect(part.acknowledged.get(1)).toBe(2);
});

test('ten small messages a second beside fifty blocks a second are an honest part', async () => {
  const { part, paused } = await connect();
  part.declare(1);
  const blocks = blocksOf(1, 3_000);
  for (let tick = 0; tick < 3_000; tick++) {
    clock.run(20);
    part.blocks(blocks[tick]!);
    if (tick % 5 === 0) part.send({ clockRequest: { monotonic: clock.now() } });
    if (tick % 50 === 0) await settled();
  }
  await settled();
  clock.run(limits.acknowledgementPause);
  await settled();
  expect(part.acknowledged.get(1)).toBe(3_000);
  expect(part.refusal).toBeUndefined();
  expect(paused).toEqual([]);
});

test('a part that sends faster than it may is read more slowly, and not sent away', async () => {
  const { part, session, paused } = await connect();
  for (let sent = 0; sent < limits.burst + 40; sent++) part.send({ clock: { source: 2, offset: 1 } });
  expect(session.state).toBe('open');
  expect(paused).toEqual([true]);
  clock.run((40 / limits.rate) * 1_000 + 100);
  expect(paused).toEqual([true, false]);
  expect(part.refusal).toBeUndefined();
});

test('answers to calls are no flood, however many parts they have', async () => {
  const { part, paused } = await connect({
    onCall: () =>
      Array.from({ length: 300 }, (_, at) => ({
        result: at === 0 ? '"' : at === 299 ? '"' : 'x',
        more: at < 299,
      })),
  });
  expect(await call('Status')).toHaveLength(298);
  expect(paused).toEqual([]);
  expect(part.refusal).toBeUndefined();
});

test('calls that no part could take in are refused here', async () => {
  await connect({ receives: 8 }, true);
  const large = {
    resource: '',
    method: 'Move',
    arguments: { text: 'x'.repeat(limits.callParameters) },
    deadline: 1_000,
  };
  const small = { ...large, arguments: {} };
  for (const wrong of [
    large,
    { ...small, method: 'Move\ud800' },
    { ...small, resource: '\udc00' },
    { ...small, resource: 'é'.repeat(limits.resource) },
  ])
    await expect(server.call('esp-home', wrong)).rejects.toMatchObject({ code: 'wrong-argument' });
  for (let asked = 0; asked < limits.callsWaiting; asked++) call('Status');
  await expect(server.call('esp-home', small)).rejects.toMatchObject({ code: 'busy' });
});

test('a configuration larger than a part takes is not sent to it, and named', async () => {
  configuration = { revision: 'r1', part: `{"note":"${'x'.repeat(limits.messageToPart)}"}`, additions: '' };
  const { part } = await connect();
  await settled();
  expect(part.received.some((envelope) => envelope.configuration)).toBe(false);
  const { configuration: result } = server.known.get('esp-home')!;
  expect(result).toMatchObject({
    revision: 'r1',
    applied: false,
    problems: [{ code: 'too-large', path: '$' }],
  });
  configuration = { revision: 'r2', part: '{}', additions: '' };
  server.configure('esp-home');
  await part.until(() => part.received.some((envelope) => envelope.configuration?.revision === 'r2'));
});

test('a part that has had more streams than a message can name gets the newest positions, and connects', async () => {
  const first = await connect();
  for (let number = 0; number < 2_600; number++) {
    if (number % limits.streams === 0 && number > 0) {
      first.session.close();
      await settled();
      Object.assign(first, await connect());
    }
    first.part.declare(number);
  }
  first.session.close();
  const again = await connect();
  const resume = again.part.received.find((envelope) => envelope.resume)!;
  expect(link.Envelope.encode(resume).finish().length).toBeLessThanOrEqual(limits.messageToPart);
  expect(resume.resume!.positions!.some(({ stream }) => stream === 2_599)).toBe(true);
});
