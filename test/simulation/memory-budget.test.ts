import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../../host-sim/manifest/paths';
import { budgetOf } from '../../modules/config/memory-budget';
import { modelNames, secureCost, slotBytes } from '../../modules/config/memory-costs';
import { parsePart } from '../../modules/config/part';
import { textFirmware } from './hostile-firmware';
import { component, configurationOf, fakeSensors, runConfigurations } from './memory-budget';

const readings = { method: 'Readings' };
const analogs = [0, 1, 2, 3, 4].map((pin) => ({ name: `A${pin}`, pin }));
const pins = [5, 6, 7, 10];
const buses = [{ name: 'i', bus: 'i2c0', data_pin: 8, clock_pin: 9 }];
const onBus = { i2c_bus: 'i' };

/** On an ESP32-C3: every model that it has, each captured by each of its methods once. */
const configurations: Record<string, object[]> = {
  'fourteen sensors': JSON.parse(fakeSensors(14)).components,
  'pins at one rate': [
    component(
      'b',
      'board/esp32',
      { analogs, pins },
      ...analogs.map(({ name }) => ({ method: 'Analogs', hertz: 50, parameters: { reader_name: name } })),
      ...pins.map((pin) => ({ method: 'Gpios', hertz: 50, parameters: { pin_name: String(pin) } })),
    ),
  ],
  'pins at rates of their own': [
    component(
      'b',
      'board/esp32',
      { analogs, pins },
      ...analogs.map(({ name, pin }) => ({
        method: 'Analogs',
        hertz: 20 + pin,
        parameters: { reader_name: name },
      })),
    ),
  ],
  'chips on a bus': [
    component('b', 'board/esp32', { i2cs: buses, analogs }),
    component('bme', 'sensor/bme280', onBus, readings),
    component('mpu', 'movement_sensor/gyro-mpu6050', onBus, readings, { method: 'AngularVelocity' }),
    component('adxl', 'movement_sensor/accel-adxl345', onBus, { method: 'LinearAcceleration' }),
    component('tmp', 'sensor/tmp36', { analog_reader: 'A0' }, readings),
    component('rssi', 'sensor/wifi-rssi', {}, readings),
  ],
  'what moves': [
    component('arm', 'arm/fake', {}, { method: 'EndPosition' }, { method: 'JointPositions' }),
    component('gantry', 'gantry/fake', {}, { method: 'Position' }, { method: 'Lengths' }),
    component('motor', 'motor/fake', {}, { method: 'Position' }, { method: 'IsPowered' }),
    component('encoder', 'encoder/fake', {}, { method: 'TicksCount' }),
    component('servo', 'servo/fake', {}, { method: 'Position' }),
    component('power', 'power_sensor/fake', {}, readings),
  ],
  'a movement sensor by all its methods': [
    component(
      'movement',
      'movement_sensor/fake',
      {},
      ...[
        'AngularVelocity',
        'CompassHeading',
        'LinearAcceleration',
        'LinearVelocity',
        'Orientation',
        'Position',
        'Readings',
      ].map((method) => ({ method })),
    ),
  ],
};

test.each(Object.keys(configurations))(
  'the engine accounts for no more than is reckoned of %s, and not for much less',
  async (name) => {
    const text = configurationOf(configurations[name]!);
    const budget = budgetOf('esp32c3');
    const plan = parsePart(text, undefined, undefined, budget);
    expect(plan.problems).toEqual([]);
    const { exits, report, streams } = await runConfigurations('esp32c3', [text]);
    expect(exits).toEqual([]);
    expect(streams).toHaveLength(plan.collectors.length);
    const reckoned = slotBytes * budget.slots + budget.chunks;
    const used = slotBytes * report.slots.current + report.chunks.current;
    console.log(`${name}: ${used} B live, ${reckoned} B reckoned`);
    expect(used).toBeLessThanOrEqual(reckoned);
    expect(used).toBeGreaterThan(0.8 * reckoned);
  },
  60_000,
);

