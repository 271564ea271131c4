/** How what a cloud may take of a disk is shared among what it keeps. */

/** Bytes at most. */
export interface DiskShares {
  /** Of the inbox: a stage that is further behind is detached, or waited for. */
  inbox: number;
  /** Of the time series' files: the oldest days go. */
  series: number;
  /** Of raw files, their copies here, and objects: the oldest days go. */
  days: number;
}

/** Dead letters of both stages (64 MiB each), the database of what lately arrived, reserves, states. */
export const fixedBytes = 250e6;
/** Bytes below which days would go before they are over. */
export const leastLimit = 500e6;

const shares = { inbox: 0.2, series: 0.45, days: 0.35 };

/** @param limit bytes of all that a cloud keeps, from `leastLimit` */
export function sharesOf(limit: number): DiskShares {
  const left = limit - fixedBytes;
  return { inbox: left * shares.inbox, series: left * shares.series, days: left * shares.days };
}
