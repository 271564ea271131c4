/** What an operator is shown of a cloud, and may ask of it. */
import type { StageStatus } from '../stages/runner';
import type { Removed } from '../stores/part-removal';
import type { Counters } from './counters';
import type { Traffic } from './traffic';

export interface DeadLetterView {
  letter: number;
  position: number;
  app_id: string;
  dev_id: string;
  arrived: string;
  reason: string;
}

export interface Operated {
  counters: Counters;
  traffic: Traffic;
  stages(): StageStatus[];
  /** undefined: no such stage. */
  deadLetters(stage: string): Promise<DeadLetterView[] | undefined>;
  retryDeadLetters(stage: string): Promise<{ stored: number; left: number } | undefined>;
  /** A stage that is detached goes on at the oldest arrival there is. Resolves to how many it has missed. */
  attachStage(stage: string): Promise<{ missed: number } | undefined>;
  /** Builds the time series anew from the raw files. Resolves when that has begun. */
  rebuild(): Promise<void>;
  /** Removes all that there is of a device, for good. */
  deletePart(appId: string, part: string): Promise<Removed>;
  volumes(): Volumes;
}

export interface Volumes {
  /** Bytes of the inbox on the disk. */
  inbox: number;
  /** Bytes of the stores of this machine, by their names; empty until they were looked at. */
  stores: ReadonlyMap<string, number>;
  /** Bytes free on the disk; undefined before it was looked at. */
  free: number | undefined;
  /** Nothing is taken. */
  isFull: boolean;
  /** Nothing is taken soon. */
  isFilling: boolean;
  /** Bytes of memory for names of what was stored. */
  names: number;
  /** What the MQTT door had no room for: retained messages, messages for sessions that are away, QoS 2 not released. */
  mqttDropped: { retained: number; queued: number; unreleased: number };
  /** That stand. */
  alerts: { kind: string; subject: string }[];
  /** Whether the connection to a broker of its own stands; undefined: there is none. */
  isBrokerConnected: boolean | undefined;
}
