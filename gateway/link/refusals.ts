/**
 * Who says to be a part and is not let in, part by part.
 *
 * In: refused sessions that named a part. Out: for each the last refusal, how often it came, since when. Holds: bounded,
 * whatever names come; a session that proves itself ends what was known of its part, but for that of another device.
 */
import type { WallMilliseconds } from '@sluice/common/clock';
import type { Refusal } from './part-state';

/** Parts that are remembered. */
const mostParts = 1_024;
/** ms after which a refusal that came no more is over. */
export const refusalLasts = 600_000;

export class Refusals {
  /** By part, the longest ago first. */
  readonly #byPart = new Map<string, Refusal>();

  /** @returns whether it is news: the first in a row, or for another reason */
  add(part: string, refusal: Pick<Refusal, 'code' | 'detail' | 'address'>, wall: WallMilliseconds): boolean {
    const before = this.of(part, wall);
    const isSame = before?.code === refusal.code;
    const row = isSame ? { since: before!.since, count: before!.count + 1 } : { since: wall, count: 1 };
    this.#byPart.delete(part);
    this.#byPart.set(part, { ...refusal, ...row, at: wall });
    if (this.#byPart.size > mostParts) this.#byPart.delete(this.#byPart.keys().next().value!);
    return !isSame;
  }

  of(part: string, wall: WallMilliseconds): Refusal | undefined {
    const refusal = this.#byPart.get(part);
    return refusal && wall - refusal.at < refusalLasts ? refusal : undefined;
  }

  /** The part has proved itself. */
  admitted(part: string): void {
    if (this.#byPart.get(part)?.code !== 'duplicate-part') this.#byPart.delete(part);
  }
}
