import { describe, expect, test } from 'vitest';
import { statusOf } from './own-part';
import { readDeadline } from './reader';
import { analogs, Bench, board, plan, sensor } from './test-bench';

describe('capture on the main part', () => {
  test('has every reading of a thirtieth of an hour at a rate with a fraction, at its exact tick', async () => {
    const bench = new Bench({ [sensor]: (_method, time) => ({ readings: { time } }) });
    expect(bench.capture.apply([plan(sensor, 'Readings', 60)])).toEqual([]);
    await bench.clock.run(120_000);
    await bench.deliver();
    const readings = bench.readings();
    expect(Math.abs(readings.length - 7200)).toBeLessThanOrEqual(1);
    const first = readings[0]!.requested;
    readings.forEach(({ requested, value }, index) => {
      expect(requested).toBe(Math.ceil(first + (index * 1000) / 60));
      expect(value).toEqual({ time: requested });
    });
    const [status] = statusOf(bench.capture).streams;
    expect(status).toMatchObject({ captured: readings.length, missed: 0, late: 0, failed: 0, stored: 0 });
    expect(status!.acknowledged).toBe(readings.length);
  });

  test('captures twenty streams beside each other', async () => {
    const bench = new Bench({ [board]: () => ({ value: 5, min_range: 0, max_range: 1, step_size: 0.1 }) });
    bench.capture.apply(Array.from({ length: 20 }, (_, reader) => analogs(`r${reader}`, 100)));
    await bench.clock.run(10_000);
    await bench.deliver();
    const { streams } = statusOf(bench.capture);
    expect(streams).toHaveLength(20);
    for (const { captured, acknowledged } of streams) {
      expect(Math.abs(captured - 1000)).toBeLessThanOrEqual(1);
      expect(acknowledged).toBe(captured);
    }
    expect(bench.outbox.blocks[0]!.metadata).toMatchObject({
      part: 'main',
      boot: { counter: 7 },
      kind: 'integer',
      range: { min: 0, max: 1, step: 0.1, unit: 'V' },
    });
  });

  test('counts the ticks of a slow read as missed, and says so in the block', async () => {
    const bench = new Bench({
      [sensor]: () => new Promise((resolve) => bench.clock.after(35, () => resolve({ readings: { a: 1 } }))),
    });
    bench.capture.apply([plan(sensor, 'Readings', 100)]);
    await bench.clock.run(1_000);
    await bench.deliver();
    const readings = bench.readings();
    const steps = readings.slice(1).map(({ requested }, index) => requested - readings[index]!.requested);
    expect(new Set(steps)).toEqual(new Set([40]));
    expect(readings.every(({ requested, received }) => received - requested === 35)).toBe(true);
    const [status] = statusOf(bench.capture).streams;
    expect(status!.missed).toBeGreaterThanOrEqual(3 * (readings.length - 1));
  });

  test('has one late reading of a stall, at its own time, and counts the other ticks in it as missed', async () => {
    const bench = new Bench({ [sensor]: (_method, time) => ({ readings: { time } }) });
    bench.capture.apply([plan(sensor, 'Readings', 100)]);
    await bench.clock.run(1_000);
    bench.clock.time += 35;
    await bench.clock.run(1_000);
    await bench.deliver();
    const readings = bench.readings();
    // Of the ticks at 1001, 1011, 1021 and 1031.
    expect(readings.slice(99, 102).map(({ requested }) => requested)).toEqual([991, 1_035, 1_041]);
    expect(readings[100]!.value).toEqual({ time: 1_035 });
    const [status] = statusOf(bench.capture).streams;
    expect(status).toMatchObject({ captured: readings.length, late: 1, missed: 3, failed: 0 });
  });

  test('gives up a read that hangs, goes on, and stops asking while several hang', async () => {
    let asked = 0;
    const bench = new Bench({
      [sensor]: () => {
        asked++;
        return new Promise(() => undefined);
      },
    });
    bench.capture.apply([plan(sensor, 'Readings', 1)]);
    await bench.clock.run(10 * readDeadline);
    expect(asked).toBe(3);
    const [status] = statusOf(bench.capture).streams;
    expect(status!.failed).toBeGreaterThan(3);
    expect(status!.captured).toBe(0);
  });

  test('tells the same error once in a while, with how often it came', async () => {
    const bench = new Bench({
      [sensor]: () => {
        throw new Error('no such chip');
      },
    });
    bench.capture.apply([plan(sensor, 'Readings', 100)]);
    await bench.clock.run(150_000);
    expect(bench.warnings).toEqual([
      { message: 'not captured: no such chip', repeated: 0 },
      { message: 'not captured: no such chip', repeated: 5999 },
      { message: 'not captured: no such chip', repeated: 5999 },
    ]);
    expect(statusOf(bench.capture).streams[0]!.failed).toBeGreaterThanOrEqual(14_999);
  });

  test('a failed read leaves its tick out and shifts no other', async () => {
    let reads = 0;
    const bench = new Bench({
      [sensor]: () => {
        if (++reads % 5 === 0) throw new Error('now and then');
        return { readings: { reads } };
      },
    });
    bench.capture.apply([plan(sensor, 'Readings', 100)]);
    await bench.clock.run(5_000);
    await bench.deliver();
    const readings = bench.readings();
    const first = readings[0]!.requested;
    for (const { requested, value } of readings)
      expect(requested).toBe(first + 10 * ((value as { reads: number }).reads - 1));
    const [status] = statusOf(bench.capture).streams;
    expect(status!.captured + status!.failed).toBe(reads);
    expect(status!.captured).toBe(readings.length);
  });

  test('lets what did not change go on through a change of configuration, and delivers what was taken away', async () => {
    const bench = new Bench({ [sensor]: () => ({ readings: { a: 1 } }), [board]: () => ({ high: true }) });
    const pins = { ...plan(board, 'Gpios', 10) };
    bench.capture.apply([plan(sensor, 'Readings', 100), pins]);
    await bench.clock.run(1_000);
    bench.capture.apply([plan(sensor, 'Readings', 100)]);
    await bench.clock.run(1_000);
    await bench.deliver();
    expect(new Set(bench.readings('Readings').map(({ stream }) => stream)).size).toBe(1);
    expect(bench.readings('Gpios').length).toBeGreaterThanOrEqual(9);
    expect(bench.readings('Gpios').length).toBeLessThanOrEqual(10);
    expect(bench.forgotten).toEqual([1]);
    expect([...bench.capture.declared.values()].map(({ metadata }) => metadata.method)).toEqual(['Readings']);
    bench.capture.apply([plan(sensor, 'Readings', 50)]);
    await bench.clock.run(1_000);
    await bench.deliver();
    expect(bench.readings('Readings').at(-1)!.stream).toBe(2);
  });

  test('goes on with a resource that was built anew, and with another range as another stream', async () => {
    const of = (step_size: number) => () => ({ value: 1, min_range: 0, max_range: 5, step_size });
    const bench = new Bench({ [board]: of(1) });
    bench.capture.apply([analogs('a', 10)]);
    await bench.clock.run(1_000);
    bench.put({ [board]: of(1) });
    await bench.clock.run(1_000);
    await bench.deliver();
    expect(new Set(bench.readings().map(({ stream }) => stream))).toEqual(new Set([0]));
    bench.put({ [board]: of(2) });
    await bench.clock.run(1_000);
    await bench.deliver();
    expect(new Set(bench.readings().map(({ stream }) => stream))).toEqual(new Set([0, 1]));
    const times = bench.readings().map(({ requested }) => requested);
    expect(times.every((time, index) => index === 0 || time === times[index - 1]! + 100)).toBe(true);
    expect(bench.outbox.blocks.at(-1)!.metadata.range?.step).toBe(2);
  });

  test('keeps what the outbox does not take, the newest where there is no room, and accounts for all', async () => {
    let value = 0;
    const bench = new Bench({
      [sensor]: () => {
        value = (value * 48_271 + 1) % 2_147_483_647;
        return { readings: { noise: value / 7 } };
      },
    });
    bench.capture.apply([plan(sensor, 'Readings', 1000)]);
    bench.outbox.isFull = true;
    await bench.clock.run(120_000);
    const [before] = statusOf(bench.capture).streams;
    expect(before!.overwritten).toBeGreaterThan(0);
    expect(before!.stored).toBeGreaterThan(0);
    bench.outbox.isFull = false;
    bench.capture.relieved();
    await bench.deliver();
    const { streams, losses } = statusOf(bench.capture);
    const { captured, acknowledged, overwritten, stored } = streams[0]!;
    expect(stored).toBe(0);
    expect(acknowledged + overwritten).toBe(captured);
    expect(bench.readings()).toHaveLength(acknowledged);
    expect(losses).toMatchObject([{ cause: 'outbox-full', readings: overwritten }]);
    const times = bench.readings().map(({ requested }) => requested);
    expect(times.at(-1)! - times[0]!).toBe(times.length - 1);
  });

  test('gives again what the outbox took and lost, once', async () => {
    const bench = new Bench({ [sensor]: (_method, time) => ({ readings: { time } }) });
    bench.capture.apply([plan(sensor, 'Readings', 100)]);
    await bench.clock.run(1_000);
    await bench.capture.seal();
    const lost = bench.outbox.blocks.splice(0);
    expect(lost.length).toBeGreaterThan(0);
    const [state] = bench.outbox.states.all;
    state!.next = state!.durable;
    bench.capture.failed();
    await bench.clock.run(1_000);
    await bench.deliver();
    const times = bench.readings().map(({ requested }) => requested);
    expect(times).toHaveLength(statusOf(bench.capture).streams[0]!.captured);
    expect(new Set(times).size).toBe(times.length);
  });

  test('follows the wall clock when it is set, not its jitter', async () => {
    const bench = new Bench({ [sensor]: () => ({ readings: { a: 1 } }) });
    bench.capture.apply([plan(sensor, 'Readings', 10)]);
    await bench.clock.run(1_000);
    await bench.capture.seal();
    bench.clock.epoch += 3;
    await bench.clock.run(1_000);
    await bench.capture.seal();
    bench.clock.epoch += 3_600_000;
    await bench.clock.run(1_000);
    await bench.deliver();
    const offsets = [...new Set(bench.readings().map(({ offset }) => offset))];
    expect(offsets).toHaveLength(2);
    expect(offsets[1]! - offsets[0]!).toBe(3_600_003);
  });

  test('names what cannot be captured here, and captures the rest', async () => {
    const bench = new Bench({ [sensor]: () => ({ readings: { a: 1 } }) });
    const problems = bench.capture.apply([
      plan('rdk:component:toaster/t', 'Browning', 1),
      plan(sensor, 'Readings', 1),
    ]);
    expect(problems).toMatchObject([{ index: 0, message: /toaster/ }]);
    await bench.clock.run(3_000);
    await bench.deliver();
    expect(bench.readings().length).toBeGreaterThanOrEqual(2);
  });
});
