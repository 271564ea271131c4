/**
 * `sensor`/`bme280`: temperature, humidity and pressure over I²C. Attributes: `i2c_bus`, `i2c_address` (0x77 by default,
 * or 0x76), `board`. Registers and compensation: Bosch BME280 data sheet, BST-BME280-DS002, sections 4.2.3, 5.3 and 8.1.
 */

import type { DriverContext } from '../driver';
import { checkIdentity, openChip, PowerLost, type RegisterDevice, signed16 } from '../i2c/register-device';
import { NothingToRead } from '../reading';
import { type Resource, type Source, sourceOf } from '../source';

const identityRegister = 0xd0;
/** From here on: its settings and their status, then what it measures. */
const humidityControlRegister = 0xf2;
const controlRegister = 0xf4;
const configurationRegister = 0xf5;
/** Each quantity once a conversion, one conversion every 10 ms + 8 ms, no filter. */
const humidityOnce = 0b001;
const othersOnceAlways = 0b001_001_11;
const tenMillisecondPause = 0b110_000_00;
/** What pressure and temperature read as until the first conversion is done. */
const nothingYet = 0x80000;

export default function build(context: DriverContext): Resource {
  const { attributes } = context;
  const address = attributes.number('i2c_address', { minimum: 0x76, maximum: 0x77, whole: true }) ?? 0x77;
  return openChip(context, address, (device) => {
    return new Bme280(device);
  });
}

class Bme280 implements Resource {
  private readonly device: RegisterDevice;
  private readonly bytes = new Uint8Array(13);
  private readonly record = { temperature_celsius: 0, relative_humidity_pct: 0, pressure_mpa: 0 };
  /** T1…T3, P1…P9, H1…H6 of the data sheet. */
  private t!: number[];
  private p!: number[];
  private h!: number[];

  constructor(device: RegisterDevice) {
    this.device = device;
    this.setUp();
  }

  source(): Source {
    return sourceOf('record', this);
  }

  /** Of the chip that is there now. */
  private setUp(): void {
    const { device } = this;
    checkIdentity(device, identityRegister, 0x60, 'BME280');
    const low = new Uint8Array(26);
    const high = new Uint8Array(7);
    device.read(0x88, low);
    device.read(0xe1, high);
    const word = (index: number) => low[2 * index] | (low[2 * index + 1] << 8);
    const signed = (index: number) => signed16(low[2 * index + 1], low[2 * index]);
    this.t = [word(0), signed(1), signed(2)];
    this.p = [word(3), ...[4, 5, 6, 7, 8, 9, 10, 11].map(signed)];
    const h4 = (signed16(high[3], 0) >> 4) | (high[4] & 0x0f);
    const h5 = (signed16(high[5], 0) >> 4) | (high[4] >> 4);
    this.h = [low[25], signed16(high[1], high[0]), high[2], h4, h5, (high[6] << 24) >> 24];
    device.write(humidityControlRegister, humidityOnce);
    device.write(configurationRegister, tenMillisecondPause);
    device.write(controlRegister, othersOnceAlways);
  }

  read(): object {
    const { bytes, record, t, p, h } = this;
    this.device.read(humidityControlRegister, bytes);
    if (bytes[0] !== humidityOnce || bytes[2] !== othersOnceAlways || bytes[3] !== tenMillisecondPause) {
      this.setUp();
      throw new PowerLost();
    }
    const rawPressure = (bytes[5] << 12) | (bytes[6] << 4) | (bytes[7] >> 4);
    const rawTemperature = (bytes[8] << 12) | (bytes[9] << 4) | (bytes[10] >> 4);
    const rawHumidity = (bytes[11] << 8) | bytes[12];
    if (rawTemperature === nothingYet) throw new NothingToRead('no measurement yet');

    const coarse = (rawTemperature / 16384 - t[0] / 1024) * t[1];
    const difference = rawTemperature / 131072 - t[0] / 8192;
    const fine = coarse + difference * difference * t[2];

    let a = fine / 2 - 64000;
    let b = (a * a * p[5]) / 32768 + a * p[4] * 2;
    b = b / 4 + p[3] * 65536;
    a = (1 + ((p[2] * a * a) / 524288 + p[1] * a) / 524288 / 32768) * p[0];
    let pressure = 0;
    if (a !== 0) {
      pressure = ((1048576 - rawPressure - b / 4096) * 6250) / a;
      pressure += ((p[8] * pressure * pressure) / 2147483648 + (pressure * p[7]) / 32768 + p[6]) / 16;
    }

    const x = fine - 76800;
    let humidity = rawHumidity - (h[3] * 64 + (h[4] / 16384) * x);
    humidity *= (h[1] / 65536) * (1 + (h[5] / 67108864) * x * (1 + (h[2] / 67108864) * x));
    humidity *= 1 - (h[0] * humidity) / 524288;

    // To the chip's resolution: more digits would be noise, and dear to store.
    record.temperature_celsius = Math.round(fine / 51.2) / 100;
    record.pressure_mpa = Math.round(pressure * 10) / 10_000_000;
    record.relative_humidity_pct = Math.round(Math.max(0, Math.min(100, humidity)) * 100) / 100;
    return record;
  }

  close(): void {
    this.device.close();
  }
}
