/** A part that publishes by itself delivers all but its last minute, whatever its broker does. */
import { expect, test } from 'vitest';
import { type Arrivals, type PublishingOptions, PublishingPart } from './publishing-part';
import type { Treatment } from './scripted-broker';

const minute = 60_000;

async function run(
  prepare: (part: PublishingPart) => void,
  minutes = 6,
  options: PublishingOptions = {},
): Promise<Arrivals & { part: PublishingPart }> {
  const part = new PublishingPart(options);
  try {
    prepare(part);
    await part.start();
    await part.clock.run(minutes * minute);
    return { ...(await part.arrivals()), part };
  } finally {
    await part.close();
  }
}

function every(count: number, treatment: Treatment): (part: PublishingPart) => void {
  return ({ broker }) => {
    broker.treat = (_, { published }) => (published % count === 0 ? treatment : undefined);
  };
}

/** A message of the first collector's. */
const stuck = /"board_A0".*\/7","index":3\}/;

function losing(message: RegExp): (part: PublishingPart) => void {
  return ({ broker }) => {
    broker.treat = ({ text }) => (message.test(text) ? { lost: true } : undefined);
  };
}

test.each([
  ['loses every 200th PUBLISH', { lost: true }],
  ['loses every 200th PUBACK', { silent: true }],
  ['acknowledges every 200th PUBLISH twice', { times: 2 }],
] as const)(
  'a broker that %s gets every reading, few of them twice',
  { timeout: 60_000 },
  async (_, treatment) => {
    const { taken, missing, repeated, part } = await run(every(200, treatment));
    expect(taken).toBeGreaterThan(5_500);
    expect(missing).toBe(0);
    expect(repeated).toBeLessThan(0.02 * taken);
    expect(part.broker.connections).toBe(1);
  },
);

test('user and password may be as long as settings are', { timeout: 60_000 }, async () => {
  const config = { mqtt_user: 'é'.repeat(128), mqtt_password: 'p'.repeat(128) };
  const { missing, part } = await run(() => undefined, 2, { config });
  expect(part.device.boots).toBe(1);
  expect(missing).toBe(0);
  expect(part.broker.credentials).toEqual({
    client: 'esp',
    user: config.mqtt_user,
    password: config.mqtt_password,
  });
});

test('a broker that never acknowledges one message holds up its own stream until the ring overwrites it', {
  timeout: 60_000,
}, async () => {
  const { part } = await run(losing(stuck), 6, { cacheKb: 1 });
  const of = (field: string) => part.broker.taken.filter(({ text }) => text.includes(field));
  expect(of('"board_A1"').length).toBeGreaterThan(3_400);
  expect(part.broker.taken.some(({ text }) => stuck.test(text))).toBe(false);
  expect(part.broker.connections).toBe(1);
  // A cache of 1 KB is of little more than a minute.
  const arrivals = of('"board_A0"').map(({ at }) => at);
  const pause = Math.max(...arrivals.map((at, index) => at - (arrivals[index - 1] ?? at)));
  expect(pause).toBeLessThan(90_000);
  expect(arrivals.at(-1)).toBeGreaterThan(6 * minute - 20_000);
});

test('a slow stream waits no longer than a minute where a message of another one is never acknowledged', {
  timeout: 60_000,
}, async () => {
  const { part } = await run(losing(stuck), 10, { frequencies: [5, 0.2] });
  const slow = part.broker.taken.filter(({ text }) => text.includes('"board_A1"'));
  expect(slow.length).toBeGreaterThan(100);
  const pauses = slow.map(({ at }, index) => at - (slow[index - 1]?.at ?? at));
  expect(Math.max(...pauses)).toBeLessThan(70_000);
  expect(slow.at(-1)!.at).toBeGreaterThan(10 * minute - 70_000);
});

test('a broker that takes 30 messages a second is sent no more than it takes', {
  timeout: 60_000,
}, async () => {
  let free = 0;
  const { missing, repeated, taken, part } = await run(({ broker, clock }) => {
    broker.treat = () => {
      free = Math.max(free, clock.now()) + 1_000 / 30;
      return { delay: free - clock.now() };
    };
    clock.at(2 * minute, () => {
      broker.mostWaiting = 0;
    });
  });
  expect(missing).toBe(0);
  expect(repeated).toBeLessThan(0.02 * taken);
  expect(part.broker.mostWaiting).toBeLessThan(50);
  expect(part.broker.connections).toBe(1);
});

