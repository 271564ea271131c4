/** How long to wait before another try: 1 s, doubling with each failure, each time with jitter. */

const first = 1_000;

/**
 * Milliseconds, from half the nominal wait to all of it, so that a thousand parts do not come back at once.
 * @param failures before this wait, from 0 @param longest ms, of the nominal wait @param random in [0, 1)
 */
export function backoff(failures: number, longest: number, random: number): number {
  const nominal = Math.min(longest, first * 2 ** Math.min(failures, 30));
  return Math.round(nominal * (0.5 + random / 2));
}
