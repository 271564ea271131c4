/** What `Uplink` asks of a connection, whichever kind it is, and what it is told. */
import type { Cursors } from './cursors';

export interface LinkSession {
  readonly state: string /* 'open': blocks may go */;
  readonly cursors: Cursors;
  /** ms for which nothing has come although the peer owes an answer; 0: it owes none. */
  readonly silence: number;
  /** Goes on in the next turn. */
  soon(): void;
  /** @param ledger whether the loss ledger and details go along */
  sendStatus(ledger: boolean): void;
  /** The part goes, `asleep` or with all `handed over`, and is back in `wait` ms. */
  sendRest(reason: string, wait: number): void;
  /** The offset to wall time has been set. */
  sendClock(): void;
  close(reason: string): void;
}

export interface SessionOwner {
  /** The peer has said something, be it a refusal. */
  spoken(): void;
  opened(): void;
  /** Blocks were acknowledged. */
  progressed(): void;
  /** The peer owes an answer for `silence` ms; told about once a second. */
  silent(silence: number): void;
  /** @param retry ms to wait at least, 0 when nobody says */
  ended(reason: string, retry: number): void;
}
