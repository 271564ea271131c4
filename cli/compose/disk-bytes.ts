/** Bytes that all of `sluice start` takes at most. README states the sum. */
export const diskBytes = Object.freeze({
  cloud: 1e9,
  /** Two logs of 8 MiB, the board's flash (4 MiB), the page; the gateway's log, which is trimmed as the cloud takes. */
  others: 100e6,
});
