/** How long to wait before dialling again: 1 s, doubling, up to one hour, each time with jitter. */

const first = 1_000;
const longest = 3_600_000;

export class Backoff {
  /** Failures since the last success or change. */
  failures = 0;
  private readonly random: () => number;

  /** @param random uniform in [0, 1) */
  constructor(random: () => number) {
    this.random = random;
  }

  /** Milliseconds, from half the nominal delay to all of it, so that a thousand parts do not come back at once. */
  next(): number {
    const nominal = Math.min(longest, first * 2 ** Math.min(this.failures, 30));
    this.failures++;
    return Math.round(nominal * (0.5 + this.random() / 2));
  }

  reset(): void {
    this.failures = 0;
  }
}
