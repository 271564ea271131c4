/**
 * Exercises the language as widely as the firmware may use it and hashes all it sees, so that two engines can be
 * compared: the same rounds must give the same hash in XS and in Node. Makes much garbage, so the collector runs often.
 */
class Hash {
  #a = 0x811c9dc5;
  #b = 0x1b873593;
  #count = 0;

  static #join(a: number, b: number): string {
    return [a, b].map((part) => part.toString(16).padStart(8, '0')).join('');
  }
  add(text: string): void {
    for (let index = 0; index < text.length; index++) {
      this.#a = Math.imul(this.#a ^ text.charCodeAt(index), 0x01000193) >>> 0;
      this.#b = (Math.imul(this.#b, 5) + this.#a + this.#count++) >>> 0;
    }
  }
  get value(): string {
    return Hash.#join(this.#a, this.#b);
  }
}

function* primes(limit: number): Generator<number, string, number | undefined> {
  const composite = new Set<number>();
  for (let n = 2; n < limit; n++) {
    if (composite.has(n)) continue;
    for (let multiple = n * n; multiple < limit; multiple += n) composite.add(multiple);
    yield n;
  }
  return 'done';
}

async function* later(values: readonly number[]) {
  for (const value of values) {
    await null;
    yield value;
  }
}

function collectionsOf(seed: number, hash: Hash): void {
  const map = new Map<string | number, unknown>();
  for (let i = 0; i < 40; i++) map.set(i % 3 ? `k${i * seed}` : i, { i, list: [i, i * 2, [i]] });
  for (let i = 0; i < 40; i += 2) map.delete(i % 3 ? `k${i * seed}` : i);
  for (const [key, value] of map) hash.add(`${key}=${JSON.stringify(value)};`);
  const set = new Set([...map.keys()].map((key) => String(key).length));
  hash.add([...set].sort((x, y) => x - y).join());
  const weak = new WeakMap<object, number>();
  const keys = Array.from({ length: 8 }, (_, i) => ({ i }));
  for (const key of keys) weak.set(key, key.i * seed);
  hash.add(keys.map((key) => weak.get(key)).join());
}

function texts(seed: number, hash: Hash): void {
  // beyond the basic plane XS counts a character as one, Node as two: no indices there, and below no hypot, whose last
  // bit ECMAScript leaves open, and no toPrecision, of which XS loses a digit for some whole numbers
  const text = `Über-${seed} straße 日本語 ${'ab'.repeat(seed + 1)}`;
  hash.add(text.replace(/(?<word>[A-Za-zÜß]+)-(\d+)/u, '$2:$<word>'));
  for (const match of text.matchAll(/[aeiou](.)/g)) hash.add(`${match.index}${match[1]}`);
  hash.add([...text].reverse().join('').slice(0, 12));
  hash.add(`${text} 😀`.split(/\s+/).map(encodeURIComponent).join('|'));
  hash.add(String(/^(?=.*b)(?!.*z)a*b/.test(`aab${seed}`)) + 'x,y,,z'.split(',').length);
  hash.add(JSON.stringify(JSON.parse('{"a":[1,2,{"b":null,"c":"\\u00e9\\n"}],"d":-1.5e-7}'), null, 1));
  hash.add(`${String.raw`a\n${seed}`}${'x'.localeCompare('y') < 0}${'ß'.toUpperCase()}${'İ'.length}`);
}

function numbers(seed: number, hash: Hash): void {
  for (let i = 1; i < 20; i++) {
    const x = (i * seed + 1) / 7;
    hash.add([x, x.toFixed(3), x.toExponential(5), (x | 0) >>> 1, Math.fround(x)].join(' '));
    hash.add([Math.sqrt(x), Math.trunc(-x), Math.sign(-x), x % 1.5, Number.parseFloat(`${x}e3`)].join());
  }
  let big = 1n;
  for (let i = 1n; i < 30n; i++) big = big * i + BigInt(seed);
  hash.add(
    `${big} ${big % 97n} ${big >> 33n} ${-big / 12345678901n} ${BigInt.asUintN(64, big)} ${(big & 0xffn) ** 3n}`,
  );
  hash.add(
    [0.1 + 0.2, 1e21, 1e-7, -0, 5e-324, 1.7976931348623157e308, 2 ** 53 + 1, Number.NaN].map(String).join(),
  );
}

