/** What a session has on both sides: a transport, and the server whose session it is. */
import type { Clock } from '@sluice/common/clock';
import type { PartName } from '../../modules/config/part-name';
import type { link } from '../../proto/link.js';
import type { Outbox } from '../outbox/outbox';
import type { Boot } from './boot';
import type { Session } from './session';

/** A transport: one binary message at a time, in order. */
export interface Connection {
  /** For the log: where it comes from. */
  readonly remote: string;
  /** Bytes sent that have not left yet. */
  readonly unsent: number;
  send(bytes: Uint8Array): void;
  close(): void;
  /** No more messages until `resume`. */
  pause(): void;
  resume(): void;
}

/** What a part should run with. */
export interface PartConfiguration {
  /** Changes whenever one of the texts does. */
  revision: string;
  /** The part's own Viam configuration; empty: the one it has. */
  part: string;
  /** JSON array: the `data_manager` service_configs which the main adds for it. */
  additions: string;
}

/** Which parts there are. */
export interface Parts {
  /** undefined: there is no such part. */
  secret(part: PartName): string | undefined;
  configuration(part: PartName): PartConfiguration | undefined;
}

/** What the link uses of the outbox. */
export type Directory = Pick<
  Outbox,
  | 'events'
  | 'kept'
  | 'keep'
  | 'streams'
  | 'offsetOf'
  | 'declare'
  | 'append'
  | 'skip'
  | 'prune'
  | 'forget'
  | 'congested'
>;

/** What sessions need of the server, and report to it. */
export interface SessionHost {
  readonly directory: Directory;
  readonly parts: Parts;
  readonly clock: Clock;
  readonly counters: { blocks: number; readings: number; duplicates: number };
  /** Stands in for the secret of a part that does not exist. */
  readonly noSecret: string;
  /** Sessions whose transport is paused until the directory has room, those that have waited longest first. */
  readonly heldBack: Set<Session>;
  /** Source of nonces. */
  random(bytes: number): Uint8Array<ArrayBuffer>;
  /** The part has proved itself: a session that it had before ends. @returns whether this one may go on */
  takeOver(session: Session): boolean;
  /** @param retained the earlier boots of which the part still holds blocks */
  opened(session: Session, retained: Boot[], begin: link.IBegin): void;
  onStatus(session: Session, status: link.IStatus): void;
  /** Streams of the session's boot have ended, and all of them is durable. */
  forget(session: Session, ended: number[]): void;
  onConfigurationResult(session: Session, result: link.IConfigurationResult): void;
  /** The part sleeps, and is back in `wait` ms. */
  onRest(session: Session, wait: number): void;
  /** The boot ends, and everything that it has captured is durable. */
  onHandedOver(session: Session): void;
  refused(session: Session, code: string, message: string): void;
  ended(session: Session): void;
}
