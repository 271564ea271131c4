import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import { beforeEach, describe, expect, test } from 'vitest';
import type { CaptureFileMetadata } from '../../modules/block/file';
import { Feed } from './feed';
import { Live } from './live';
import type { BlockEvent, StateChange, StateView } from './state';

const metadata: CaptureFileMetadata = {
  part: 'p',
  boot: { counter: 1, random: 2 },
  stream: 0,
  owner: 'part',
  resource: 'a:b/c',
  method: 'Analogs',
  parameters: {},
  kind: 'integer',
  period: { numerator: 10, denominator: 1 },
  tags: [],
};

/** A connection whose other end reads only when the test says so. */
class Reader extends EventEmitter {
  readonly events: { name: string; data: unknown }[] = [];
  destroyed = false;
  isReading = true;
  writableLength = 0;

  get writableNeedDrain(): boolean {
    return this.writableLength > 16_384;
  }

  writeHead(): void {}

  write(text: string): void {
    if (!this.isReading) this.writableLength += text.length;
    for (const [, name, data] of text.matchAll(/event: (\w+)\ndata: (.*)\n\n/g))
      this.events.push({ name: name!, data: JSON.parse(data!) });
  }

  read(): void {
    this.isReading = true;
    this.writableLength = 0;
    this.emit('drain');
  }

  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }

  names(): string[] {
    return this.events.map(({ name }) => name);
  }

  blocks(): number[] {
    const blocks = this.events
      .filter(({ name }) => name === 'blocks')
      .flatMap(({ data }) => data as BlockEvent[]);
    return blocks.map(({ bytes }) => Buffer.from(bytes, 'base64').readUInt32LE());
  }
}

let now: number;
let due: { at: number; action(): void }[];
let changes: number;
let watchers: number;
let live: Live;
let feed: Feed;
let added: number;

const clock = {
  now: () => now,
  wall: () => now,
  after(delay: number, action: () => void) {
    const entry = { at: now + delay, action };
    due.push(entry);
    return () => {
      due = due.filter((other) => other !== entry);
    };
  },
};

/** Time passes, and what is left for the next turns of the event loop is done. */
async function pass(milliseconds: number): Promise<void> {
  const end = now + milliseconds;
  for (;;) {
    for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
    const next = due.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0];
    if (!next) break;
    due = due.filter((entry) => entry !== next);
    now = next.at;
    next.action();
  }
  now = end;
}

function add(count: number, bytes = 512): void {
  for (let index = 0; index < count; index++) {
    const block = Buffer.alloc(bytes);
    block.writeUInt32LE(added++);
    live.add(metadata, { known: true, offset: 0 }, block, now);
  }
}

function listen(): Reader {
  const reader = new Reader();
  feed.serve(reader as unknown as ServerResponse, {});
  return reader;
}

beforeEach(() => {
  now = 1_700_000_000_000;
  due = [];
  changes = watchers = added = 0;
  live = new Live({ now: () => now });
  const model = {
    state: () => ({ main: 'm' }) as StateView,
    change: () => ({ now: ++changes }) as StateChange,
  };
  const watch = () => {
    watchers++;
    return () => void watchers--;
  };
  feed = new Feed({ live, model, watch, clock });
});

describe('the feed', () => {
  test('begins with the state and the recent past, and goes on with what comes, nothing twice', async () => {
    add(1000);
    const reader = listen();
    add(10);
    await pass(300);
    add(10);
    await pass(2000);
    expect(reader.names()[0]).toBe('state');
    expect(reader.blocks()).toEqual(Array.from({ length: 1020 }, (_, index) => index));
    expect(reader.names().filter((name) => name === 'change').length).toBe(2);
  });

  test('asks for what has changed once, whoever listens', async () => {
    const readers = [listen(), listen(), listen()];
    const before = changes;
    await pass(3000);
    expect(changes - before).toBe(3);
    for (const reader of readers) expect(reader.names().filter((name) => name === 'change').length).toBe(3);
  });

  test('leaves a reader that is slow at what it has, and gives it a fresh state and all blocks later', async () => {
    const slow = listen();
    const quick = listen();
    await pass(500);
    slow.isReading = false;
    for (let round = 0; round < 40; round++) {
      add(200);
      await pass(1000);
    }
    expect(slow.writableLength).toBeLessThan(2 << 20);
    expect(quick.blocks().length).toBe(8000);
    const missed = slow.names().length;
    slow.read();
    await pass(3000);
    expect(slow.names().slice(missed)).toContain('state');
    expect(slow.blocks()).toEqual(Array.from({ length: 8000 }, (_, index) => index));
  });

  test('lets a reader go that reads nothing for a minute', async () => {
    const dead = listen();
    await pass(500);
    dead.isReading = false;
    dead.writableLength = 2 << 20;
    await pass(59_000);
    expect(dead.destroyed).toBe(false);
    await pass(3000);
    expect(dead.destroyed).toBe(true);
    expect(feed.listeners).toBe(0);
  });

  test('does nothing once everybody has gone', async () => {
    const reader = listen();
    expect(watchers).toBe(1);
    reader.destroy();
    expect(watchers).toBe(0);
    expect(due).toEqual([]);
  });
});