test.each([
  // Of two messages a connection one is not known to have arrived.
  [700, 1.5],
  [2_000, 0.5],
  [9_999, 0.2],
])(
  'a broker whose connections end after %i B gets every reading, at most %f times more',
  { timeout: 60_000 },
  async (bytes, more) => {
    const { missing, repeated, taken, part } = await run(
      ({ network }) => {
        network.cutEachAfter('up', bytes);
      },
      6,
      { frequencies: [2] },
    );
    expect(missing).toBe(0);
    expect(repeated).toBeLessThan(more * taken);
    expect(part.broker.connections).toBeGreaterThan(10);
  },
);

test('a broker that hangs up at every 50th message gets every reading', { timeout: 60_000 }, async () => {
  const { missing, part } = await run(every(50, { hangUp: true }), 6, { frequencies: [5, 5] });
  expect(missing).toBe(0);
  expect(part.broker.connections).toBeGreaterThan(20);
});

test('connections that end a second after they began, for five minutes, fill no ring with short blocks', {
  timeout: 60_000,
}, async () => {
  const { missing, part } = await run(
    ({ broker, clock }) => {
      const ends = () => clock.now() > minute && clock.now() < 6 * minute;
      broker.treat = (_, { published }) => (ends() && published % 5 === 0 ? { hangUp: true } : undefined);
    },
    9,
    { frequencies: [20] },
  );
  expect(part.broker.connections).toBeGreaterThan(150);
  expect(missing).toBe(0);
});

test('a broker that parts with a packet that nobody asked for ends its connection and no more', {
  timeout: 60_000,
}, async () => {
  const parting = Uint8Array.of(0xe0, 0);
  const { missing, part } = await run(every(80, { parting }), 4, { frequencies: [20, 20] });
  expect(missing).toBe(0);
  expect(part.device.boots).toBe(1);
  expect(part.broker.connections).toBeGreaterThan(20);
});

test('a broker that answers nothing for two minutes gets every reading afterwards', {
  timeout: 60_000,
}, async () => {
  const { missing } = await run(({ broker, clock }) => {
    const away = () => clock.now() > minute && clock.now() < 3 * minute;
    broker.treat = () => (away() ? { lost: true } : undefined);
    clock.at(minute, () => {
      broker.answersPings = false;
      broker.welcomes = (connection) => connection % 2 === 0;
    });
    clock.at(3 * minute, () => {
      broker.answersPings = true;
      broker.welcomes = () => true;
    });
  }, 7);
  expect(missing).toBe(0);
});

test('a broker that answers pings only, for half an hour, gets every reading within a minute', {
  timeout: 120_000,
}, async () => {
  const { missing, part } = await run(
    ({ broker, clock }) => {
      broker.treat = () => (clock.now() > minute && clock.now() < 31 * minute ? { lost: true } : undefined);
    },
    34,
    { frequencies: [1], cacheKb: 20 },
  );
  expect(missing).toBe(0);
  expect(part.broker.connections).toBeLessThan(15);
});

test('a backlog flows at 300 messages a second over a round trip of 60 ms', { timeout: 60_000 }, async () => {
  const part = new PublishingPart({ frequencies: [100, 100, 100], cacheKb: 40, latency: 30 });
  try {
    part.network.refuse('broker.plant', 1883, { from: 0, until: 2 * minute });
    await part.start();
    await part.clock.run(2 * minute + 5_000);
    const before = part.broker.taken.length;
    await part.clock.run(20_000);
    const rate = (part.broker.taken.length - before) / 20;
    expect(rate).toBeGreaterThan(300);
  } finally {
    await part.close();
  }
});

test('a part whose name another device has says so, and comes back after longer and longer', {
  timeout: 60_000,
}, async () => {
  const { missing, part } = await run(
    ({ broker, clock }) => {
      broker.rival = 400;
      clock.at(10 * minute, () => {
        broker.rival = undefined;
      });
    },
    13,
    { frequencies: [1] },
  );
  expect(missing).toBe(0);
  expect(part.device.traces.join('\n')).toContain('refused: duplicate-part');
  expect(part.broker.dials).toBeLessThan(50);
  // Once the other has gone, the next connection stays.
  const late = part.broker.taken.filter(({ at }) => at > 12 * minute);
  expect(late.length).toBeGreaterThan(50);
});

test.each([
  { code: 5, why: 'not authorised', least: 5, most: 15 },
  { code: 3, why: 'not available', least: 100, most: 300 },
])(
  'a broker that refuses the part as $why is tried $least to $most times in twenty minutes',
  { timeout: 60_000 },
  async ({ code, least, most }) => {
    const { part } = await run(
      ({ broker }) => {
        broker.refusal = code;
      },
      20,
      { frequencies: [1] },
    );
    expect(part.device.boots).toBe(1);
    expect(part.broker.dials).toBeGreaterThanOrEqual(least);
    expect(part.broker.dials).toBeLessThanOrEqual(most);
  },
);
