/** What the link stands on: connections, the parts that there are, and the outbox. */
import type { PartName } from '../../modules/config/part-name';
import type { Outbox } from '../outbox/outbox';

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
