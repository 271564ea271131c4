/**
 * A hash table of keys of 96 bits to words of 32, none of which is 0: 16 B an entry, 20 B with its empty places.
 * Sharded, so that growing copies a 256th at a time; a shard is full at four fifths and grows by a quarter, so the
 * places are never less than two thirds used.
 */

export interface Key {
  a: number;
  b: number;
  c: number;
}

export const shardCount = 256;
const slotWords = 4;
const smallest = 16;

export class NameTable {
  readonly #shards: Shard[];
  #bytes = 0;

  constructor() {
    this.#shards = Array.from({ length: shardCount }, () => new Shard());
    for (const shard of this.#shards) this.#bytes += shard.bytes;
  }

  get size(): number {
    return this.#shards.reduce((sum, { count }) => sum + count, 0);
  }

  /** Bytes of memory. Asked for with each append: it is not summed up then. */
  get bytes(): number {
    return this.#bytes;
  }

  /** 0: not there. */
  get(key: Key): number {
    return this.#shards[key.a >>> 24]!.get(key);
  }

  /** @param value not 0 */
  set(key: Key, value: number): void {
    const shard = this.#shards[key.a >>> 24]!;
    const before = shard.bytes;
    shard.set(key, value);
    this.#bytes += shard.bytes - before;
  }

  delete(key: Key): void {
    this.#shards[key.a >>> 24]!.delete(key);
  }

  /** A shard's entries, four words each. */
  entries(shard: number): Uint32Array {
    return this.#shards[shard]!.entries();
  }

  /** Takes entries into an empty shard. */
  load(shard: number, entries: Uint32Array): void {
    const loaded = Shard.of(entries);
    this.#bytes += loaded.bytes - this.#shards[shard]!.bytes;
    this.#shards[shard] = loaded;
  }
}

class Shard {
  count = 0;
  #capacity = smallest;
  #words = new Uint32Array(smallest * slotWords);

  static of(entries: Uint32Array): Shard {
    const shard = new Shard();
    shard.#refill(Math.max(smallest, Math.ceil((entries.length / slotWords) * 1.4)), entries);
    return shard;
  }

  get bytes(): number {
    return this.#words.byteLength;
  }

  get({ a, b, c }: Key): number {
    return this.#words[this.#find(a, b, c) * slotWords + 3]!;
  }

  set({ a, b, c }: Key, value: number): void {
    const at = this.#find(a, b, c) * slotWords;
    if (this.#words[at + 3] === 0) this.count++;
    this.#put(at, a, b, c, value);
    if (this.count > this.#capacity * 0.8) this.#refill(Math.ceil(this.#capacity * 1.25), this.entries());
  }

  delete({ a, b, c }: Key): void {
    let hole = this.#find(a, b, c);
    if (this.#words[hole * slotWords + 3] === 0) return;
    this.count--;
    // What was pushed past the hole moves into it, so that a search may end at the first empty place.
    for (let at = this.#after(hole); this.#words[at * slotWords + 3] !== 0; at = this.#after(at)) {
      const home = this.#home(this.#words[at * slotWords + 1]!);
      const between = hole <= at ? hole < home && home <= at : hole < home || home <= at;
      if (between) continue;
      this.#words.copyWithin(hole * slotWords, at * slotWords, (at + 1) * slotWords);
      hole = at;
    }
    this.#words.fill(0, hole * slotWords, (hole + 1) * slotWords);
  }

  entries(): Uint32Array {
    const entries = new Uint32Array(this.count * slotWords);
    let length = 0;
    for (let at = 0; at < this.#words.length; at += slotWords) {
      if (this.#words[at + 3] === 0) continue;
      entries.set(this.#words.subarray(at, at + slotWords), length);
      length += slotWords;
    }
    return entries;
  }

  #refill(capacity: number, entries: Uint32Array): void {
    this.#capacity = capacity;
    this.#words = new Uint32Array(capacity * slotWords);
    this.count = entries.length / slotWords;
    for (let at = 0; at < entries.length; at += slotWords) {
      const [a, b, c] = [entries[at]!, entries[at + 1]!, entries[at + 2]!];
      this.#put(this.#find(a, b, c) * slotWords, a, b, c, entries[at + 3]!);
    }
  }

  #put(at: number, a: number, b: number, c: number, value: number): void {
    const words = this.#words;
    words[at] = a;
    words[at + 1] = b;
    words[at + 2] = c;
    words[at + 3] = value;
  }

  /** Its place, or the empty one where it belongs. The words of a key are unsigned. */
  #find(a: number, b: number, c: number): number {
    const words = this.#words;
    for (let slot = this.#home(b); ; slot = this.#after(slot)) {
      const at = slot * slotWords;
      if (words[at + 3] === 0 || (words[at] === a && words[at + 1] === b && words[at + 2] === c)) return slot;
    }
  }

  #home(b: number): number {
    return Math.floor((b / 2 ** 32) * this.#capacity);
  }

  #after(slot: number): number {
    return slot + 1 === this.#capacity ? 0 : slot + 1;
  }
}
