/** What a column takes in other forms, to compare the block with. All in bytes for the whole column. */

/** The order-0 entropy of the better of first and second differences: what no coder of single residuals beats. */
export function differenceEntropy(values: ArrayLike<number>): number {
  const first: number[] = [];
  const second: number[] = [];
  for (let index = 1; index < values.length; index += 1) first.push(values[index]! - values[index - 1]!);
  for (let index = 1; index < first.length; index += 1) second.push(first[index]! - first[index - 1]!);
  return Math.min(entropy(first), entropy(second)) * values.length;
}

/** Order-0 entropy, bytes a value. */
export function entropy(values: ArrayLike<number>): number {
  const counts = new Map<number, number>();
  for (let index = 0; index < values.length; index += 1)
    counts.set(values[index]!, (counts.get(values[index]!) ?? 0) + 1);
  let bits = 0;
  for (const count of counts.values()) bits -= count * Math.log2(count / values.length);
  return values.length === 0 ? 0 : bits / 8 / values.length;
}

/** First differences, zigzag, LEB128. */
export function varintDeltas(values: ArrayLike<number>): number {
  let bytes = 0;
  let previous = 0;
  for (let index = 0; index < values.length; index += 1) {
    const difference = values[index]! - previous;
    previous = values[index]!;
    let mapped = difference < 0 ? -2 * difference - 1 : 2 * difference;
    bytes += 1;
    for (; mapped >= 128; mapped = Math.floor(mapped / 128)) bytes += 1;
  }
  return bytes;
}

/** Gorilla (Pelkonen et al. 2015) for values alone: XOR with the double before, windows reused. */
export function gorilla(values: ArrayLike<number>): number {
  const pattern = new BigUint64Array(1);
  const double = new Float64Array(pattern.buffer);
  let bits = 64;
  let previous = 0n;
  let leading = -1;
  let trailing = 0;
  for (let index = 0; index < values.length; index += 1) {
    double[0] = values[index]!;
    const changed = pattern[0]! ^ previous;
    previous = pattern[0]!;
    if (index === 0) continue;
    bits += 1;
    if (changed === 0n) continue;
    const text = changed.toString(2);
    const lead = Math.min(31, 64 - text.length);
    const trail = text.length - 1 - text.lastIndexOf('1');
    bits += 1;
    if (leading >= 0 && lead >= leading && trail >= trailing) bits += 64 - leading - trailing;
    else {
      leading = lead;
      trailing = trail;
      bits += 5 + 6 + (64 - leading - trailing);
    }
  }
  return Math.ceil(bits / 8);
}
