/** What has become of a stream's readings: captured = acknowledged + overwritten + discarded + stored. */
import type { Stream } from './collector';

export interface StreamStatus {
  captured: number;
  acknowledged: number;
  overwritten: number;
  /** Dropped with a removed collector, or refused because no block can hold them. */
  discarded: number;
  /** On the device: staged, in the open block, or in the ring. */
  stored: number;
  missed: number;
  late: number;
  failed: number;
  slow: number;
  /** Of `discarded`. */
  refused: number;
}

/** Each figure is counted where it happens, so that the sum is a check and not a definition. */
export function statusOf({ counters, encoder, ring }: Stream): StreamStatus {
  const { appendedReadings, acknowledgedReadings, overwrittenReadings, discardedReadings } = ring.counters;
  return {
    captured: counters.captured,
    acknowledged: acknowledgedReadings,
    overwritten: overwrittenReadings,
    discarded: discardedReadings + counters.refused,
    stored: encoder.held + appendedReadings - acknowledgedReadings - overwrittenReadings - discardedReadings,
    missed: counters.missed,
    late: counters.late,
    failed: counters.failed,
    slow: counters.slow,
    refused: counters.refused,
  };
}
