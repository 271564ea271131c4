/**
 * Finds the step of readings that are all multiples of one, as of an ADC that drops bits or of a sensor that
 * counts in halves. A wrong guess ends a block early, so it takes many changes to believe in one, and after each
 * that failed it takes longer.
 */

import type { Readings } from './integer-forms';

/** Changes of the value that must agree. */
const enough = 48;

/** Words that a choice is remembered in from block to block. */
export const stepChoiceWords = 3;

export class StepChoice {
  step = 1;
  offset = 0;
  /** Greatest common divisor of all changes seen, and how many these were. */
  private divisor = 0;
  private changes = 0;
  private doubt = 1;

  load(words: Int32Array, at: number): this {
    this.divisor = words[at]! >>> 0;
    this.changes = words[at + 1]!;
    this.doubt = words[at + 2]!;
    return this;
  }

  save(words: Int32Array, at: number): void {
    words[at] = this.divisor;
    words[at + 1] = this.changes;
    words[at + 2] = this.doubt;
  }

  /** Chooses for a block that begins with `staged[from]`; those up to `to` are known. */
  choose(staged: Readings, from: number, to: number): void {
    let { divisor, changes } = this;
    let before = staged[from]!;
    for (let index = from + 1; index < to && divisor !== 1; index += 1) {
      const value = staged[index]!;
      if (value === before) continue;
      let other = Math.abs(value - before);
      before = value;
      if (!(other < 0x100000000)) other = 1;
      changes += 1;
      while (other > 0) {
        const rest = divisor % other;
        divisor = other;
        other = rest;
      }
    }
    // Nothing is held against a signal for ever: ones are forgotten block by block.
    this.divisor = divisor === 1 ? 0 : divisor;
    this.changes = divisor === 1 ? 0 : changes;
    const first = staged[from]!;
    const believed = divisor > 1 && divisor < 0x8000 && changes >= enough * this.doubt;
    this.step = believed ? divisor : 1;
    this.offset = believed ? ((first % divisor) + divisor) % divisor : 0;
  }

  /** A reading was no multiple. */
  missed(): void {
    this.divisor = 0;
    this.changes = 0;
    if (this.doubt < 64) this.doubt *= 4;
  }
}
