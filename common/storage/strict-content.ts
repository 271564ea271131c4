/**
 * The contents of a file on the strict disk: what a reader sees, and what the disk itself holds. The seam only
 * appends and cuts, so the two differ from one byte on, and where a failed sync left them apart.
 */

/** Uniform in [0, 1). */
export type Random = () => number;

const none = new Uint8Array(0);
const largestPiece = 1024;

export class StrictContent {
  /** Whether the disk counts its bytes as used: not when it was removed. */
  counted = true;
  /** Grows with each change. */
  modified = 0;
  #bytes: Uint8Array = none;
  #length = 0;
  /** Below, the disk holds what a reader sees. */
  #clean = 0;
  /** What the disk holds from there on. */
  #old: Uint8Array = none;
  /** Ranges that a failed sync did not write, and no later one will. */
  #lost: { from: number; to: number }[] = [];

  get length(): number {
    return this.#length;
  }

  read(offset: number, length: number): Uint8Array {
    return this.#bytes.slice(offset, Math.max(offset, Math.min(this.#length, offset + length)));
  }

  append(chunk: Uint8Array): void {
    const end = this.#length + chunk.length;
    if (end > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(256, 2 * this.#bytes.length, end));
      larger.set(this.#bytes.subarray(0, this.#length));
      this.#bytes = larger;
    }
    this.#bytes.set(chunk, this.#length);
    this.#length = end;
  }

  truncate(size: number): void {
    if (size < this.#clean) {
      this.#old = joined(this.#bytes.subarray(size, this.#clean), this.#old);
      this.#clean = size;
    }
    this.#length = Math.min(this.#length, size);
    this.#lost = this.#lost
      .filter(({ from }) => from < size)
      .map(({ from, to }) => ({ from, to: Math.min(to, size) }));
  }

  /** Of a file that has two names after a power cut. */
  copy(): StrictContent {
    const copy = new StrictContent();
    copy.append(this.#bytes.subarray(0, this.#length));
    copy.#clean = this.#clean;
    copy.#old = this.#old;
    copy.#lost = this.#lost;
    return copy;
  }

  sync(): void {
    this.#clean = this.#length;
    this.#old = none;
  }

  /** The system forgets that the data is unsynced, although the disk has not taken it. */
  failSync(): void {
    if (this.#clean < this.#length) this.#lost.push({ from: this.#clean, to: this.#length });
  }

  /** What the disk holds becomes what a reader sees; everything unsynced is as the disk pleases. */
  cutPower(random: Random): void {
    for (const { from, to } of this.#lost)
      this.#scramble(from, Math.min(to, this.#length), none, from, random);
    if (this.#clean < this.#length || this.#old.length > 0) this.#cutUnsynced(random);
    this.#lost = [];
    this.sync();
  }

  #cutUnsynced(random: Random): void {
    const [clean, old, length] = [this.#clean, this.#old, this.#length];
    const mode = random();
    if (mode < 0.2) {
      this.#length = clean;
      this.append(old);
    } else if (mode < 0.6) {
      this.#length = clean + Math.floor(random() * (length - clean + 1));
    } else if (mode < 0.9) {
      // Length and data are written in any order: where only the length was, there is anything.
      this.#length = clean + Math.floor(random() * (length - clean + 1));
      this.#scramble(clean, this.#length, old, clean, random);
    }
  }

  /** Piece by piece: the new bytes, the old ones, zeros, or garbage. */
  #scramble(from: number, to: number, old: Uint8Array, oldFrom: number, random: Random): void {
    while (from < to) {
      const end = Math.min(to, from + 1 + Math.floor(random() * largestPiece));
      const choice = random();
      const piece = this.#bytes.subarray(from, end);
      if (choice < 0.3) piece.fill(0);
      else if (choice < 0.4) for (let i = 0; i < piece.length; i++) piece[i] = Math.floor(random() * 256);
      else if (choice < 0.6) piece.set(old.subarray(from - oldFrom, end - oldFrom));
      from = end;
    }
  }
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const all = new Uint8Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}
