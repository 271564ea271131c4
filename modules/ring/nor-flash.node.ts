/**
 * A model of SPI NOR flash for tests: programs only clear bits, erases wear, and everything that goes wrong with real
 * parts can be made to: power cuts inside any operation, pages torn at any byte, erases that leave bits which read
 * either way, operations that fail with an error or silently, bits that flip.
 */
import type { FlashStorage } from './flash-storage';

/** A small, fast generator of seeded random numbers (mulberry32). */
export function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** How much of the operation that the power cut hits takes place. */
export type CutOutcome = 'nothing' | 'part' | 'whole';

const sectorBytes = 4096;

export class NorFlash implements FlashStorage {
  readonly bytes: Uint8Array;
  /** Erases of each sector. */
  readonly wear: Uint32Array;
  /** Programs and erases begun. */
  operations = 0;
  programs = 0;
  programmedBytes = 0;
  reads = 0;
  /** Whether the power is cut: every operation throws, none has an effect. */
  dead = false;
  /** Sectors whose erases, or programs, fail. */
  readonly failingErases = new Set<number>();
  readonly failingPrograms = new Set<number>();
  /** Whether a failing operation says so. The driver does when it verifies (CONFIG_SPI_FLASH_VERIFY_WRITE). */
  silent = false;
  /** Erases after which a sector fails. */
  endurance = Number.POSITIVE_INFINITY;

  /** Bits that read either way, by address. */
  readonly #weak = new Map<number, number>();
  readonly #random: () => number;
  #cutAt = Number.POSITIVE_INFINITY;
  #cutOutcome: CutOutcome = 'nothing';

  constructor(
    readonly sectors: number,
    seed = 1,
  ) {
    this.bytes = new Uint8Array(sectors * sectorBytes).fill(0xff);
    this.wear = new Uint32Array(sectors);
    this.#random = randomNumbers(seed);
  }

  /** Cuts the power in the operation after `operations` more. */
  cutAfter(operations: number, outcome: CutOutcome): void {
    this.#cutAt = this.operations + operations;
    this.#cutOutcome = outcome;
  }

  powerOn(): void {
    this.dead = false;
    this.#cutAt = Number.POSITIVE_INFINITY;
  }

  /** Fills the whole flash with noise. */
  scramble(): void {
    for (let at = 0; at < this.bytes.length; at += 1) this.bytes[at] = Math.floor(256 * this.#random());
  }

  flip(address: number, bit: number): void {
    this.bytes[address] ^= 1 << bit;
  }

  status(): { size: number; blockLength: number; blocks: number } {
    return { size: this.bytes.length, blockLength: sectorBytes, blocks: this.sectors };
  }

  read(buffer: Uint8Array, byteOffset: number): number {
    if (this.dead) throw new Error('no power');
    if (byteOffset < 0 || byteOffset + buffer.length > this.bytes.length) throw new Error('read failed');
    this.reads += 1;
    buffer.set(this.bytes.subarray(byteOffset, byteOffset + buffer.length));
    if (this.#weak.size > 0)
      for (let at = 0; at < buffer.length; at += 1) {
        const bits = this.#weak.get(byteOffset + at);
        if (bits !== undefined) buffer[at] ^= bits & Math.floor(256 * this.#random());
      }
    return buffer.length;
  }

  write(buffer: Uint8Array, byteOffset: number): void {
    const cut = this.#begin();
    if (byteOffset < 0 || byteOffset + buffer.length > this.bytes.length) throw new Error('write failed');
    let length = buffer.length;
    if (cut) length = this.#cutOutcome === 'part' ? Math.floor(length * this.#random()) : 0;
    if (cut && this.#cutOutcome === 'whole') length = buffer.length;
    for (let at = 0; at < length; at += 1) this.bytes[byteOffset + at] &= buffer[at];
    if (cut) {
      if (length < buffer.length && this.#cutOutcome === 'part') {
        // In the byte at which it was torn, bits to be cleared are cleared, not, or neither for certain.
        const address = byteOffset + length;
        const clearing = this.bytes[address] & ~buffer[length];
        this.bytes[address] &= ~(clearing & Math.floor(256 * this.#random()));
        this.#weaken(address, clearing & Math.floor(256 * this.#random()));
      }
      throw new Error('power cut');
    }
    this.programs += 1;
    this.programmedBytes += buffer.length;
    const sector = Math.floor(byteOffset / sectorBytes);
    let failed = false;
    if (this.failingPrograms.has(sector)) {
      const address = byteOffset + Math.floor(buffer.length * this.#random());
      this.bytes[address] ^= 1 << Math.floor(8 * this.#random());
      failed = true;
    }
    for (let at = 0; at < buffer.length; at += 1)
      if (this.bytes[byteOffset + at] !== buffer[at]) failed = true;
    if (failed && !this.silent) throw new Error('write failed');
  }

  eraseBlock(start: number, end = start + 1): void {
    for (let sector = start; sector < end; sector += 1) this.#eraseSector(sector);
  }

  #eraseSector(sector: number): void {
    const cut = this.#begin();
    if (!(sector >= 0 && sector < this.sectors)) throw new Error('erase failed');
    const begin = sector * sectorBytes;
    const end = begin + sectorBytes;
    if (cut && this.#cutOutcome === 'nothing') throw new Error('power cut');
    this.wear[sector] += 1;
    if (cut && this.#cutOutcome === 'part') {
      // A charge half removed: bits are set, still cleared, or read either way.
      const share = this.#random();
      for (let at = begin; at < end; at += 1) {
        if (this.#random() < share) this.bytes[at] |= Math.floor(256 * this.#random());
        if (this.#random() < 0.05) this.#weaken(at, Math.floor(256 * this.#random()));
      }
      throw new Error('power cut');
    }
    if (this.failingErases.has(sector) || this.wear[sector] > this.endurance) {
      for (let at = begin; at < end; at += 1) if (this.#random() < 0.9) this.bytes[at] = 0xff;
      this.bytes[begin + Math.floor(sectorBytes * this.#random())] = 0;
      if (cut) throw new Error('power cut');
      if (!this.silent) throw new Error('erase failed');
      return;
    }
    this.bytes.fill(0xff, begin, end);
    if (this.#weak.size > 0) for (let at = begin; at < end; at += 1) this.#weak.delete(at);
    if (cut) throw new Error('power cut');
  }

  #weaken(address: number, bits: number): void {
    if (bits !== 0) this.#weak.set(address, (this.#weak.get(address) ?? 0) | bits);
  }

  /** @returns whether the power is cut in this operation */
  #begin(): boolean {
    if (this.dead) throw new Error('no power');
    const cut = this.operations === this.#cutAt;
    this.operations += 1;
    if (cut) this.dead = true;
    return cut;
  }
}
