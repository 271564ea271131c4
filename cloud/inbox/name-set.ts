/**
 * The set of all names that were ever stored: numbers (sequences of blocks, indices of readings) in scopes (a stream, a
 * block). It takes 20 B of memory for a scope whose numbers came from 0 on without gaps, and 20 B for each 32 numbers
 * elsewhere, so 20 B for a single name, whatever it is.
 *
 * A scope is kept as 96 bits of a keyed SHA-256: two of a hundred million scopes are mistaken for one with a
 * probability of 10⁻¹³, and nobody who does not know the key can make two that are.
 */
import { createHash } from 'node:crypto';
import { type Key, NameTable } from './name-table';

/** Scopes whose hash is remembered: readings of one block come together. */
const remembered = 8192;
const highest = 0xffff_ffff;

export class NameSet {
  readonly table = new NameTable();
  readonly #key: Uint8Array;
  #hashes = new Map<string, Key>();

  constructor(key: Uint8Array) {
    this.#key = key;
  }

  /** @param number 0 … 2³² − 1 */
  has(scope: string, number: number): boolean {
    const key = this.#hash(scope);
    if (number < this.table.get(key)) return true;
    return (this.table.get(chunkKey(key, number >>> 5)) & (1 << (number & 31))) !== 0;
  }

  /** Whether it has any of 0 … count − 1. */
  hasAny(scope: string, count: number): boolean {
    const key = this.#hash(scope);
    if (count > 0 && this.table.get(key) > 0) return true;
    for (let first = 0; first < count; first += 32) {
      const bits = this.table.get(chunkKey(key, first >>> 5));
      const asked = count - first >= 32 ? -1 : (1 << (count - first)) - 1;
      if ((bits & asked) !== 0) return true;
    }
    return false;
  }

  add(scope: string, number: number): void {
    const key = this.#hash(scope);
    const below = this.table.get(key);
    if (number < below) return;
    if (number === below && number < highest) {
      this.table.set(key, this.#absorb(key, below + 1));
      return;
    }
    const chunk = chunkKey(key, number >>> 5);
    this.table.set(chunk, (this.table.get(chunk) | (1 << (number & 31))) >>> 0);
  }

  /** What follows `below` without a gap joins it. Returns the first number that does not. */
  #absorb(key: Key, below: number): number {
    for (;;) {
      const number = below >>> 5;
      const chunk = chunkKey(key, number);
      const bits = this.table.get(chunk);
      if (bits === 0) return below;
      while (below < highest && below >>> 5 === number && (bits & (1 << (below & 31))) !== 0) below++;
      const passed = below >>> 5 !== number;
      if (passed || bits >>> (below & 31) === 0) this.table.delete(chunk);
      if (!passed) return below;
    }
  }

  #hash(scope: string): Key {
    const known = this.#hashes.get(scope);
    if (known !== undefined) return known;
    const digest = createHash('sha256').update(this.#key).update(scope).digest();
    const key = { a: digest.readUInt32LE(0), b: digest.readUInt32LE(4), c: digest.readUInt32LE(8) };
    if (this.#hashes.size === remembered) this.#hashes = new Map();
    this.#hashes.set(scope, key);
    return key;
  }
}

/** Of 32 numbers of a scope; different for each chunk, since odd factors are invertible. */
function chunkKey({ a, b, c }: Key, chunk: number): Key {
  const number = chunk + 1;
  return {
    a: (a ^ Math.imul(number, 0x85eb_ca6b)) >>> 0,
    b: (b + Math.imul(number, 0x9e37_79b1)) >>> 0,
    c: (c ^ Math.imul(number, 0xc2b2_ae35)) >>> 0,
  };
}
