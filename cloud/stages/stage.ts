/** A stage: stores what arrived in a store of its own, at its own pace, each arrival once. */
import type { Arrival, Position } from '../inbox/arrival';

/** Stages whose stores are on the disk of this machine. The others are filled again from the raw files. */
export const localStages = { rawFiles: 'raw-files', timeSeries: 'time-series' } as const;

/** An arrival that a stage can never store. */
export interface BadArrival {
  arrival: Arrival;
  /** For people: why not. */
  reason: string;
}

export interface Stage {
  /** Names its dead letters, figures and state: letters, digits, dashes. */
  readonly name: string;

  /** Where its store goes on after a crash: it has everything below, or has set it aside. */
  position(): Position;

  /**
   * Stores a batch, in the order of arrival, together with the position `upTo`, at which it goes on. What was left out
   * between the two is nothing of it. Resolves when both are durable. After a rejection, or a crash, the same arrivals
   * come again, perhaps in other batches: the store then holds each of them once. An empty batch tries the store too.
   * @param setAside keeps what can never be stored, durably: to be waited for before the position is past it
   * @throws what the store says; it is tried again later, so what would fail for ever is set aside instead
   */
  process(
    batch: readonly Arrival[],
    upTo: Position,
    setAside: (bad: readonly BadArrival[]) => Promise<void>,
  ): Promise<void>;

  /** What is wrong with its store beside what `process` throws, for people; it names no absolute paths. */
  readonly problem?: string | undefined;

  close(): Promise<void> | void;
}
