import { expect, test } from 'vitest';
import { CallError } from '../../proto/call-error';
import type { Answered } from './device-status';
import { Watch } from './watch';

const second = 1_000;

/** A part that answers in the same turn, and a clock that the test moves. */
class World {
  readonly asked: string[] = [];
  readonly answers: Answered[] = [];
  boot = '1-00000001';
  connected = true;
  log = ['12 s info: connected'];
  knowsFigures = true;
  sectors = 192;
  now = 0;
  next: (() => void) | undefined;

  readonly watch = new Watch({
    connected: () => (this.connected ? [{ part: 'esp', boot: this.boot }] : []),
    call: async (_part, { method, arguments: parameters }) => this.#answer(method, parameters),
    answered: (_part, answer) => this.answers.push(answer),
    flash: () => {},
    clock: {
      now: () => this.now,
      wall: () => this.now,
      after: (_delay, action) => {
        this.next = action;
        return () => {};
      },
    },
  });

  async seconds(count: number): Promise<string[]> {
    this.asked.length = 0;
    for (let passed = 0; passed < count; passed++) {
      this.now += second;
      this.next!();
      await new Promise((done) => setImmediate(done));
    }
    return this.asked.slice();
  }

  #answer(method: string, parameters: Record<string, unknown>): unknown {
    this.asked.push(method);
    if (method === 'FlashMap') {
      const list = new Array(64).fill(1);
      const { sectors } = this;
      return { sectors, sectorBytes: 4_096, from: parameters.from, epochs: list, wear: list, live: list };
    }
    if (method === 'Status') {
      const streams = [{ number: 3, captured: 1 }];
      return { uptime: this.now, flash: { erases: 0, reads: 7 }, streams, log: this.log };
    }
    if (!this.knowsFigures) throw new CallError('unknown-method', 'the part has no method Figures');
    return { uptime: this.now, flash: { erases: 2 }, streams: [[3, 512, 4_096, 100, 90]] };
  }
}

test('a part is asked for all once, then for its figures, and seldom for its flash once that is drawn', async () => {
  const world = new World();
  const gone = world.watch.begin();
  await new Promise((done) => setImmediate(done));
  expect(world.asked).toEqual(['Status', 'FlashMap']);
  const first = await world.seconds(4);
  expect(first.filter((method) => method === 'Figures').length).toBe(4);
  expect(first.filter((method) => method === 'FlashMap').length).toBe(2);
  const later = await world.seconds(30);
  expect(later.filter((method) => method === 'Figures').length).toBe(30);
  expect(later.filter((method) => method === 'FlashMap').length).toBe(3);
  const { status } = world.answers.at(-1)!;
  expect(status.uptime).toBe(world.now);
  expect(status.flash).toEqual({ erases: 2, reads: 7 });
  expect(status.streams).toMatchObject([{ number: 3, bytes: 512, quota: 4_096, captured: 100, stored: 0 }]);
  gone();
});

test('a part that has started anew is asked for all again', async () => {
  const world = new World();
  world.watch.begin();
  await world.seconds(2);
  world.boot = '2-00000002';
  expect(await world.seconds(2)).toEqual(['Status', 'FlashMap', 'Figures']);
});

test('a part of an earlier release, which knows no figures, is asked for its status', async () => {
  const world = new World();
  world.knowsFigures = false;
  world.watch.begin();
  await world.seconds(2);
  const asked = await world.seconds(5);
  expect(asked.filter((method) => method === 'Status').length).toBe(5);
  expect(asked).not.toContain('Figures');
  expect(world.answers.at(-1)!.status.flash).toEqual({ erases: 0, reads: 7 });
});

test('a part that was away says why, in this boot too, to whoever looks then or later', async () => {
  const world = new World();
  const gone = world.watch.begin();
  await world.seconds(2);
  expect(world.answers.at(-1)!.status.linkEnd).toBeUndefined();
  world.connected = false;
  await world.seconds(3);
  const why = 'the certificate is not by the pinned authority, or not for this name';
  world.log = ['20 s error: uplink: older', `31 s error: uplink: ${why}`, '90 s info: connected'];
  world.connected = true;
  expect(await world.seconds(2)).toEqual(['Status', 'FlashMap', 'Figures']);
  expect(world.answers.at(-1)!.status.linkEnd).toBe(why);
  gone();
  world.log.push('99 s error: uplink: the peer is silent');
  world.asked.length = 0;
  world.watch.begin();
  await world.seconds(1);
  expect(world.answers.at(-1)!.status.linkEnd).toBe('the peer is silent');
});

test.each([[{}], [[7, null, '1 s error: uplink']], ['uplink: no list']])(
  'a log of another shape tells of no link: %j',
  async (log) => {
    const world = new World();
    world.log = log as string[];
    world.watch.begin();
    await world.seconds(1);
    expect(world.answers.at(-1)!.status).not.toHaveProperty('linkEnd');
  },
);
