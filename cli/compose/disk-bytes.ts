/** Bytes that all of `sluice start` takes at most. README states the sum. */
export const diskBytes = Object.freeze({
  cloud: 1e9,
  /** The gateway's log and files, whatever the cloud takes of them. */
  capture: 50e6,
  /** Two logs of 8 MiB, the outbox's reserve of as many, a flash for each chip (4, 4 and 8 MiB), the page. */
  others: 50e6,
});
