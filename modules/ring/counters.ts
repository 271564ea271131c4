/** What happened on the flash since the start. Plain fields: they are counted where the work is done. */
export class FlashCounters {
  /** Blocks and their bytes that rings took in. */
  appended = 0;
  appendedBytes = 0;
  acknowledged = 0;
  overwritten = 0;
  discarded = 0;
  /** Blocks written to flash for the first time, and written again to make room. */
  flushed = 0;
  flushedBytes = 0;
  carried = 0;
  /** Sectors erased, pages programmed, bytes programmed. */
  erases = 0;
  programs = 0;
  programmedBytes = 0;
  reads = 0;
  /** What failed. */
  eraseFailures = 0;
  programFailures = 0;
  readFailures = 0;
  /** Records that were wrong when they were read. */
  damaged = 0;
  /** Sectors never to be erased again, those of earlier boots included. */
  retired = 0;
  /** Flash reads that the mount took. */
  mountReads = 0;
}

/** What became of one ring's readings: appended = acknowledged + overwritten + discarded + stored. */
export interface RingCounters {
  readonly appendedReadings: number;
  readonly acknowledgedReadings: number;
  readonly overwrittenReadings: number;
  readonly discardedReadings: number;
}
