/** What the uplink is given: everything it may use of the device. */
import type { BootId } from '../block/types';
import type { Capture } from '../capture/capture';
import type { StreamDeclaration } from '../capture/collector';
import type { CollectorPlan, SyncPlan } from '../config/plan';
import type { Problem } from '../config/problems';
import type { FlashLog } from '../ring/flash-log';
import type { Ring } from '../ring/ring';

export interface Identity {
  part: string;
  boot: BootId;
  firmware: string;
  chip: string;
  resetReason: string;
  /** ms that the boot before this one lived at least; undefined: nobody noted. */
  previousUptime: number | undefined;
}

/** Whom to talk to, and as whom. */
export interface UplinkSettings {
  readonly part: string | undefined;
  readonly secret: string | undefined;
  readonly gateway: string | undefined;
  /** Of a broker: the project in the platform, and who the part says it is. */
  readonly appId: string | undefined;
  readonly mqttUser: string | undefined;
  readonly mqttPassword: string | undefined;
  /** DER. */
  readonly authority: ArrayBuffer | undefined;
}

/** Where wall time is known from. SNTP wins over the gateway. */
export type WallSource = 'unknown' | 'gateway' | 'sntp';

/** wall = monotonic + offset, in ms since the Unix epoch. */
export interface WallOffset {
  source: WallSource;
  offset: number;
  /** ms by which the offset may be wrong to either side when it was taken. */
  uncertainty: number;
}

export interface UplinkClock {
  /** Monotonic ms. */
  now(): number;
  readonly wall: Readonly<WallOffset>;
  setWall(source: Exclude<WallSource, 'unknown'>, offset: number, uncertainty: number): void;
}

export interface UplinkLog {
  error(message: string): void;
  warning(message: string): void;
  info(message: string): void;
  /** Written at most once a minute a key. */
  repeating(key: string, describe: () => string): void;
}

/** All of a stream that its declaration on the link needs. */
export interface StreamDescription extends Omit<StreamDeclaration, 'plan' | 'number'> {
  readonly plan: Pick<CollectorPlan, 'identity' | 'tags' | 'retention'>;
}

/** A stream whose blocks can be delivered: of this boot, or of an earlier one, with the last clock that one knew. */
export interface Deliverable {
  readonly number: number;
  readonly declaration: StreamDescription;
  readonly ring: Ring;
  readonly boot?: BootId;
  readonly clock?: { source: WallSource; offset: number };
}

export interface UplinkNetwork {
  readonly up: boolean;
  /** Monotonic ms of the next attempt to join, while one is planned. */
  readonly next: number | undefined;
  /** Leaves the network until `wake`: the radio sleeps. */
  rest(): void;
  wake(): void;
}

export interface UplinkHost {
  readonly identity: Identity;
  readonly settings: UplinkSettings;
  readonly clock: UplinkClock;
  readonly capture: Capture;
  readonly flashLog: FlashLog;
  /** What earlier boots left, with `retain_unsynced`: streams and boots of which something is left. */
  readonly earlier: { readonly list: readonly Deliverable[]; readonly left: BootId[] } | undefined;
  readonly network: UplinkNetwork;
  readonly log: UplinkLog;
  /** Of the configuration that runs. */
  readonly sync: SyncPlan;
  /** Revision of the configuration that runs; empty for the embedded one. */
  readonly revision: string;
  /** What the device tells of itself beside streams and log: JSON in pieces, the last of which is returned. */
  details(): Iterator<string, string>;
  /** Whether a message of so many bytes has room beside what runs. */
  hasRoom(bytes: number): boolean;
  /** Refuses a configuration of so many bytes that has no room. @returns what is said of it */
  refuse(bytes: number): readonly Problem[];
  /**
   * Stores a configuration, and applies it in a turn of its own. One that cannot be read changes nothing; one that has no
   * room beside what runs waits for the next start.
   * @param part the part's own text in UTF-8, read (and its comments overwritten) where it lies; empty: the one it has
   * @param done is called once
   */
  configure(revision: string, part: Uint8Array, additions: Uint8Array, done: ConfigurationDone): void;
  /**
   * Acts on a resource, or on the part itself when `resource` is empty.
   * @returns plain data, or a LongAnswer @throws CallError
   */
  call(resource: string, method: string, parameters: Record<string, unknown>): unknown;
  /** A session is open, so the network works: what else needs it may be tried. */
  reached(): void;
  /** Drains for a bounded time, then restarts. */
  restart(reason: string): void;
}

export type ConfigurationDone = (applied: boolean, problems: readonly Problem[]) => void;

/** What an uplink without a session waits for. */
export interface Waiting {
  /** `retry`: the peer took nothing, and is left alone for a while; `sync`: the radio is off until one is due. */
  for: 'network' | 'gateway' | 'handshake' | 'retry' | 'sync';
  /** Monotonic ms of the next try, where one is planned. */
  until: number | undefined;
  /** Why the last session ended. */
  after: string;
}

/** What the device asks of an uplink, and tells it. */
export interface UplinkControl {
  /** undefined: a session is open, or no peer is set. */
  readonly waiting?: Waiting | undefined;
  /** The peer has refused this device lately, since another is this part as well. */
  readonly rivalled?: boolean;
  start(): void;
  /** There is an address, or none any more. */
  network(up: boolean): void;
  /** Another sync plan holds. */
  planned(plan: SyncPlan): void;
  /** The offset to wall time has been set. */
  wallSet(): void;
  /** Delivers all that is there, now. */
  sync(): void;
  /** All that the boot has captured is acknowledged, and the boot ends: the peer is told. */
  handedOver(): void;
  close(): void;
}
