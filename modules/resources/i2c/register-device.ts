import I2C from 'embedded:io/i2c';
import type { I2CBus } from '../apis';
import { type DriverContext, required } from '../driver';

/** Of the longest transfer of a driver, address and acknowledgements included. */
const longestTransferBits = 400;
/** ms for chips that stretch the clock. */
const longestStretch = 10;
/** The SDK has one error for a chip that does not acknowledge and for a bus that is held: `writeRead failed`. */
export const noAnswer = 'no chip answers';

/** A chip whose registers are read and written by their address in one byte, as most sensors are. */
export class RegisterDevice {
  private readonly io: I2C;
  /** Written before a read: which register. Kept, so that a read allocates nothing. */
  private readonly pointer = new Uint8Array(1);

  constructor(bus: I2CBus, address: number) {
    const { data, clock, hz, port } = bus;
    // The SDK waits 400 ms for a bus that a chip holds, and everything waits with it.
    const timeout = longestStretch + Math.ceil((longestTransferBits * 1000) / hz);
    this.io = new I2C({ data, clock, hz, address, timeout, ...(port !== undefined && { port }) });
  }

  /** Fills `into` from `register` on. Throws when the chip does not answer. */
  read(register: number, into: Uint8Array): void {
    this.pointer[0] = register;
    try {
      this.io.writeRead(this.pointer, into);
    } catch {
      throw new Error(noAnswer);
    }
  }

  readByte(register: number): number {
    const byte = new Uint8Array(1);
    this.read(register, byte);
    return byte[0];
  }

  write(register: number, ...bytes: number[]): void {
    try {
      this.io.write(Uint8Array.of(register, ...bytes));
    } catch {
      throw new Error(noAnswer);
    }
  }

  close(): void {
    this.io.close();
  }
}

/** Opens the chip on the bus that `i2c_bus` names; `setUp` may throw, and then nothing stays open, and the error says where. */
export function openChip<Chip>(
  context: DriverContext,
  address: number,
  setUp: (device: RegisterDevice) => Chip,
): Chip {
  const name = required(context.attributes.requiredString('i2c_bus'));
  const device = new RegisterDevice(context.board().i2c(name), address);
  try {
    return setUp(device);
  } catch (error) {
    device.close();
    throw new Error(`0x${address.toString(16)} of ${name}: ${(error as Error).message}`);
  }
}

/** Throws unless the chip names itself as the driver expects. */
export function checkIdentity(
  device: RegisterDevice,
  register: number,
  expected: number,
  name: string,
): void {
  const identity = device.readByte(register);
  if (identity !== expected) throw new Error(`the chip is no ${name}: it says 0x${identity.toString(16)}`);
}

/**
 * Whether there is nothing in it: what a chip measures that is not set up, as after its power was lost. A reading that
 * looks so is looked into.
 */
export function isBlank(bytes: Uint8Array): boolean {
  for (let index = 0; index < bytes.length; index++) if (bytes[index] !== 0) return false;
  return true;
}

/** A chip has lost its power, and with it how it was set up: it is again, and this reading fails. */
export class PowerLost extends Error {
  constructor() {
    super('the chip had lost its power, and is set up again');
  }
}

/** Two's complement of 16 bits. */
export function signed16(high: number, low: number): number {
  const value = (high << 8) | low;
  return value < 0x8000 ? value : value - 0x10000;
}
