/** A stage: stores what arrived in a store of its own, at its own pace, each arrival once. */
import type { Arrival, Position } from '../inbox/arrival';

/** An arrival that a stage can never store. */
export interface BadArrival {
  arrival: Arrival;
  /** For people: why not. */
  reason: string;
}

export interface StageOutcome {
  /** Set aside as dead letters, before the stage's position is past them. */
  bad: readonly BadArrival[];
}

export interface Stage {
  /** Names its dead letters, figures and state: letters, digits, dashes. */
  readonly name: string;

  /** Where its store goes on after a crash: it has everything below, or has set it aside. */
  position(): Position;

  /**
   * Stores a batch, in the order of arrival, together with the position `upTo`, at which it goes on. What was left out
   * between the two is nothing of it. Resolves when both are durable. After a rejection, or a crash, the same arrivals
   * come again, perhaps in other batches: the store then holds each of them once.
   * @throws what the store says; it is tried again later, so what would fail for ever is answered as bad
   */
  process(batch: readonly Arrival[], upTo: Position): Promise<StageOutcome>;

  close(): Promise<void> | void;
}
