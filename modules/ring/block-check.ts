import { checkOfWords } from '../block/check';

/** Whether the block of `length` bytes that begins at word 0 of `words` ends with the check that modules/block gives it. */
export function blockIsWhole(words: Int32Array, length: number): boolean {
  const last = (length >> 2) - 1;
  return (length & 3) === 0 && last > 0 && checkOfWords(words, last) === words[last];
}
