import { afterEach, beforeEach, expect, test } from 'vitest';
import { RegisterChip, SimulatedBus } from '../../host-sim/bus/simulated-bus';
import { captured, ResourceDevice } from './test-device.node';

/** Two bytes, low first: how Bosch stores calibration. */
const little = (...values: number[]) => values.flatMap((value) => [value & 0xff, (value >> 8) & 0xff]);
const big = (...values: number[]) => values.flatMap((value) => [(value >> 8) & 0xff, value & 0xff]);

/**
 * The worked example of the BMP280 data sheet (section 3.12), whose temperature and pressure the BME280 shares:
 * 25.08 °C and 100,653.27 Pa. Humidity: calibration of a real chip.
 */
const bme280 = new RegisterChip(
  {
    136: little(27504, 26435, -1000, 36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000),
    161: 75,
    208: 0x60,
    // H2 = 361, H3 = 0, H4 = 324, H5 = 50, H6 = 30
    225: [...little(361), 0, 324 >> 4, (324 & 0x0f) | ((50 & 0x0f) << 4), 50 >> 4, 30],
    247: [
      (415148 >> 12) & 0xff,
      (415148 >> 4) & 0xff,
      (415148 << 4) & 0xff,
      519888 >> 12,
      (519888 >> 4) & 0xff,
      (519888 << 4) & 0xff,
      ...big(31000),
    ],
  },
  undefined,
);

