/** How long to wait after a failure: 200 ms, doubling to one hour, then hourly (specification, "Data Integrity"). */
export const firstDelay = 200;
export const longestDelay = 3_600_000;

/**
 * @param failures in a row, from 1
 * @param random in [0, 1): jitter takes up to half of the delay, so that many gateways do not come back as one
 * @returns milliseconds
 */
export function backoffDelay(failures: number, random: number): number {
  const delay = Math.min(longestDelay, firstDelay * 2 ** Math.min(failures - 1, 40));
  return delay * (1 - random / 2);
}
