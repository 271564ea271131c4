/** Parts that come back together bring more than the log holds: each waits for room, and none is sent away. */
import * as fs from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { NodeStorage, type StorageFile } from '../../common/storage';
import { pack } from '../../modules/block/encode.node.js';
import { link } from '../../proto/link.js';
import { Outbox } from '../outbox/outbox';
import { limits } from './limits';
import { LinkServer } from './link-server';
import { ReferencePart } from './reference-part';

const boot = { counter: 1, random: 7 };
const secret = 'a shared secret';
/** The smallest there is: it holds the blocks of four parts. */
const journalBytes = 1 << 16;
const values = Array.from({ length: 40_000 }, (_, index) => 2_000 + ((index * 7_919) % 1_009));
const { blocks } = pack('integer', values, { boot, stream: 0, start: 0 });
/** As many as a part may have under way. */
const backlog = blocks.slice(0, Math.floor(limits.window / 520));

/** Syncs as a card does. */
class SlowStorage extends NodeStorage {
  override async create(path: string): Promise<StorageFile> {
    const file = await super.create(path);
    const sync = file.sync.bind(file);
    file.sync = async () => {
      await new Promise((resolve) => setTimeout(resolve, 5));
      await sync();
    };
    return file;
  }
}

let root: string;
let outbox: Outbox;
let server: LinkServer;

beforeEach(async () => {
  root = await fs.mkdtemp(join(tmpdir(), 'sluice-room-'));
  outbox = await Outbox.open({ path: root, journalBytes, storage: new SlowStorage() });
  server = new LinkServer({
    directory: outbox,
    parts: { secret: () => secret, configuration: () => undefined },
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  });
});

afterEach(async () => {
  server.close();
  await outbox.close();
  await fs.rm(root, { recursive: true });
});

async function connect(name: string) {
  const told = { paused: false, ends: 0, most: 0 };
  const session = server.accept({
    remote: 'test',
    unsent: 0,
    send: (bytes) => queueMicrotask(() => part.receive(bytes)),
    close: () => void told.ends++,
    pause: () => {
      told.paused = true;
    },
    resume: () => {
      told.paused = false;
    },
  });
  const send = (bytes: Uint8Array) => session.receive(bytes);
  const part: ReferencePart = new ReferencePart({ part: name, secret, boot, send });
  part.hello();
  await part.until(() => part.open);
  part.declare(0);
  return { part, session, told };
}

const doneOf = ({ part }: { part: ReferencePart }) => part.acknowledged.get(0) ?? 0;

test('parts that bring ten times what the log holds are all taken, in turn, and keep their sessions', {
  timeout: 60_000,
}, async () => {
  const parts = await Promise.all(Array.from({ length: 40 }, (_, index) => connect(`part-${index}`)));
  let longest = 0;
  const begunWhenFirstIsDone = () => parts.filter((part) => doneOf(part) > 0).length;
  let begun = Number.NaN;
  outbox.events.on('durable', () => {
    longest = Math.max(longest, outbox.logBytes);
  });
  for (const { part } of parts)
    for (let next = 0; next < backlog.length; next += 3) part.blocks(...backlog.slice(next, next + 3));
  const waiting = parts.filter(({ told }) => told.paused);
  expect(waiting.length).toBeGreaterThan(30);
  await Promise.all(
    parts.map(async (each) => {
      await each.part.until(() => doneOf(each) === backlog.length);
      if (waiting.includes(each) && Number.isNaN(begun)) begun = begunWhenFirstIsDone();
    }),
  );
  expect(begun, 'parts that had something taken when the first that had to wait was done').toBe(parts.length);
  for (const { session, told } of parts) {
    expect(session.state).toBe('open');
    expect(told).toMatchObject({ paused: false, ends: 0 });
  }
  expect(server.counters).toMatchObject({ refusals: {}, duplicates: 0, blocks: 40 * backlog.length });
  expect(longest).toBeLessThanOrEqual(2 * journalBytes);
});

test('what else a waiting part has said is heard in its order', { timeout: 60_000 }, async () => {
  const others = await Promise.all(Array.from({ length: 8 }, (_, index) => connect(`other-${index}`)));
  for (const { part } of others)
    for (let next = 0; next < backlog.length; next += 3) part.blocks(...backlog.slice(next, next + 3));
  const late = await connect('late');
  late.part.declare(1);
  late.part.send({ blocks: [blocks[0]!], clockRequest: { monotonic: 5 } });
  late.part.send({ gaps: [{ stream: 0, next: 4 }], blocks: [blocks[4]!] });
  const answers = () => late.part.received.filter(({ clockAnswer }) => clockAnswer).length;
  expect({ paused: late.told.paused, answers: answers() }).toEqual({ paused: true, answers: 0 });
  await late.part.until(() => doneOf(late) === 5);
  expect({ paused: late.told.paused, answers: answers() }).toEqual({ paused: false, answers: 1 });
});

test('a part that goes on sending while it is not read from is refused', async () => {
  const parts = await Promise.all(Array.from({ length: 8 }, (_, index) => connect(`part-${index}`)));
  for (const { part } of parts)
    for (let next = 0; next < backlog.length; next += 3) part.blocks(...backlog.slice(next, next + 3));
  const { part, session, told } = parts.at(-1)!;
  expect(told.paused).toBe(true);
  const status = link.Envelope.encode({ clock: { source: 2, offset: 1 } }).finish();
  for (let sent = 0; sent <= limits.waiting; sent += status.length) session.receive(status);
  await part.until(() => part.refusal !== undefined);
  expect(part.refusal?.code).toBe('window');
});
