import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { type DeviceOptions, SimulatedDevice } from '../device';
import { inlineFirmware } from '../inline-firmware';
import { constant, edges, toggle } from '../signals';
import { readTruth } from '../truth';
import { type Chip, RegisterChip, SimulatedBus } from './simulated-bus';

const devices: SimulatedDevice[] = [];

afterEach(async () => {
  for (const device of devices.splice(0)) await device.close();
});

/** What a main module traces within 10 s. */
async function run(main: string, options: Partial<DeviceOptions> = {}): Promise<string[]> {
  const device = await SimulatedDevice.start({ firmware: inlineFirmware({ main }), ...options });
  devices.push(device);
  await device.run(10_000);
  expect(device.exits).toEqual([]);
  return device.traces;
}

describe('I2C', () => {
  const main = (body: string) => `
    import I2C from 'embedded:io/i2c';
    const bus = new I2C({ data: 21, clock: 22, address: 0x48, hz: 100_000 });
    const hex = (buffer) => Array.from(new Uint8Array(buffer)).join();
    const attempt = (action) => { try { return action(); } catch (error) { return error.message; } };
    ${body}`;
  const read = main(`
    trace(hex(bus.writeRead(Uint8Array.of(2), 3)) + '\\n');
    bus.write(Uint8Array.of(3, 77));
    const into = new Uint8Array(2);
    bus.writeRead(Uint8Array.of(3), into);
    trace(hex(into.buffer) + ' probe ' + bus.write(new Uint8Array(0)) + '\\n');
  `);

  test('reads and writes the registers of a chip', async () => {
    const chip = new RegisterChip({ 2: [10, 11, 12] });
    const network = new SimulatedBus([{ address: 0x48, chip }]);
    expect(await run(read, { network })).toEqual(['10,11,12', '77,12 probe undefined']);
  });

  test('hears a chip on its own bus only, and nobody when the chip is silent', async () => {
    const chip = new RegisterChip({ 0: 1 });
    chip.present = false;
    const elsewhere = new RegisterChip({ 0: 2 });
    const network = new SimulatedBus([
      { address: 0x48, data: 18, chip: elsewhere },
      { address: 0x48, data: 21, chip },
    ]);
    const attempts = main(`
      trace(attempt(() => bus.read(1)) + '\\n');
      trace(attempt(() => bus.write(Uint8Array.of(0))) + '\\n');
      trace(bus.write(new Uint8Array(0)) + '\\n');
    `);
    expect(await run(attempts, { network })).toEqual(['read failed', 'write failed', '1']);
  });

  test('has a bus without anybody on it, again and again, where no chips are given', async () => {
    const attempts = main(`
      trace(attempt(() => bus.read(1)) + '\\n');
      bus.close();
      trace(attempt(() => new I2C({ data: 21, clock: 22, address: 0x48, hz: 400_000 }).read(1)) + '\\n');
    `);
    expect(await run(attempts)).toEqual(['read failed', 'read failed']);
  });

  test('shows a chip what time it is', async () => {
    const clock: Chip = {
      write: () => true,
      read: (count, now) => new Uint8Array(count).fill(now / 1_000),
    };
    const later = main(`
      import Timer from 'timer';
      Timer.set(() => trace(hex(bus.read(2)) + '\\n'), 4_000);
    `);
    expect(await run(later, { network: new SimulatedBus([{ address: 0x48, chip: clock }]) })).toEqual([
      '4,4',
    ]);
  });
});

describe('The pulse counter', () => {
  const main = (options: string) => `
    import PulseCount from 'embedded:io/pulsecount';
    import Timer from 'timer';
    const count = new PulseCount(${options});
    Timer.set(() => trace(count.read() + '\\n'), 5_000);`;

  test('counts four a period of a quadrature encoder, signed by its direction', async () => {
    const leading = { 4: toggle(0.01, { phase: 0.25 }), 5: toggle(0.01) };
    const [forward] = await run(main('{ signal: 4, control: 5 }'), { pins: leading });
    const [backward] = await run(main('{ signal: 5, control: 4 }'), { pins: leading });
    expect(Math.abs(Math.abs(Number(forward)) - 2_000)).toBeLessThanOrEqual(4);
    expect(Number(backward)).toBe(-Number(forward));
  });

  test('counts up and down again with one signal alone', async () => {
    const [count] = await run(main('{ signal: 4 }'), { pins: { 4: toggle(0.01) } });
    expect(Math.abs(Number(count))).toBeLessThanOrEqual(1);
  });

  test('is not there on the C3', async () => {
    const attempt = `
      import PulseCount from 'embedded:io/pulsecount';
      try { new PulseCount({ signal: 4 }); } catch (error) { trace(error.message + '\\n'); }`;
    expect(await run(attempt, { board: 'esp32c3', pins: { 4: constant(0) } })).toEqual(['no hardware']);
  });
});