function objects(seed: number, hash: Hash): void {
  class Base {
    static registry: string[] = [];
    protected values: number[] = [];
    constructor(readonly name: string) {}
    get total() {
      return this.values.reduce((sum, value) => sum + value, 0);
    }
    add(...values: number[]) {
      this.values.push(...values);
      return this;
    }
    *[Symbol.iterator]() {
      yield* this.values;
    }
  }
  class Derived extends Base {
    #secret = seed;
    override add(...values: number[]) {
      return super.add(...values.map((value) => value + this.#secret));
    }
    static is(value: object) {
      return #secret in value;
    }
  }
  const derived = new Derived('d').add(1, 2).add(3);
  hash.add(`${derived.total} ${[...derived]} ${Derived.is(derived)} ${Derived.is({})}`);
  const { name, ...rest } = { ...derived, extra: [seed], nested: { deep: { x: 1 } } };
  hash.add(name + Object.keys(rest).join() + JSON.stringify(rest.nested?.deep?.x ?? 'none'));
  const proxy = new Proxy({ a: 1 } as Record<string, number>, {
    get: (target, key) => (key in target ? target[key as string] : 42),
    ownKeys: () => ['b', 'a'],
    getOwnPropertyDescriptor: () => ({ enumerable: true, configurable: true, value: seed }),
  });
  hash.add(`${proxy.a}${proxy.zzz}${Object.keys(proxy)}`);
  const symbol = Symbol('s');
  const dated = { [symbol]: 1, [`k${seed}`]: new Date(Date.UTC(2024, 1, 29, 12, 0, seed)).toISOString() };
  hash.add(JSON.stringify(dated) + Object.getOwnPropertySymbols(dated).length);
  label: for (let i = 0; i < 5; i++) {
    for (let j = 0; ; j++) {
      if (j === i) continue label;
      if (i === 4) break label;
      hash.add(`${i}${j}`);
    }
  }
  try {
    (null as unknown as { x: number }).x;
  } catch (error) {
    hash.add(String(error instanceof TypeError));
  } finally {
    hash.add('finally');
  }
}

function buffers(seed: number, hash: Hash): void {
  const view = new DataView(new ArrayBuffer(64));
  for (let i = 0; i < 8; i++) view.setFloat64(i * 8, Math.sqrt(i + seed) / 3, i % 2 === 0);
  hash.add([...new Uint8Array(view.buffer)].join());
  const numbers = Float32Array.from({ length: 16 }, (_, i) => i / seed);
  hash.add([...numbers.subarray(3, 9).map((value) => value * 2)].sort((a, b) => b - a).join());
  view.setBigInt64(8, -123456789012345678n * BigInt(seed));
  hash.add(
    String(view.getBigUint64(8, true)) + view.getInt16(9) + new Uint8ClampedArray([300, -5, 1.5]).join(),
  );
  hash.add(
    [5, 1, 10]
      .sort()
      .concat([3, [4]].flat())
      .findIndex((value) => value < 5) + [1, 2, 3].at(-1)!.toString(2),
  );
}

export async function torture(rounds: number): Promise<string> {
  const hash = new Hash();
  for (let round = 1; round <= rounds; round++) {
    collectionsOf(round, hash);
    texts(round, hash);
    numbers(round, hash);
    objects(round, hash);
    buffers(round, hash);
    const generator = primes(60 + round);
    for (const prime of generator) hash.add(`${prime},`);
    let sum = 0;
    for await (const value of later([round, 2, 3])) sum += value;
    const settled = await Promise.allSettled([
      Promise.resolve(sum),
      Promise.reject(new Error('no')),
      later([1]).next(),
    ]);
    hash.add(settled.map(({ status }) => status).join() + sum + (await Promise.race([1, 2])));
  }
  return hash.value;
}
