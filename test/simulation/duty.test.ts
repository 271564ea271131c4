/** `radio: "duty"`: the radio is on for syncs only, capture goes on, and everybody knows that the part sleeps. */
import { expect, test } from 'vitest';
import { ReturningPart } from './return';

const minute = 60_000;
const duty = { radio: 'duty' };

async function withPart(
  options: Partial<ConstructorParameters<typeof ReturningPart>[0]>,
  body: (part: ReturningPart) => Promise<void>,
): Promise<void> {
  const part = new ReturningPart({
    seed: 1,
    frequencies: [1],
    cacheKb: 20,
    syncMinutes: 10,
    attributes: duty,
    ...options,
  });
  await part.start();
  try {
    await body(part);
    expect(part.device.exit).toBeUndefined();
  } finally {
    await part.device.close();
  }
}

test('a part on duty delivers every reading and has its radio on for seconds an interval', {
  timeout: 120_000,
}, async () => {
  await withPart({}, async (part) => {
    await part.clock.run(2 * minute);
    const { connected, asleepUntil } = part.view;
    expect(connected).toBe(false);
    const wake = asleepUntil! - part.network.wallTime();
    expect(wake).toBeGreaterThan(7 * minute);
    expect(wake).toBeLessThanOrEqual(10 * minute);
    const { radioOn, received } = part;
    await part.clock.run(60 * minute);
    // Six syncs, each with joining, the handshake, and what is left for calls.
    expect(part.radioOn - radioOn).toBeLessThan(6 * 5_500);
    expect(part.radioOn - radioOn).toBeGreaterThan(6 * 3_000);
    // All but what waits for the next sync.
    expect(part.received - received).toBe(3_600);
  });
});

test('a ring that fills before its time wakes the radio', { timeout: 120_000 }, async () => {
  await withPart({ frequencies: [5], cacheKb: 4, syncMinutes: 120 }, async (part) => {
    await part.clock.run(100 * minute);
    const account = part.gateway.directory.account();
    expect(account.reduce((sum, { received }) => sum + received.readings, 0)).toBeGreaterThan(
      0.5 * 5 * 60 * 100,
    );
    expect(part.gateway.gaps.size).toBe(0);
    expect(part.radioOn).toBeLessThan(20 * minute);
  });
});

test('without an access point a part on duty does not search for good', { timeout: 120_000 }, async () => {
  await withPart({}, async (part) => {
    await part.clock.run(2 * minute);
    part.away('access point', part.clock.now() + 60 * minute);
    const { radioOn } = part;
    await part.clock.run(60 * minute);
    expect(part.radioOn - radioOn).toBeLessThan(7 * 66_000);
    await part.clock.run(11 * minute);
    expect(part.view.asleepUntil! - part.network.wallTime()).toBeGreaterThan(0);
    expect(part.gateway.gaps.size).toBe(0);
  });
});

test('a ring that fills before its time wakes the radio though a stream has ended', {
  timeout: 120_000,
}, async () => {
  await withPart({ frequencies: [1], cacheKb: 4, syncMinutes: 120 }, async (part) => {
    await part.untilNext(minute);
    part.configure({ frequencies: [5] });
    await part.clock.run(100 * minute);
    expect(part.received).toBeGreaterThan(0.5 * 5 * 60 * 100);
    expect(part.gateway.gaps.size).toBe(0);
    expect(part.radioOn).toBeLessThan(20 * minute);
  });
});

test('what an ended stream still holds waits for the next sync', { timeout: 120_000 }, async () => {
  await withPart({ frequencies: [10], syncMinutes: 120 }, async (part) => {
    await part.untilNext(minute);
    await part.clock.run(400);
    part.configure({ frequencies: [1] });
    // It has come, and what the stream that it ended holds is not acknowledged.
    await part.clock.run(30);
    part.away('access point', part.clock.now() + 90 * minute);
    const { promised, radioOn } = part;
    await part.clock.run(110 * minute);
    expect(part.radioOn - radioOn).toBeLessThan(minute);
    await part.clock.run(12 * minute);
    const [ended, following] = [...part.gateway.promised.values()];
    expect(ended).toBe(promised + 1);
    expect(following).toBeGreaterThan(10);
  });
});

test('a ring that no sync may empty does not keep the radio on', { timeout: 120_000 }, async () => {
  const attributes = { ...duty, sync_disabled: true };
  await withPart({ frequencies: [5], cacheKb: 1, attributes }, async (part) => {
    await part.clock.run(20 * minute);
    const { radioOn } = part;
    await part.clock.run(60 * minute);
    expect(part.received).toBe(0);
    expect(part.radioOn - radioOn).toBeLessThan(6 * 5_500);
  });
});
