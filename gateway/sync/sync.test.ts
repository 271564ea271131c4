import type { Clock } from '@sluice/common/clock';
import { pino } from 'pino';
import { describe, expect, test, vi } from 'vitest';
import { backoffDelay, longestDelay } from './backoff';
import type { Delivery } from './destination';
import type { SyncSettings } from './destination-sync';
import type { SyncSource } from './pass';
import { Sync } from './sync';

const log = pino({ level: 'silent' });

class ManualClock implements Clock {
  time = 0;
  due: { at: number; action: () => void } | undefined;
  now = () => this.time;
  wall = () => this.time;
  after(delay: number, action: () => void): () => void {
    const entry = { at: this.time + delay, action };
    this.due = entry;
    return () => {
      if (this.due === entry) this.due = undefined;
    };
  }
  fire(): void {
    const { at, action } = this.due!;
    this.due = undefined;
    this.time = at;
    action();
  }
}

class Items implements SyncSource<string> {
  completed = 0;
  aside: [string, string][] = [];
  gone: string[] = [];
  /** Thrown where something is to be settled. */
  unsettled?: (name: string) => Error | undefined;
  constructor(public names: string[]) {}
  async complete() {
    this.completed++;
  }
  waiting = (_: string) => [...this.names];
  async delivered(name: string) {
    this.#settle(name);
    this.gone.push(name);
  }
  async setAside(name: string, _: string, reason: string) {
    this.#settle(name);
    this.aside.push([name, reason]);
  }
  describe = (name: string) => name;
  #settle(name: string) {
    const error = this.unsettled?.(name);
    if (error) throw error;
    this.names = this.names.filter((other) => other !== name);
  }
}

const delivered: Delivery = { result: 'delivered' };
const away: Delivery = { result: 'again', reason: 'away', of: 'destination' };
const poisoned: Delivery = { result: 'again', reason: 'away', of: 'item' };

function make(
  names: string[],
  deliver: (name: string) => Promise<Delivery>,
  settings: Partial<SyncSettings> = {},
  gate?: (name: string) => boolean,
) {
  const items = new Items(names);
  const clock = new ManualClock();
  const sync = new Sync<string>({
    source: items,
    destinations: [{ name: 'cloud', deliver }],
    clock,
    log,
    settings: { disabled: false, interval: 6000, threads: 1, ...settings },
    random: () => 0,
    ...(gate ? { gate } : {}),
  });
  return { items, clock, sync };
}

