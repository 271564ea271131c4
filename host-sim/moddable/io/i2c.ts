/**
 * `embedded:io/i2c`: the bus and what answers on it are served by the parent, host-sim/bus. A transfer on a bus that is
 * held takes its whole timeout, during which nothing else runs.
 */
import { i2cBuses } from 'sim/board';
import { call } from 'sim/bridge';
import { busChannel, i2cHeld, i2cOpen, i2cTransfer } from 'sim/network/protocol';
import Timer from 'timer';
import { claim, release } from './pin-table';

interface Options {
  data: number;
  clock: number;
  address: number;
  hz: number;
  port?: number;
  timeout?: number;
  pullup?: boolean;
  format?: string;
  target?: unknown;
}

/** Milliseconds of a probe, whatever the options say. */
const probeTimeout = 1_000;

let open: I2C[] | undefined;

class I2C {
  target?: unknown;
  #data: number;
  #clock: number;
  #address: number;
  #timeout: number;
  #closed = false;

  constructor(options: Options) {
    const { data, clock, address, hz, port, timeout } = options;
    if (data === undefined) throw new RangeError('data required');
    if (clock === undefined) throw new RangeError('clock required');
    if (address === undefined) throw new RangeError('address required');
    if (!(address >= 0 && address <= 127)) throw new RangeError('invalid address');
    if (!(hz > 0 && hz <= 20_000_000)) throw new RangeError('invalid hz');
    if (timeout !== undefined && timeout < -1) throw new RangeError('invalid timeout');
    if (port !== undefined && !(port >= 0 && port < i2cBuses)) throw new RangeError('invalid port');
    if (options.format !== undefined && options.format !== 'buffer') throw new RangeError('invalid format');
    open ??= [];
    const sharing = open.filter((each) => each.#data === data && each.#clock === clock);
    if (sharing.some((each) => each.#address === address)) throw new RangeError('duplicate address');
    if (sharing.length === 0) {
      const buses = new Set(open.map((each) => each.#data));
      if (buses.size === i2cBuses) throw new Error("can't create bus");
      claim(data, 'output');
      claim(clock, 'output');
    }
    this.#data = data;
    this.#clock = clock;
    this.#address = address;
    this.#timeout = timeout ?? 400;
    const request = new DataView(new ArrayBuffer(8));
    this.#head(request, i2cOpen);
    request.setUint32(4, hz, true);
    call(busChannel, request.buffer);
    if ('target' in options) this.target = options.target;
    open.push(this);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    open = open!.filter((each) => each !== this);
    if (open.some((each) => each.#data === this.#data && each.#clock === this.#clock)) return;
    release(this.#data);
    release(this.#clock);
  }

  read(count: number | ByteBuffer): ArrayBuffer | number {
    return this.#receive(undefined, count, 'read failed');
  }

  write(buffer: ByteBuffer): number | undefined {
    if (buffer.byteLength === 0) {
      return this.#transfer(buffer, 0) === undefined ? 1 : undefined;
    }
    if (this.#transfer(buffer, 0) === undefined) throw new Error('write failed');
    return undefined;
  }

  writeRead(buffer: ByteBuffer, count: number | ByteBuffer): ArrayBuffer | number {
    return this.#receive(buffer, count, 'writeRead failed');
  }

  get format(): string {
    return 'buffer';
  }

  set format(value: string) {
    if (value !== 'buffer') throw new RangeError('format');
  }

  #receive(
    buffer: ByteBuffer | undefined,
    count: number | ByteBuffer,
    failure: string,
  ): ArrayBuffer | number {
    const length = typeof count === 'number' ? count : count.byteLength;
    const bytes = this.#transfer(buffer, length);
    if (bytes === undefined) throw new Error(failure);
    if (typeof count === 'number') return bytes;
    const into = ArrayBuffer.isView(count)
      ? new Uint8Array(count.buffer, count.byteOffset, length)
      : new Uint8Array(count);
    into.set(new Uint8Array(bytes));
    return length;
  }

  /** Undefined when nobody answers. The first byte of the reply says whether the bus is held. */
  #transfer(buffer: ByteBuffer | undefined, count: number): ArrayBuffer | undefined {
    if (this.#closed) throw new SyntaxError('invalid');
    const head = new DataView(new ArrayBuffer(6));
    this.#head(head, i2cTransfer);
    head.setUint16(4, count, true);
    const reply = call(busChannel, buffer ? head.buffer.concat(wholeBuffer(buffer)) : head.buffer);
    if (reply.byteLength === 0) return undefined;
    if (new Uint8Array(reply)[0] !== i2cHeld) return reply.slice(1);
    Timer.delay(count === 0 && buffer?.byteLength === 0 ? probeTimeout : this.#timeout);
    return undefined;
  }

  #head(request: DataView, what: number): void {
    request.setUint8(0, what);
    request.setUint8(1, this.#data);
    request.setUint8(2, this.#clock);
    request.setUint8(3, this.#address);
  }
}

function wholeBuffer(data: ByteBuffer): ArrayBuffer {
  if (!ArrayBuffer.isView(data)) return data;
  return data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength) as ArrayBuffer;
}

export default I2C;
