import { pino } from 'pino';
import { beforeEach, expect, test } from 'vitest';
import type { Delivery, Destination } from './destination';
import { Sync } from './sync';

/** Takes what it is given when it is let. */
class Held implements Destination<string> {
  readonly given: string[] = [];
  readonly aborted: string[] = [];
  closed = 0;
  #waiting: (() => void)[] = [];

  constructor(
    readonly name: string,
    readonly isHeld = false,
  ) {}

  deliver(item: string, signal: AbortSignal): Promise<Delivery> {
    this.given.push(item);
    if (!this.isHeld) return Promise.resolve({ result: 'delivered' });
    return new Promise((resolve, reject) => {
      this.#waiting.push(() => resolve({ result: 'delivered' }));
      signal.addEventListener('abort', () => {
        this.aborted.push(item);
        reject(signal.reason);
      });
    });
  }

  let(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }

  async close(): Promise<void> {
    this.closed++;
  }
}

let settled: string[];
let patience: (() => void)[];
let open: Sync<string>;

function make(...destinations: Destination<string>[]): Sync<string> {
  const items = ['a', 'b'];
  open = new Sync<string>({
    source: {
      complete: async () => undefined,
      waiting: (name) => items.filter((item) => !settled.includes(`${name} ${item}`)),
      delivered: async (item, name) => void settled.push(`${name} ${item}`),
      setAside: async () => undefined,
      describe: (item) => item,
    },
    destinations,
    settings: { disabled: true, interval: 6_000, threads: 1 },
    clock: {
      now: () => 0,
      wall: () => 0,
      after: (_, action) => {
        patience.push(action);
        return () => undefined;
      },
    },
    log: pino({ level: 'silent' }),
  });
  open.start();
  return open;
}

beforeEach(() => {
  settled = [];
  patience = [];
});

test('one that stays is not touched, one that comes gets what it has not settled', async () => {
  const stays = new Held('cloud');
  const sync = make(stays);
  settled.push('viam a');
  await sync.sync();
  const viam = new Held('viam');
  await sync.follow([stays, viam], async () => undefined);
  await sync.sync();
  expect(stays).toMatchObject({ given: ['a', 'b'], closed: 0 });
  expect(viam.given).toEqual(['b']);
  expect(sync.destinations.map(({ name }) => name)).toEqual(['cloud', 'viam']);
});

test('one that is another now ends what is under way, and begins nothing more, before the other has anything', async () => {
  const before = new Held('cloud', true);
  const sync = make(before);
  const asked = sync.sync();
  await tick();
  const after = new Held('cloud');
  const order: string[] = [];
  const followed = sync.follow([after], async () => void order.push(`between: ${settled}`));
  const askedMeanwhile = sync.sync();
  await tick();
  expect({ order, given: after.given }).toEqual({ order: [], given: [] });
  before.let();
  await Promise.all([asked, followed, askedMeanwhile]);
  expect(before).toMatchObject({ given: ['a'], aborted: [], closed: 1 });
  expect(order).toEqual(['between: cloud a']);
  expect(after.given).toEqual(['b']);
});

test('one that does not end in time is given up, and what it had is the other’s', async () => {
  const before = new Held('cloud', true);
  const sync = make(before);
  const asked = sync.sync();
  await tick();
  const after = new Held('cloud');
  const followed = sync.follow([after], async () => undefined);
  await tick();
  for (const end of patience) end();
  await Promise.all([asked, followed]);
  await sync.sync();
  expect(before).toMatchObject({ aborted: ['a'], closed: 1 });
  expect(after.given).toEqual(['a', 'b']);
});

test('where what lies between fails, those of before are ended, and come again with the next', async () => {
  const before = new Held('cloud');
  const sync = make(before);
  await expect(sync.follow([new Held('viam')], () => Promise.reject(new Error('no')))).rejects.toThrow('no');
  const after = new Held('cloud');
  await sync.follow([after], async () => undefined);
  await sync.sync();
  expect(after.given).toEqual(['a', 'b']);
});

function tick(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
