/**
 * `power_sensor`/`ina219`: volts on the bus, amps through the shunt, watts. Attributes as micro-rdk has them: `i2c_bus`,
 * `i2c_address` (0x40 by default), `max_current_amps` 3.2, `shunt_resistance` 0.1 Ω, `board`. Registers and scales:
 * Texas Instruments INA219 data sheet, SBOS448G, sections 8.5 and 8.6.
 */

import { type DriverContext, required } from '../driver';
import { openChip, PowerLost, type RegisterDevice, signed16 } from '../i2c/register-device';
import { type Resource, type Source, sourceOf } from '../source';

const configurationRegister = 0x00;
const busVoltageRegister = 0x02;
const powerRegister = 0x03;
const currentRegister = 0x04;
const calibrationRegister = 0x05;
/** 32 V, ±320 mV, 12 bits, shunt and bus without end: the chip's own state after reset. */
const continuousMode = 0x399f;
const voltsACount = 0.004;
/** Bit 0 of the calibration is void. */
const calibrationBits = 0xfffe;
/** The fixed number of equation 1. */
const calibrationScale = 0.04096;

export default function build(context: DriverContext): Resource {
  const { attributes } = context;
  const address = attributes.number('i2c_address', { minimum: 0x40, maximum: 0x4f, whole: true }) ?? 0x40;
  const maximum = attributes.number('max_current_amps', { minimum: 0.001, maximum: 1000 }) ?? 3.2;
  const shunt = attributes.number('shunt_resistance', { minimum: 0.000_001, maximum: 1000 }) ?? 0.1;
  const ampsACount = maximum / 32768;
  const calibration = Math.trunc(calibrationScale / (ampsACount * shunt) + 1e-9);
  if (calibration < 1 || calibration > 0xfffe)
    required(
      attributes.error('out-of-range', 'max_current_amps', 'cannot be measured with this shunt_resistance'),
    );
  return openChip(context, address, (device) => {
    setUp(device, calibration);
    return new Ina219(device, ampsACount, calibration);
  });
}

function setUp(device: RegisterDevice, calibration: number): void {
  device.write(calibrationRegister, calibration >> 8, calibration & 0xff);
  device.write(configurationRegister, continuousMode >> 8, continuousMode & 0xff);
}

class Ina219 implements Resource {
  private readonly device: RegisterDevice;
  private readonly ampsACount: number;
  private readonly calibration: number;
  private readonly bytes = new Uint8Array(2);
  private readonly record = { volts: 0, amps: 0, is_ac: false, watts: 0 };

  constructor(device: RegisterDevice, ampsACount: number, calibration: number) {
    this.device = device;
    this.ampsACount = ampsACount;
    this.calibration = calibration;
  }

  source(): Source {
    return sourceOf('record', this);
  }

  read(): object {
    const { calibration, device, record, ampsACount } = this;
    const bus = this.register(busVoltageRegister);
    // Bit 0 says that current and power have overflowed.
    if (bus & 1) throw new Error('the current is above max_current_amps');
    const current = this.register(currentRegister);
    // Without calibration, as after its power was lost, no current flows by it.
    if (
      current === 0 &&
      (this.register(calibrationRegister) & calibrationBits) !== (calibration & calibrationBits)
    ) {
      setUp(device, calibration);
      throw new PowerLost();
    }
    record.volts = Math.round((bus >> 3) * voltsACount * 1000) / 1000;
    record.amps = signed16(0, current) * ampsACount;
    record.watts = this.register(powerRegister) * 20 * ampsACount;
    return record;
  }

  close(): void {
    this.device.close();
  }

  private register(register: number): number {
    const { bytes } = this;
    this.device.read(register, bytes);
    return (bytes[0] << 8) | bytes[1];
  }
}