const mpu6050 = new RegisterChip({
  117: 0x68,
  107: 0x40,
  59: big(16384, -8192, 4096, -3920, 131, -262, 13100),
});
const adxl345 = new RegisterChip({ 0: 0xe5, 50: little(256, -128, 64) });
/** Typical application of the INA219 data sheet (section 8.5.1.1): 2 mΩ, 1 mA a count: 11.98 V, 10 A, 119.8 W. */
class Ina219 {
  readonly registers = new Map([
    [0x02, 0x5d98],
    [0x03, 0x1766],
    [0x04, 0x2710],
  ]);
  #pointer = 0;
  write(bytes: Uint8Array): boolean {
    this.#pointer = bytes[0];
    if (bytes.length === 3) this.registers.set(this.#pointer, (bytes[1] << 8) | bytes[2]);
    return true;
  }
  read(): Uint8Array {
    return Uint8Array.from(big(this.registers.get(this.#pointer) ?? 0));
  }
}
const ina219 = new Ina219();

const bus = new SimulatedBus([
  { address: 0x77, chip: bme280 },
  { address: 0x68, chip: mpu6050 },
  { address: 0x53, chip: adxl345 },
  { address: 0x40, chip: ina219 },
]);

function loseRegisters({ registers }: RegisterChip, ...which: number[]): void {
  for (const register of which) registers[register] = 0;
}

/** @returns what makes the chips measure as now, once their drivers have set them up */
function snapshot(): () => void {
  const measured: [RegisterChip, number, number][] = [
    [bme280, 0, 0],
    [mpu6050, 59, 14],
    [adxl345, 50, 6],
  ];
  const kept = measured.map(([chip, from, count]) => chip.registers.slice(from, from + count));
  const [power, current] = [3, 4].map((register) => ina219.registers.get(register)!);
  return () => {
    measured.forEach(([chip, from], index) => {
      chip.registers.set(kept[index]!, from);
    });
    ina219.registers.set(3, power!).set(4, current!);
  };
}

let device: ResourceDevice;
beforeEach(async () => {
  device = await ResourceDevice.start({ network: { attach: (attached) => bus.attach(attached) } });
});
afterEach(() => device.close());

const board = {
  name: 'b',
  type: 'board',
  model: 'esp32',
  attributes: { i2cs: [{ name: 'i', bus: 'i2c0', data_pin: 21, clock_pin: 22 }] },
};

async function read(component: { type: string; model: string; attributes?: object }, ...methods: string[]) {
  const attributes = { i2c_bus: 'i', ...component.attributes };
  const { problems } = await device.configure([
    board,
    captured({ name: 'c', ...component, attributes }, ...methods.map((method): [string] => [method])),
  ]);
  expect(problems).toEqual([]);
  return device.read(1);
}

/** The humidity formula of the BME280 data sheet in 32-bit whole numbers (section 4.2.3), as a second opinion. */
function humidityInIntegers(raw: number, fine: number): number {
  const [h1, h2, h3, h4, h5, h6] = [75, 361, 0, 324, 50, 30].map(BigInt);
  let v = BigInt(fine) - 76800n;
  v =
    (((BigInt(raw) << 14n) - (h4 << 20n) - h5 * v + 16384n) >> 15n) *
    (((((((v * h6) >> 10n) * (((v * h3) >> 11n) + 32768n)) >> 10n) + 2097152n) * h2 + 8192n) >> 14n);
  v -= ((((v >> 15n) * (v >> 15n)) >> 7n) * h1) >> 4n;
  return Number(v >> 12n) / 1024;
}

test('a BME280 with the calibration of the data sheet’s example reads its 25.08 °C and 100,653 Pa', async () => {
  const [reading] = await read({ type: 'sensor', model: 'bme280' }, 'Readings');
  const { temperature_celsius, pressure_mpa, relative_humidity_pct } = reading.value as Record<
    string,
    number
  >;
  expect(temperature_celsius).toBe(25.08);
  expect(pressure_mpa * 1e6).toBeCloseTo(100_653.3, 0);
  expect(relative_humidity_pct).toBeCloseTo(humidityInIntegers(31000, 128422), 1);
  // Every quantity once, normal mode.
  expect([bme280.registers[0xf2], bme280.registers[0xf4]]).toEqual([1, 0b001_001_11]);
});

test('an MPU-6050 reads g and degrees a second in its ranges after reset, and sleeps when it is closed', async () => {
  const readings = await read(
    { type: 'movement_sensor', model: 'gyro-mpu6050' },
    'LinearAcceleration',
    'AngularVelocity',
    'Readings',
  );
  expect(readings[0].value).toEqual({ x: 9.80665, y: -4.903325, z: 2.4516625 });
  expect(readings[1].value).toEqual({ x: 1, y: -2, z: 100 });
  expect(readings[2].value).toEqual({
    angular_velocity: { x: 1, y: -2, z: 100 },
    linear_acceleration: { x: 9.80665, y: -4.903325, z: 2.4516625 },
    temperature_celsius: 25,
  });
  expect(mpu6050.registers[0x6b]).toBe(0);
  await device.closeResources();
  expect(mpu6050.registers[0x6b]).toBe(0x40);
});

test('an ADXL345 reads 256 counts a g in full resolution, and stands by when it is closed', async () => {
  const [reading] = await read({ type: 'movement_sensor', model: 'accel-adxl345' }, 'LinearAcceleration');
  expect(reading.value).toEqual({ x: 9.80665, y: -4.903325, z: 2.4516625 });
  expect([adxl345.registers[0x31], adxl345.registers[0x2d]]).toEqual([8, 8]);
  await device.closeResources();
  expect(adxl345.registers[0x2d]).toBe(0);
});

test('an INA219 with the shunt of the data sheet’s example reads its 11.98 V, 10 A and 119.8 W', async () => {
  const attributes = { max_current_amps: 32.768, shunt_resistance: 0.002 };
  const [reading] = await read({ type: 'power_sensor', model: 'ina219', attributes }, 'Readings');
  const { volts, amps, watts, is_ac } = reading.value as Record<string, number>;
  expect([volts, is_ac]).toEqual([11.98, false]);
  expect(amps).toBeCloseTo(10, 9);
  expect(watts).toBeCloseTo(119.8, 9);
  expect(ina219.registers.get(0x05)).toBe(0x5000);
});

test('an INA219 that overflows fails its readings instead of telling wrong amps', async () => {
  ina219.registers.set(0x02, 0x5d99);
  const [reading] = await read({ type: 'power_sensor', model: 'ina219' }, 'Readings');
  ina219.registers.set(0x02, 0x5d98);
  expect(reading.error).toBe('the current is above max_current_amps');
});

test('a chip that is absent, or another than configured, is reported when it is built, and the bus stays free', async () => {
  adxl345.registers[0] = 0x11;
  const { problems } = await device.configure([
    board,
    { name: 'absent', type: 'sensor', model: 'bme280', attributes: { i2c_bus: 'i', i2c_address: '0x76' } },
    { name: 'gone', type: 'sensor', model: 'bme280', attributes: { i2c_bus: 'i', i2c_address: 118 } },
    { name: 'other', type: 'movement_sensor', model: 'accel-adxl345', attributes: { i2c_bus: 'i' } },
    { name: 'nowhere', type: 'movement_sensor', model: 'gyro-mpu6050', attributes: { i2c_bus: 'j' } },
  ]);
  adxl345.registers[0] = 0xe5;
  expect(problems.map(({ path, message }) => `${path}: ${message}`)).toEqual([
    'components[1].attributes.i2c_address: must be a whole number, not "0x76"',
    'components[2]: gone: 0x76 of i: no chip answers',
    'components[3]: other: 0x53 of i: the chip is no ADXL345: it says 0x11',
    'components[4]: nowhere: no I²C bus "j": there is i',
  ]);
  const [reading] = await read({ type: 'movement_sensor', model: 'accel-adxl345' }, 'LinearAcceleration');
  expect(reading.error).toBeUndefined();
});

test('a chip that falls silent fails its readings, and reads again when it is back', async () => {
  await read({ type: 'movement_sensor', model: 'accel-adxl345' }, 'LinearAcceleration');
  adxl345.present = false;
  const [silent] = await device.read(1);
  adxl345.present = true;
  const [back] = await device.read(1);
  expect(silent.error).toBe('no chip answers');
  expect(back.error).toBeUndefined();
});

test.each([
  [
    'a BME280',
    { type: 'sensor', model: 'bme280' },
    'Readings',
    () => loseRegisters(bme280, 0xf2, 0xf4, 0xf5),
  ],
  [
    'an MPU-6050',
    { type: 'movement_sensor', model: 'gyro-mpu6050' },
    'Readings',
    () => {
      loseRegisters(mpu6050, ...Array.from({ length: 14 }, (_, index) => 59 + index));
      mpu6050.registers[0x6b] = 0x40;
    },
  ],
  [
    'an ADXL345',
    { type: 'movement_sensor', model: 'accel-adxl345' },
    'LinearAcceleration',
    () => loseRegisters(adxl345, 0x2d, 0x31, 50, 51, 52, 53, 54, 55),
  ],
  [
    'an INA219',
    { type: 'power_sensor', model: 'ina219' },
    'Readings',
    () => {
      for (const register of [3, 4, 5]) ina219.registers.set(register, 0);
    },
  ],
])(
  '%s whose power was lost is set up again, and only the reading that finds it fails',
  async (_, component, method, lose) => {
    const [before] = await read(component, method);
    const restore = snapshot();
    lose();
    const [found] = await device.read(1);
    restore();
    const [after] = await device.read(1);
    expect(found.error).toBe('the chip had lost its power, and is set up again');
    expect(after.error).toBeUndefined();
    expect(after.value).toEqual(before.value);
  },
);

test('an INA219 through which no current flows is not taken for one without power', async () => {
  const kept = new Map(ina219.registers);
  await read({ type: 'power_sensor', model: 'ina219' }, 'Readings');
  for (const register of [3, 4]) ina219.registers.set(register, 0);
  const [reading] = await device.read(1);
  for (const register of [3, 4]) ina219.registers.set(register, kept.get(register)!);
  expect(reading.value).toMatchObject({ volts: 11.98, amps: 0, watts: 0 });
});

test('a chip that holds the bus costs a failed read some milliseconds, not the SDK’s 400', async () => {
  const attributes = { i2c_bus: 'i' };
  await device.configure([
    board,
    captured({ name: 'c', type: 'movement_sensor', model: 'accel-adxl345', attributes }, [
      'LinearAcceleration',
    ]),
  ]);
  bus.held = true;
  const begun = device.device.now;
  const [reading] = await device.read(1);
  bus.held = false;
  const lasted = device.device.now - begun;
  expect(reading.error).toBe('no chip answers');
  expect(lasted).toBeGreaterThanOrEqual(10);
  expect(lasted).toBeLessThan(40);
  expect((await device.read(1))[0].value).toEqual({ x: 9.80665, y: -4.903325, z: 2.4516625 });
});
