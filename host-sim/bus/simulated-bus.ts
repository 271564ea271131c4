/**
 * The I2C buses of a simulated device: chips by their address, each what it answers to a write and a read.
 * In: transfers of `embedded:io/i2c`. Out: the chips' bytes. Holds: where no chip is, nobody answers.
 */
import { busChannel, i2cHeld, i2cOpen, i2cTransfer } from '../moddable/network/protocol';
import type { ChannelHandler, NetworkDevice } from '../network/types';

export interface Chip {
  /** What the master has written, without the address (nothing: it only probes); false: not acknowledged. */
  write(bytes: Uint8Array, now: number): boolean;
  /** `count` bytes from where the chip stands; undefined: not acknowledged. */
  read(count: number, now: number): Uint8Array | undefined;
}

export interface ChipPlace {
  address: number;
  /** Only on the bus of these pins; by default on every bus of the device. */
  data?: number;
  clock?: number;
  chip: Chip;
}

export class SimulatedBus implements ChannelHandler {
  /** A chip holds the data line low, on every bus of the device. */
  held = false;
  #clock = () => 0;
  readonly #places: readonly ChipPlace[];

  constructor(places: readonly ChipPlace[]) {
    this.#places = places;
  }

  attach(device: NetworkDevice): void {
    this.#clock = () => device.clock.now();
    device.channel(busChannel, this);
  }

  call(request: Uint8Array): Uint8Array | undefined {
    if (request[0] === i2cOpen) return undefined;
    if (request[0] !== i2cTransfer) throw new Error(`I2C: unknown call ${request[0]}`);
    if (this.held) return Uint8Array.of(i2cHeld);
    const [, data, clock, address, low, high] = request;
    const count = low! | (high! << 8);
    const written = request.subarray(6);
    const place = this.#places.find(
      (each) =>
        each.address === address &&
        (each.data === undefined || each.data === data) &&
        (each.clock === undefined || each.clock === clock),
    );
    if (!place) return undefined;
    const now = this.#clock();
    if ((written.byteLength > 0 || count === 0) && !place.chip.write(Uint8Array.from(written), now))
      return undefined;
    const read = count > 0 ? place.chip.read(count, now) : new Uint8Array(0);
    return read && Uint8Array.of(1, ...read);
  }
}

/** Several that attach to a device, as one for its `network` option. */
export function together(
  ...parts: { attach(device: NetworkDevice): void; detach?(device: NetworkDevice): void }[]
) {
  return {
    attach(device: NetworkDevice): void {
      for (const part of parts) part.attach(device);
    },
    detach(device: NetworkDevice): void {
      for (const part of parts) part.detach?.(device);
    },
  };
}

/**
 * A chip of 8-bit registers behind a pointer that the first written byte sets and every byte moves on, as most
 * sensors are. `refresh` fills in what changes with time before each read.
 */
export class RegisterChip implements Chip {
  readonly registers = new Uint8Array(256);
  /** Set to let the chip fall silent. */
  present = true;
  #pointer = 0;
  readonly #refresh?: (registers: Uint8Array, now: number) => void;
  readonly #readOnly: ReadonlySet<number>;

  constructor(
    initial: Readonly<Record<number, number | readonly number[]>> = {},
    refresh?: (registers: Uint8Array, now: number) => void,
    /** Registers that ignore writes. */
    readOnly: ReadonlySet<number> = new Set(),
  ) {
    this.#refresh = refresh;
    this.#readOnly = readOnly;
    for (const [register, value] of Object.entries(initial)) {
      this.registers.set(typeof value === 'number' ? [value] : value, Number(register));
    }
  }

  write(bytes: Uint8Array): boolean {
    if (!this.present) return false;
    this.#pointer = bytes[0] ?? this.#pointer;
    for (const byte of bytes.subarray(1)) {
      if (!this.#readOnly.has(this.#pointer)) this.registers[this.#pointer] = byte;
      this.#pointer = (this.#pointer + 1) & 0xff;
    }
    return true;
  }

  read(count: number, now: number): Uint8Array | undefined {
    if (!this.present) return undefined;
    this.#refresh?.(this.registers, now);
    const bytes = new Uint8Array(count);
    for (let index = 0; index < count; index += 1) {
      bytes[index] = this.registers[this.#pointer]!;
      this.#pointer = (this.#pointer + 1) & 0xff;
    }
    return bytes;
  }
}