test.each([
  { texts: 7, characters: 61 },
  { texts: 3, characters: 140 },
  { texts: 1, characters: 255 },
  { texts: 2, characters: 255 },
])(
  'records of long texts take no more than is reckoned of a model of one’s own: $texts of $characters characters',
  async ({ texts, characters }) => {
    const names = Array.from({ length: 8 }, (_, index) => `s${index}`);
    const text = configurationOf(
      names.map((name) => component(name, 'sensor/texts', { texts, characters }, readings)),
    );
    const budget = budgetOf('esp32c3');
    const plan = parsePart(text, undefined, undefined, budget);
    const { exits, report, streams } = await runConfigurations('esp32c3', [text], {
      firmware: textFirmware(),
    });
    expect(exits).toEqual([]);
    expect(streams).toHaveLength(plan.collectors.length);
    const reckoned = slotBytes * budget.slots + budget.chunks;
    const used = slotBytes * report.slots.current + report.chunks.current;
    console.log(
      `${texts} texts of ${characters}: ${streams.length} streams, ${used} B live, ${reckoned} B reckoned`,
    );
    expect(used).toBeLessThanOrEqual(reckoned);
  },
  60_000,
);

test('every model of the registry has its cost', () => {
  const registry = readFileSync(join(root, 'modules/resources/registry.ts'), 'utf8');
  const names = [...registry.matchAll(/'rdk:component:([^']+)'/g)].map(([, name]) => name!);
  expect([...modelNames].sort()).toEqual(names.sort());
});

/** A C3 without the memory of the open TLS session that is there while a configuration is read: the link here has none. */
const withoutSession = 94_208 - slotBytes * secureCost.slots - secureCost.chunks;

test.each([
  { chip: 'esp32' as const, least: 22 },
  { chip: 'esp32s3' as const, least: 22 },
  { chip: 'esp32c3' as const, least: 9, arena: withoutSession },
])(
  'of forty sensors as many as fit run on an $chip, also when a small configuration grows to them',
  async ({ chip, least, arena }) => {
    const plan = parsePart(fakeSensors(40), undefined, undefined, budgetOf(chip));
    expect(plan.collectors.length).toBeGreaterThanOrEqual(least);
    const conditions = { minutes: 2, ...(arena && { arena }) };
    for (const texts of [
      [fakeSensors(40)],
      [fakeSensors(4), fakeSensors(40), fakeSensors(4), fakeSensors(40)],
    ]) {
      const { exits, streams, problems } = await runConfigurations(chip, texts, conditions);
      expect(exits).toEqual([]);
      const running = streams.filter(({ captured }) => captured > 60);
      expect(running.length).toBeGreaterThanOrEqual(plan.collectors.length);
      expect(problems).toContain(
        `no-memory at components[${plan.collectors.length}].service_configs[0].attributes.capture_methods[0].method`,
      );
    }
  },
  120_000,
);

test.each([
  { sensors: 1, refused: false },
  { sensors: 8, refused: true },
])(
  'records of 20 short texts by $sensors sensors are refused and counted, as the memory is: $refused',
  async ({ sensors, refused }) => {
    const attributes = { texts: 20, characters: 2 };
    const names = Array.from({ length: sensors }, (_, index) => `s${index}`);
    const text = configurationOf([
      component('pin', 'board/esp32', { pins: [4] }, { method: 'Gpios', parameters: { pin_name: '4' } }),
      ...names.map((name) => component(name, 'sensor/texts', attributes, readings)),
    ]);
    const { exits, streams } = await runConfigurations('esp32c3', [text], { firmware: textFirmware() });
    expect(exits).toEqual([]);
    const [pin, ...records] = streams;
    expect(pin!.captured).toBeGreaterThan(100);
    expect(records.length).toBeGreaterThan(sensors / 2);
    expect(records.map((stream) => stream.refused > 0)).toEqual(records.map(() => refused));
  },
  60_000,
);