describe('sync', () => {
  test('delivers oldest first', async () => {
    const { items, sync } = make(['a', 'b', 'c'], async () => delivered);
    await sync.sync();
    expect(items.gone).toEqual(['a', 'b', 'c']);
    expect(items.completed).toBe(1);
  });

  test('does not let an item on which the destination fails keep others from it', async () => {
    const deliver = async (name: string) => (name.startsWith('poison') ? poisoned : delivered);
    const poison = ['poison 1', 'poison 2', 'poison 3', 'poison 4'];
    const { items, clock, sync } = make([...poison, 'a', 'b'], deliver);
    sync.start();
    for (let pass = 0; pass < 20; pass++) {
      items.names.push(`new ${pass}`);
      clock.fire();
      await settled(sync);
    }
    expect(items.names).toEqual(poison);
    expect(items.aside).toEqual([]);
    expect(items.completed).toBe(20);
    expect(sync.state).toMatchObject({ failures: 20, lastError: 'poison 4: away' });
    expect(clock.due!.at - clock.time).toBe(60_000);
  });

  test('completes what is open while a few that fail are all that waits, and names one of them', async () => {
    const bad: Delivery[] = [poisoned, { result: 'unread', reason: 'cannot be read: EACCES' }];
    for (const failure of bad) {
      const names = ['bad 1', 'bad 2', 'bad 3', 'bad 4'];
      const made = make([...names], async (name) => (name.startsWith('bad') ? failure : delivered));
      const { items, clock, sync } = made;
      sync.start();
      for (let pass = 0; pass < 10; pass++) {
        clock.fire();
        await settled(sync);
      }
      const before = items.completed;
      items.complete = async () => {
        items.completed++;
        if (!items.names.includes('blocks') && !items.gone.includes('blocks')) items.names.push('blocks');
      };
      clock.fire();
      await settled(sync);
      expect([items.completed, items.gone]).toEqual([before + 1, ['blocks']]);
      expect(items.names).toEqual(names);
      expect(sync.state.lastError).toMatch(/^bad \d: (away|cannot be read: EACCES)$/);
      expect(clock.due!.at - clock.time).toBeLessThanOrEqual(60_000);
    }
  });

  test('what cannot be read here says nothing of the destination, however much it is', async () => {
    const bad = Array.from({ length: 1_000 }, (_, index) => `bad ${index}`);
    const { items, sync, clock } = make([...bad, 'good'], async (name) =>
      name === 'good' ? delivered : { result: 'unread', reason: 'cannot be read: EACCES' },
    );
    sync.start();
    clock.fire();
    await settled(sync);
    expect(items.gone).toEqual(['good']);
  });

  test('does not try every item on a destination that fails on each', async () => {
    let tried = 0;
    const { sync } = make(['a', 'b', 'c', 'd', 'e'], async () => {
      tried++;
      return poisoned;
    });
    await sync.sync();
    expect(tried).toBe(3);
  });

  test('sets nothing aside that cannot be read just now', async () => {
    let broken = true;
    const { items, sync } = make(['a'], async () =>
      broken ? { result: 'unread', reason: 'cannot be read: EMFILE' } : delivered,
    );
    await sync.sync();
    expect([items.names, items.aside]).toEqual([['a'], []]);
    broken = false;
    await sync.sync();
    expect(items.gone).toEqual(['a']);
  });

  test('goes on when an item that was refused finds no room to be set aside', async () => {
    const good = Array.from({ length: 9 }, (_, index) => `good ${index}`);
    const { items, sync } = make(['bad', ...good], async (name) =>
      name === 'bad' ? { result: 'refused', reason: 'no good' } : delivered,
    );
    items.unsettled = (name) => (name === 'bad' ? new Error('ENOSPC') : undefined);
    await sync.sync();
    expect(items.gone).toEqual(good);
    expect(items.names).toEqual(['bad']);
  });

  test('stops within one item when it is disabled in the middle of a pass', async () => {
    const names = Array.from({ length: 100 }, (_, index) => String(index));
    const settings = { disabled: false, interval: 6000, threads: 1 };
    let made = 0;
    const { sync, clock } = make(names, async () => {
      if (++made === 3) sync.configure({ ...settings, disabled: true });
      return delivered;
    });
    sync.start();
    clock.fire();
    await vi.waitFor(() => expect(sync.state.running).toBe(false));
    expect(made).toBe(3);
    expect(clock.due).toBeUndefined();
    // Also a pass that somebody asked for; one that is asked for while it is disabled delivers everything.
    sync.configure(settings);
    made = 0;
    await sync.sync();
    expect(made).toBe(3);
    await sync.sync();
    expect(made).toBe(97);
  });

  test('the same settings again leave the upload under way and the time of the next pass as they are', async () => {
    const settings = { disabled: false, interval: 6000, threads: 1 };
    let isAborted = false;
    const items = new Items(['a']);
    const clock = new ManualClock();
    let end = (): void => undefined;
    const sync = new Sync<string>({
      source: items,
      destinations: [
        {
          name: 'cloud',
          deliver: (_, signal) => {
            signal.addEventListener('abort', () => (isAborted = true));
            return new Promise((resolve) => (end = () => resolve(delivered)));
          },
        },
      ],
      clock,
      log,
      settings,
    });
    sync.start();
    clock.time = 4_000;
    sync.configure({ ...settings });
    expect(clock.due?.at).toBe(6_000);
    clock.fire();
    await vi.waitFor(() => expect(sync.isDelivering('a')).toBe(true));
    sync.configure({ ...settings });
    end();
    await settled(sync);
    expect({ isAborted, gone: items.gone }).toEqual({ isAborted: false, gone: ['a'] });
  });

  test('takes another interval and another number of threads over while it runs', async () => {
    let running = 0;
    let most = 0;
    const { sync, clock } = make(['a', 'b', 'c', 'd'], async () => {
      most = Math.max(most, ++running);
      await new Promise((resolve) => setTimeout(resolve, 5));
      running--;
      return delivered;
    });
    sync.start();
    clock.time = 1_000;
    sync.configure({ disabled: false, interval: 2_000, threads: 4 });
    expect(clock.due?.at).toBe(3_000);
    clock.fire();
    await settled(sync);
    expect(most).toBe(4);
    expect(clock.due?.at).toBe(5_000);
  });

  test('asks the gate before every item', async () => {
    let passed = 0;
    const { items, sync, clock } = make(
      ['a', 'b', 'c'],
      async () => delivered,
      {},
      () => ++passed <= 2,
    );
    sync.start();
    clock.fire();
    await vi.waitFor(() => expect(sync.state.running).toBe(false));
    expect(items.gone).toEqual(['a', 'b']);
  });

  test('delivers nothing twice when it is asked for during a scheduled pass, and what has come since then', async () => {
    const made: string[] = [];
    const { items, sync, clock } = make(['a', 'b'], async (name) => {
      made.push(name);
      await new Promise((resolve) => setTimeout(resolve, 5));
      return delivered;
    });
    sync.start();
    clock.fire();
    const asked = [sync.sync(), sync.sync()];
    items.names.push('c');
    await Promise.all(asked);
    expect(made).toEqual(['a', 'b', 'c']);
  });

  test('leaves files open while the destination is away', async () => {
    let isAway = true;
    const { items, clock, sync } = make(['a'], async () => (isAway ? away : delivered));
    sync.start();
    for (let pass = 0; pass < 4; pass++) {
      clock.fire();
      await settled(sync);
    }
    expect(items.completed).toBe(1);
    isAway = false;
    clock.fire();
    await settled(sync);
    expect(items.completed).toBe(2);
  });

  test('tries each destination by itself', async () => {
    const items = new Items(['a']);
    const sync = new Sync<string>({
      source: items,
      destinations: [
        { name: 'away', deliver: async () => away },
        { name: 'cloud', deliver: async () => delivered },
      ],
      clock: new ManualClock(),
      log,
      settings: { disabled: false, interval: 6000, threads: 1 },
      random: () => 0,
    });
    await sync.sync();
    const failures = sync.destinations.map(({ name, state }) => [name, state.failures]);
    expect(failures).toEqual([
      ['away', 1],
      ['cloud', 0],
    ]);
    expect(items.gone).toEqual(['a']);
  });

  test('runs every interval', async () => {
    const { items, clock, sync } = make([], async () => delivered);
    sync.start();
    for (let pass = 1; pass <= 3; pass++) {
      expect(clock.due?.at).toBe(pass * 6000);
      clock.fire();
      await settled(sync);
    }
    expect(items.completed).toBe(3);
  });

  test('tries again after 200 ms, doubling to one hour, then hourly, and forgets that on success', async () => {
    let isAway = true;
    const { items, clock, sync } = make(['a'], async () => (isAway ? away : delivered));
    sync.start();
    const delays: number[] = [];
    for (let pass = 0; pass < 18; pass++) {
      clock.fire();
      await settled(sync);
      delays.push(clock.due!.at - clock.time);
    }
    expect(delays.slice(0, 4)).toEqual([200, 400, 800, 1600]);
    expect(delays.slice(-3)).toEqual([longestDelay, longestDelay, longestDelay]);
    expect(sync.state).toMatchObject({ failures: 18, lastError: 'away' });
    isAway = false;
    clock.fire();
    await settled(sync);
    expect(items.gone).toEqual(['a']);
    expect(clock.due!.at - clock.time).toBe(6000);
  });

  test('sets aside what is refused, and goes on', async () => {
    const { items, sync } = make(['bad', 'c'], async (name) =>
      name === 'bad' ? { result: 'refused', reason: 'no good' } : delivered,
    );
    await sync.sync();
    expect(items.aside).toEqual([['bad', 'no good']]);
    expect(items.gone).toEqual(['c']);
  });

  test('makes as many deliveries at once as it has threads', async () => {
    let running = 0;
    let most = 0;
    const { sync } = make(
      ['a', 'b', 'c', 'd', 'e'],
      async () => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 5));
        running--;
        return delivered;
      },
      { threads: 3 },
    );
    await sync.sync();
    expect(most).toBe(3);
  });

  test('delivers nothing by itself when it is disabled', () => {
    const { clock, sync } = make(['a'], async () => delivered, { disabled: true });
    sync.start();
    expect(clock.due).toBeUndefined();
    expect(sync.state.next).toBeUndefined();
  });
});

/** The pass that runs is over. */
async function settled(sync: Sync<string>): Promise<void> {
  while (sync.state.running) await new Promise((resolve) => setImmediate(resolve));
}

describe('the delay after failures', () => {
  test('is shortened by jitter by half at most', () => {
    expect(backoffDelay(1, 0.999)).toBeGreaterThanOrEqual(100);
    expect(backoffDelay(1000, 0)).toBe(longestDelay);
  });
});
