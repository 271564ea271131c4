/**
 * `movement_sensor`/`gyro-mpu6050`: AngularVelocity (degrees a second), LinearAcceleration (m/s²) and Readings with
 * both and the chip's temperature. Attributes: `i2c_bus`, `use_alt_i2c_address`, `board`. Registers: InvenSense
 * RM-MPU-6000A-00, revision 4.2.
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

const measurementRegister = 0x3b;
const powerRegister = 0x6b;
const sleepBit = 0x40;
const identityRegister = 0x75;
/** Counts a unit in the ranges after reset: ±2 g and ±250 °/s. */
const countsAGravity = 16384;
const countsADegree = 131;

export default function build(context: DriverContext): Resource {
  const alternative = context.attributes.boolean('use_alt_i2c_address') ?? false;
  return openChip(context, alternative ? 0x69 : 0x68, (device) => {
    setUp(device);
    return new Mpu6050(device);
  });
}

function setUp(device: RegisterDevice): void {
  // The register tells the address without its last bit, whatever the pin says.
  checkIdentity(device, identityRegister, 0x68, 'MPU-6050');
  device.write(powerRegister, 0);
}

class Mpu6050 implements Resource {
  private readonly device: RegisterDevice;
  /** Acceleration, temperature, rotation; two bytes each, high byte first. */
  private readonly bytes = new Uint8Array(14);
  private readonly rotation = { x: 0, y: 0, z: 0 };
  private readonly acceleration = { x: 0, y: 0, z: 0 };
  private readonly all = {
    angular_velocity: this.rotation,
    linear_acceleration: this.acceleration,
    temperature_celsius: 0,
  };

  constructor(device: RegisterDevice) {
    this.device = device;
  }

  source(method: string): Source {
    if (method === 'AngularVelocity') return sourceOf('record', { read: () => this.readRotation() });
    if (method === 'LinearAcceleration') return sourceOf('record', { read: () => this.readAcceleration() });
    if (method === 'Readings') return sourceOf('record', { read: () => this.readAll() });
    return unsupported(method, 'gyro-mpu6050');
  }

  close(): void {
    try {
      this.device.write(powerRegister, sleepBit);
    } catch {
      // A chip that does not answer needs no sleep.
    }
    this.device.close();
  }

  private measure(): void {
    const { bytes, device } = this;
    device.read(measurementRegister, bytes);
    if (isBlank(bytes) && device.readByte(powerRegister) !== 0) {
      setUp(device);
      throw new PowerLost();
    }
  }

  private readRotation(): object {
    this.measure();
    return this.takeRotation();
  }

  private readAcceleration(): object {
    this.measure();
    return this.takeAcceleration();
  }

  private readAll(): object {
    this.measure();
    this.takeRotation();
    this.takeAcceleration();
    this.all.temperature_celsius = Math.round((this.word(6) / 340 + 36.53) * 100) / 100;
    return this.all;
  }

  private takeRotation(): object {
    const { rotation } = this;
    rotation.x = this.word(8) / countsADegree;
    rotation.y = this.word(10) / countsADegree;
    rotation.z = this.word(12) / countsADegree;
    return rotation;
  }

  private takeAcceleration(): object {
    const { acceleration } = this;
    acceleration.x = (this.word(0) * standardGravity) / countsAGravity;
    acceleration.y = (this.word(2) * standardGravity) / countsAGravity;
    acceleration.z = (this.word(4) * standardGravity) / countsAGravity;
    return acceleration;
  }

  private word(index: number): number {
    return signed16(this.bytes[index], this.bytes[index + 1]);
  }
}
