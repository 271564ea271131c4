/** `crypt`: the digest that the firmware uses, SHA-256 (FIPS 180-4). Native on a board, plain code here. */

const blockSize = 64;
const lengthAt = 56;

/** First 32 bits of the fractional parts of the cube roots of the first 64 primes (FIPS 180-4, 4.2.2). */
const roundConstants = Object.freeze([
  0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98,
  0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786,
  0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8,
  0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13,
  0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85, 0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819,
  0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a,
  0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7,
  0xc67178f2,
]);

const initialState = Object.freeze([
  0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19,
]);

export class Digest {
  #state = new Int32Array(8);
  #schedule = new Int32Array(64);
  #block = new Uint8Array(blockSize);
  #filled = 0;
  #length = 0;

  constructor(type: string) {
    if (type !== 'SHA256') throw new Error('crypt: unsupported digest');
    this.reset();
  }

  get blockSize(): number {
    return blockSize;
  }

  get outputSize(): number {
    return 32;
  }

  reset(): void {
    for (let index = 0; index < 8; index += 1) this.#state[index] = initialState[index]!;
    this.#filled = this.#length = 0;
  }

  write(data: string | ByteBuffer): void {
    const bytes = viewOf(data);
    this.#length += bytes.length;
    for (let index = 0; index < bytes.length; index += 1) this.#append(bytes[index]!);
  }

  close(): ArrayBuffer {
    const bits = this.#length * 8;
    this.#append(0x80);
    while (this.#filled !== lengthAt) this.#append(0);
    const high = Math.floor(bits / 4_294_967_296);
    for (let shift = 24; shift >= 0; shift -= 8) this.#append(high >>> shift);
    for (let shift = 24; shift >= 0; shift -= 8) this.#append(bits >>> shift);
    const digest = new DataView(new ArrayBuffer(32));
    for (let index = 0; index < 8; index += 1) digest.setInt32(index * 4, this.#state[index]!);
    return digest.buffer;
  }

  process(...parts: (string | ByteBuffer)[]): ArrayBuffer {
    this.reset();
    for (const part of parts) this.write(part);
    return this.close();
  }

  #append(byte: number): void {
    this.#block[this.#filled] = byte;
    this.#filled += 1;
    if (this.#filled < blockSize) return;
    this.#filled = 0;
    this.#compress();
  }

  #compress(): void {
    const w = this.#schedule;
    const block = this.#block;
    for (let t = 0; t < 16; t += 1) {
      const at = t * 4;
      w[t] = (block[at]! << 24) | (block[at + 1]! << 16) | (block[at + 2]! << 8) | block[at + 3]!;
    }
    for (let t = 16; t < 64; t += 1) {
      const x = w[t - 15]!;
      const y = w[t - 2]!;
      const s0 = rotate(x, 7) ^ rotate(x, 18) ^ (x >>> 3);
      const s1 = rotate(y, 17) ^ rotate(y, 19) ^ (y >>> 10);
      w[t] = w[t - 16]! + s0 + w[t - 7]! + s1;
    }
    const state = this.#state;
    let a = state[0]!;
    let b = state[1]!;
    let c = state[2]!;
    let d = state[3]!;
    let e = state[4]!;
    let f = state[5]!;
    let g = state[6]!;
    let h = state[7]!;
    for (let t = 0; t < 64; t += 1) {
      const sum1 = rotate(e, 6) ^ rotate(e, 11) ^ rotate(e, 25);
      const one = (h + sum1 + ((e & f) ^ (~e & g)) + roundConstants[t]! + w[t]!) | 0;
      const sum0 = rotate(a, 2) ^ rotate(a, 13) ^ rotate(a, 22);
      const two = (sum0 + ((a & b) ^ (a & c) ^ (b & c))) | 0;
      h = g;
      g = f;
      f = e;
      e = (d + one) | 0;
      d = c;
      c = b;
      b = a;
      a = (one + two) | 0;
    }
    state[0] = state[0]! + a;
    state[1] = state[1]! + b;
    state[2] = state[2]! + c;
    state[3] = state[3]! + d;
    state[4] = state[4]! + e;
    state[5] = state[5]! + f;
    state[6] = state[6]! + g;
    state[7] = state[7]! + h;
  }
}

function rotate(word: number, bits: number): number {
  return (word >>> bits) | (word << (32 - bits));
}

function viewOf(data: string | ByteBuffer): Uint8Array {
  if (typeof data === 'string') return new Uint8Array(ArrayBuffer.fromString(data));
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return new Uint8Array(data);
}
