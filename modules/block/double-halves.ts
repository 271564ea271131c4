/**
 * A double and its halves: the same eight bytes. One for all that write or read doubles, because nobody needs it for
 * longer than a call, and in XS it takes 224 B.
 */
export let double: Float64Array;
/** The low one, the high one. */
export let halves: Uint32Array;

/** Makes them, before first use: what is made when modules are preloaded cannot change. */
export function needHalves(): void {
  if (double !== undefined) return;
  double = new Float64Array(1);
  halves = new Uint32Array(double.buffer);
}
