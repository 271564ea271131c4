/** What the sync sends items to. Each kind is a file in `destinations/`, registered there with its specification. */
import { asError, systemCode } from '@sluice/common/errors';

/**
 * What became of an item. `refused`: it will never be taken. `again`: try it later, as it may be this item alone that
 * fails, or because the destination does. `unread`: it cannot be read here, which says nothing of the destination; later
 * it may be. `gone`: its owner has deleted it by hand meanwhile.
 */
export type Delivery =
  | { result: 'delivered' }
  | { result: 'refused'; reason: string }
  | { result: 'again'; reason: string; of: 'item' | 'destination' }
  | { result: 'unread'; reason: string }
  | { result: 'gone' };

export interface Destination<Item> {
  /** Under which the outbox keeps what it has: stable over restarts. */
  readonly name: string;
  /** Never rejects but for `signal`; what was delivered and is delivered again must do no harm. */
  deliver(item: Item, signal: AbortSignal): Promise<Delivery>;
  /** Lets go of its connections; nothing is delivered any more. */
  close?(): Promise<void>;
}

/** A kind of destination. */
export interface DestinationSpecification<Options, Item> {
  /** One sentence, for documents and errors. */
  summary: string;
  /** Bytes of an item at most. */
  largestItem: number;
  /** Whether the same item twice is known by its name: else it is delivered at least once. */
  isIdempotent: boolean;
  open(name: string, options: Options): Destination<Item>;
}

/** @param error of the file that it is in: EMFILE and EIO pass, and the file may be good */
export function unread(error: unknown): Delivery {
  return { result: 'unread', reason: `cannot be read: ${systemCode(error) ?? asError(error).message}` };
}