test('The pulse counter begins anew at the ends of its 16 bits, unless it is read before', async () => {
  const main = (often: string) => `
    import PulseCount from 'embedded:io/pulsecount';
    import Timer from 'timer';
    const count = new PulseCount({ signal: 4, control: 5 });
    ${often}
    Timer.set(() => trace(count.read() + '\\n'), 5_000);`;
  const pins = { 4: toggle(0.0002, { phase: 0.25 }), 5: toggle(0.0002) };
  const [rarely] = await run(main(''), { pins });
  const [often] = await run(main('Timer.repeat(() => count.read(), 500);'), { pins });
  expect(Math.abs(Math.abs(Number(often)) - 100_000)).toBeLessThanOrEqual(20);
  expect(Math.abs(Number(rarely))).toBeLessThan(32_768);
});

test('Before the first pulse its width is what was left in memory, once; a second instance is refused', async () => {
  const main = `
    import PulseWidth from 'embedded:io/pulsewidth';
    const echo = new PulseWidth({ pin: 4, edges: PulseWidth.RisingToFalling });
    trace([echo.read() > 1e6, echo.read()].join(' ') + '\\n');
    try { new PulseWidth({ pin: 5, edges: 1 }); } catch (error) { trace(error.message + '\\n'); }
    echo.close();
    new PulseWidth({ pin: 5, edges: 1 });`;
  expect(await run(main)).toEqual(['true ', 'no capture timer']);
});

test('On a bus that is held a transfer fails after its timeout, a probe after a second', async () => {
  const bus = new SimulatedBus([]);
  bus.held = true;
  const main = `
    import I2C from 'embedded:io/i2c';
    import Time from 'time';
    const device = new I2C({ data: 21, clock: 22, address: 0x48, hz: 100_000 });
    const quick = new I2C({ data: 21, clock: 22, address: 0x49, hz: 100_000, timeout: 20 });
    const timed = (action) => {
      const begun = Time.ticks;
      let result;
      try { result = action(); } catch (error) { result = error.message; }
      trace(result + ' ' + Time.delta(begun) + '\\n');
    };
    timed(() => device.read(1));
    timed(() => quick.write(Uint8Array.of(1)));
    timed(() => quick.write(new Uint8Array(0)));`;
  expect(await run(main, { network: bus })).toEqual(['read failed 400', 'write failed 20', '1 1000']);
});

test('A C3 has one I2C bus and two PWM channels; no chip makes PWM faster than its clock', async () => {
  const main = `
    import I2C from 'embedded:io/i2c';
    import PWM from 'embedded:io/pwm';
    const attempt = (action) => { try { action(); trace('made\\n'); } catch (error) { trace(error.message + '\\n'); } };
    attempt(() => new I2C({ data: 4, clock: 5, address: 1, hz: 100_000 }));
    attempt(() => new I2C({ data: 6, clock: 7, address: 1, hz: 100_000 }));
    attempt(() => new PWM({ pin: 0, hz: 17 }));
    attempt(() => new PWM({ pin: 0, hz: 78_126 }));
    attempt(() => new PWM({ pin: 0, hz: 78_125 }));
    attempt(() => new PWM({ pin: 1 }));
    attempt(() => new PWM({ pin: 2 }));`;
  const network = new SimulatedBus([]);
  expect(await run(main, { board: 'esp32c3', network })).toEqual([
    'made',
    "can't create bus",
    'invalid combination of hz and resolution',
    'configure ledc timer failed',
    'made',
    'made',
    "can't configure",
  ]);
});

test('A pulse is timed in hardware, however late the firmware looks', async () => {
  const main = `
    import PulseWidth from 'embedded:io/pulsewidth';
    import Timer from 'timer';
    const echo = new PulseWidth({ pin: 4, edges: PulseWidth.RisingToFalling });
    Timer.set(() => { Timer.delay(500); trace([echo.read(), echo.read()].join(' ') + '\\n'); }, 1_000);`;
  expect(await run(main, { pins: { 4: edges([1_200, 1_200.58, 2_000]) } })).toEqual(['580 ']);
});

test('PWM writes its duty to the pin, and 0 when it is closed', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-pwm-'));
  const truth = join(directory, 'truth');
  const main = `
    import PWM from 'embedded:io/pwm';
    const servo = new PWM({ pin: 18, hz: 50, resolution: 12 });
    servo.write(307);
    servo.close();`;
  await run(main, { truth });
  for (const device of devices.splice(0)) await device.close();
  const log = readTruth(truth);
  await rm(directory, { recursive: true });
  expect([...log.value]).toEqual([0, 307, 0]);
  expect([...log.written]).toEqual([1, 1, 1]);
});
