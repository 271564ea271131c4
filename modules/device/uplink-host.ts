/** What the uplink is given: everything it may use of the device. */
import type { BootId } from '../block/types';
import type { Capture } from '../capture/capture';
import type { SyncPlan } from '../config/plan';
import type { Problem } from '../config/problems';
import type { FlashLog } from '../ring/flash-log';
import type { Clock } from './clock';
import type { EarlierStreams } from './earlier-streams';
import type { Log } from './log';
import type { Network } from './network';
import type { Settings } from './settings';

export interface Identity {
  part: string;
  boot: BootId;
  firmware: string;
  chip: string;
  resetReason: string;
}

export interface UplinkHost {
  readonly identity: Identity;
  readonly settings: Settings;
  readonly clock: Clock;
  readonly capture: Capture;
  readonly flashLog: FlashLog;
  /** What earlier boots left, with `retain_unsynced`. */
  readonly earlier: EarlierStreams | undefined;
  readonly network: Network;
  readonly log: Log;
  /** Of the configuration that runs. */
  readonly sync: SyncPlan;
  /** Revision of the configuration that runs; empty for the embedded one. */
  readonly revision: string;
  /** What the device tells of itself beside streams and log: JSON in pieces, the last of which is returned. */
  details(): Iterator<string, string>;
  /**
   * Stores a configuration, and applies it in a turn of its own. One that cannot be read changes nothing.
   * @param part the part's own text in UTF-8, read (and its comments overwritten) where it lies, before this returns;
   * empty: the one it has @param done is called once
   */
  configure(revision: string, part: Uint8Array, additions: Uint8Array, done: ConfigurationDone): void;
  /**
   * Acts on a resource, or on the part itself when `resource` is empty.
   * @returns plain data, or a LongAnswer @throws CallError
   */
  call(resource: string, method: string, parameters: Record<string, unknown>): unknown;
  /** Drains for a bounded time, then restarts. */
  restart(reason: string): void;
}

export type ConfigurationDone = (applied: boolean, problems: readonly Problem[]) => void;

/** What the device asks of an uplink, and tells it. */
export interface UplinkControl {
  start(): void;
  /** There is an address, or none any more. */
  network(up: boolean): void;
  /** Another sync plan holds. */
  planned(plan: SyncPlan): void;
  /** The offset to wall time has been set. */
  wallSet(): void;
  /** Delivers all that is there, now. */
  sync(): void;
  close(): void;
}
