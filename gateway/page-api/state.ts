/** What the API says about the gateway and its parts: the page's whole knowledge, plain JSON. */
import type { Alert } from '@sluice/common/alerts';
import type { WallMilliseconds } from '@sluice/common/clock';
import type { StreamName, StreamReport } from '../link/part-state';
import type { SyncState } from '../sync/destination-sync';

/** Readings of one stream on the gateway, over all boots. */
export interface GatewayTally {
  received: number;
  uploaded: number;
  setAside: number;
  deleted: number;
  stored: number;
}

export interface StreamView {
  /** Names the stream in samples and history; stable over boots. */
  key: string;
  owner: 'part' | 'main';
  resource: string;
  method: string;
  parameters: Record<string, string>;
  /** Readings a second; 0: nobody knows any more. */
  frequency: number;
  unit: string;
  /** It runs no more: it has `ended` in this boot, or is known of an `earlier` one alone. Absent: it runs. */
  over?: 'ended' | 'earlier';
  /** Of this boot, at the part's last status. */
  device?: StreamReport;
  /** Bytes of complete blocks in its ring, and what it may hold. */
  ring?: { bytes: number; quota: number };
  gateway?: GatewayTally;
}

export interface LossView {
  /** A StreamView's key, where the stream is known. */
  stream: string;
  /** Absent: several streams, or nobody knows any more which. */
  name?: StreamName;
  boot: string;
  cause: string;
  readings: number;
  /** Wall milliseconds of the first and last lost reading; null while the part's time is unknown. */
  start: WallMilliseconds | null;
  end: WallMilliseconds | null;
  /** True when more may have been lost than is known. */
  lowerBound: boolean;
  /** Where it is not known, how many there can have been. */
  atMost?: number;
}

export interface FlashView {
  /** Erases of each sector; -1: it has failed. */
  wear: number[];
  /** Sequence number of each sector in the log's order; 0: not written yet. */
  epochs: number[];
  /** Blocks in each that still count. */
  live: number[];
  sectorBytes: number;
}

export interface PartView {
  name: string;
  connected: boolean;
  /** Wall milliseconds of the last change of `connected`; null before the first session. */
  since: WallMilliseconds | null;
  /** Why its last session ended: code of a refusal, or `closed`; while it has none. */
  endedBy?: string;
  /** Somebody who says to be it is not let in. */
  refused?: { code: string; detail: string; address: string; since: WallMilliseconds; count: number };
  /** Wall milliseconds until which the part, which is away, said that it sleeps; it may have come to nobody since. */
  asleepUntil?: WallMilliseconds;
  boot: string;
  chip: string;
  firmware: string;
  resetReason: string;
  /** `sntp`, `gateway` or `unknown`. */
  clock: string;
  /** Wall milliseconds of the last status of this boot. */
  statusAt: WallMilliseconds | null;
  /** Milliseconds since its boot, at its last status; absent: it has told none. */
  uptime?: number;
  /** Why its link, or an attempt at one, ended last, as it says itself. */
  linkEnd?: string;
  /** Losses that are in `losses` no more. */
  forgotten?: number;
  /** Heap in use and its size, in bytes, when the part says so. */
  heap?: { used: number; size: number };
  streams: StreamView[];
  losses: LossView[];
  flash?: FlashView;
  problems: { severity: string; code: string; path: string; message: string }[];
  /** What an extension of the API shows of it (extension.ts). */
  extension?: Readonly<Record<string, unknown>>;
}

export interface FilesView {
  waiting: number;
  failed: number;
  /** Files and directories that could not be read at the start, and are tried again. */
  unread: number;
  /** The one of them that is tried next, and why it could not be read. */
  unreadBecause?: { path: string; reason: string; since: WallMilliseconds };
}

export interface StateView {
  main: string;
  /** Wall milliseconds on the gateway. */
  now: WallMilliseconds;
  sync: SyncState;
  files: FilesView;
  /** How many parts are configured. */
  remotes: number;
  /** Wall milliseconds at which the gateway began: of before it, events carry no blocks. */
  started: WallMilliseconds;
  /** Where it logs, for people. */
  log: string;
  /** Those that stand, then those that ended lately. */
  alerts: readonly Alert[];
  parts: PartView[];
  problems: { severity: string; code: string; path: string; message: string }[];
}

/** Of a part, before the gateway's start. */
export interface HistoryView {
  /** Wall milliseconds at which it ends. */
  until: WallMilliseconds;
  /** Milliseconds from one time to the next. */
  spacing: number;
  series: {
    /** A StreamView's key. */
    stream: string;
    /** The leaf of a record, else ''. */
    series: string;
    /** Wall milliseconds. */
    times: number[];
    /** The smallest and the largest value from each time on. */
    low: number[];
    high: number[];
  }[];
}

/** Figures of a stream that change all the time. */
export type StreamCounts = Pick<StreamView, 'key' | 'device' | 'ring' | 'gateway'>;

/** A part without what is told apart. */
export type PartHead = Omit<PartView, 'name' | 'streams' | 'losses' | 'flash'>;

/** A run of sectors, as the part told it: part of a FlashView. */
export interface FlashSlice {
  /** Of the whole flash. */
  sectors: number;
  sectorBytes: number;
  from: number;
  epochs: number[];
  wear: number[];
  live: number[];
}

/** What of a part is otherwise than it was. */
export interface PartChange {
  name: string;
  /** Replaced whole. */
  head?: PartHead;
  /** Replaced whole: a stream came or went. */
  streams?: StreamView[];
  /** Of streams that stay. */
  counts?: StreamCounts[];
  /** Replaced whole. */
  losses?: LossView[];
  flash?: FlashSlice[];
}

/** What is otherwise than it was told last. */
export interface StateChange {
  now: number;
  sync: SyncState;
  files: StateView['files'];
  remotes: number;
  /** Only parts that have changed. */
  parts: PartChange[];
  /** Parts that are no more. */
  gone: string[];
  problems?: StateView['problems'];
  alerts?: StateView['alerts'];
}

/** A block as it was captured (modules/block): whoever shows it decodes it. */
export interface BlockEvent {
  part: string;
  /** A StreamView's key. */
  stream: string;
  /** Wall milliseconds = the block's milliseconds + offset. */
  offset: number;
  /** value = min + raw value × step; left out: the value itself. */
  range?: { min: number; step: number };
  /** In base64. */
  bytes: string;
}
