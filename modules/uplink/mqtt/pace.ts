/**
 * How many messages may wait for a broker, and when one is sent again: by additive increase and multiplicative
 * decrease, from round trips measured as in TCP (RFC 6298). A broker that takes few, or slowly, is sent few.
 */

/** Messages that wait at most, whatever the broker takes. */
export const mostWaiting = 64;
/** Of a connection that nothing is known of; round trips alone never make it fewer. */
const first = 8;
/** ms of a round trip above which, and above four of the quickest, more messages would only wait longer. */
const slow = 1_000;
/** Messages fewer for each acknowledgement that comes so late. */
const shrinkage = 1 / 8;
/** ms after which a message is sent again: before anything is known, at least, and at most. */
const initial = 5_000;
const least = 2_000;
const most = 60_000;

export class Pace {
  private limit = first;
  /** Below it each acknowledgement lets one more wait, above it a windowful of them. */
  private threshold = mostWaiting;
  /** Smoothed, ms; 0: none was measured. */
  private roundTrip = 0;
  private deviation = 0;
  /** ms. */
  private quickest = Number.POSITIVE_INFINITY;

  /** Messages that may wait for their acknowledgement, 1 to `mostWaiting`. */
  get window(): number {
    return Math.floor(this.limit);
  }

  /** ms without an acknowledgement after which a message that went out `tries` times goes out again. */
  patience(tries: number): number {
    const { roundTrip, deviation } = this;
    const once = roundTrip === 0 ? initial : Math.max(least, 2 * roundTrip + 4 * deviation);
    return Math.min(most, once * 2 ** Math.min(tries - 1, 5));
  }

  /** @param roundTrip ms; of a message that went out once, else nobody knows which is acknowledged */
  measured(roundTrip: number): void {
    this.quickest = Math.min(this.quickest, Math.max(1, roundTrip));
    if (this.roundTrip === 0) {
      this.roundTrip = Math.max(1, roundTrip);
      this.deviation = roundTrip / 2;
    } else {
      this.deviation += (Math.abs(roundTrip - this.roundTrip) - this.deviation) / 4;
      this.roundTrip += (roundTrip - this.roundTrip) / 8;
    }
  }

  /** @param full whether no further message could have gone out */
  acknowledged(full: boolean): void {
    const { limit } = this;
    if (limit > first && this.roundTrip > Math.max(slow, 4 * this.quickest))
      this.limit = this.threshold = Math.max(first, limit - shrinkage);
    else if (full) this.limit = Math.min(mostWaiting, limit + (limit < this.threshold ? 1 : 1 / limit));
  }

  /** Messages were not acknowledged in time, or a connection ended with some on their way. */
  lost(): void {
    this.limit = Math.max(1, this.limit / 2);
    this.threshold = Math.max(2, this.limit);
  }
}
