/** The truth log: every read and write of a pin, as the host saw it (host-sim/xs/pins.c). */
import { readFileSync } from 'node:fs';

export interface Truth {
  length: number;
  /** ms of the clock. */
  time: Float64Array;
  /** −1: the read failed. */
  value: Int32Array;
  pin: Uint16Array;
  /** 1: the pin was written. */
  written: Uint8Array;
  boot: Uint16Array;
}

export function readTruth(path: string): Truth {
  const bytes = readFileSync(path);
  const length = Math.floor(bytes.length / 16);
  const truth: Truth = {
    length,
    time: new Float64Array(length),
    value: new Int32Array(length),
    pin: new Uint16Array(length),
    written: new Uint8Array(length),
    boot: new Uint16Array(length),
  };
  for (let index = 0, at = 0; index < length; index++, at += 16) {
    const pin = bytes.readUInt16LE(at + 12);
    truth.time[index] = bytes.readDoubleLE(at);
    truth.value[index] = bytes.readInt32LE(at + 8);
    truth.pin[index] = pin & 0x7fff;
    truth.written[index] = pin >> 15;
    truth.boot[index] = bytes.readUInt16LE(at + 14);
  }
  return truth;
}
