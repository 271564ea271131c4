/**
 * `movement_sensor`/`accel-adxl345`: LinearAcceleration in m/s², as Viam's API has it (micro-rdk gives mm/s²).
 * Attributes: `i2c_bus`, `use_alt_i2c_address`, `board`. Registers: Analog Devices ADXL345 data sheet, rev. G.
 */

import type { DriverContext } from '../driver';
import {
  checkIdentity,
  isBlank,
  openChip,
  PowerLost,
  type RegisterDevice,
  signed16,
} from '../i2c/register-device';
import { type Resource, type Source, sourceOf, unsupported } from '../source';
import { standardGravity } from './vector';

const identityRegister = 0x00;
const powerRegister = 0x2d;
const measureBit = 0x08;
const formatRegister = 0x31;
const fullResolution = 0x08;
const measurementRegister = 0x32;
/** In full resolution, 3.9 mg a count. */
const countsAGravity = 256;

export default function build(context: DriverContext): Resource {
  const alternative = context.attributes.boolean('use_alt_i2c_address') ?? false;
  return openChip(context, alternative ? 0x1d : 0x53, (device) => {
    setUp(device);
    return new Adxl345(device);
  });
}

function setUp(device: RegisterDevice): void {
  checkIdentity(device, identityRegister, 0xe5, 'ADXL345');
  device.write(formatRegister, fullResolution);
  device.write(powerRegister, measureBit);
}

class Adxl345 implements Resource {
  private readonly device: RegisterDevice;
  private readonly bytes = new Uint8Array(6);
  private readonly record = { x: 0, y: 0, z: 0 };
  private readonly all = { linear_acceleration: this.record };

  constructor(device: RegisterDevice) {
    this.device = device;
  }

  source(method: string): Source {
    if (method === 'LinearAcceleration') return sourceOf('record', this);
    if (method === 'Readings') return sourceOf('record', { read: () => this.readAll() });
    return unsupported(method, 'accel-adxl345');
  }

  read(): object {
    const { bytes, device, record } = this;
    device.read(measurementRegister, bytes);
    if (isBlank(bytes) && device.readByte(powerRegister) !== measureBit) {
      setUp(device);
      throw new PowerLost();
    }
    record.x = (signed16(bytes[1], bytes[0]) * standardGravity) / countsAGravity;
    record.y = (signed16(bytes[3], bytes[2]) * standardGravity) / countsAGravity;
    record.z = (signed16(bytes[5], bytes[4]) * standardGravity) / countsAGravity;
    return record;
  }

  private readAll(): object {
    this.read();
    return this.all;
  }

  close(): void {
    try {
      this.device.write(powerRegister, 0);
    } catch {
      // A chip that does not answer needs no sleep.
    }
    this.device.close();
  }
}
