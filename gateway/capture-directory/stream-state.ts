/** What the gateway remembers of every stream: its durable watermark, and where its readings have gone. */
import { bootText } from '../../modules/block/boot-text';
import type { CaptureFileMetadata } from '../../modules/block/file';
import type { RemovalCause } from './journal';

export interface Tally {
  blocks: number;
  readings: number;
}

/**
 * Where the blocks of one collector have gone, over all boots. At every moment
 * received = uploaded + setAside + deleted + stored.
 */
export interface StreamTotals {
  part: string;
  owner: 'part' | 'main';
  resource: string;
  method: string;
  parameters: Record<string, string>;
  received: Tally;
  uploaded: Tally;
  setAside: Tally;
  deleted: Tally;
}

/** One stream of one boot of one part. */
export interface StreamState {
  readonly id: number;
  readonly metadata: CaptureFileMetadata;
  readonly totals: StreamTotals;
  /** The sequence number that is taken next; below `durable` all is on the disk. */
  next: number;
  durable: number;
  /** Wall time of the last reading taken, so that stamps only ever grow. */
  end: number;
  durableEnd: number;
  /** Readings of it that are on the disk, or were until they were uploaded. */
  readings: number;
  /** The clock offset of its last block that had one. */
  offset?: number;
}

interface Snapshot {
  version: 1;
  generation: number;
  nextId: number;
  totals: StreamTotals[];
  streams: {
    id: number;
    totals: number;
    metadata: CaptureFileMetadata;
    durable: number;
    end: number | null;
    readings: number;
    offset?: number;
  }[];
}

export const tallyOf: Record<RemovalCause, 'uploaded' | 'setAside' | 'deleted'> = {
  uploaded: 'uploaded',
  'set-aside': 'setAside',
  deleted: 'deleted',
};

export function add(tally: Tally, blocks: number, readings: number): void {
  tally.blocks += blocks;
  tally.readings += readings;
}

/** Names one boot of a part. */
export function bootKey(part: string, boot: { counter: number; random: number }): string {
  return `${part}/${bootText(boot)}`;
}

function totalsKey(of: Pick<StreamTotals, 'part' | 'owner' | 'resource' | 'method' | 'parameters'>): string {
  const parameters = Object.entries(of.parameters).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([of.part, of.owner, of.resource, of.method, parameters]);
}

/** Every stream known, and the sums. */
export class StreamStates {
  readonly totals = new Map<string, StreamTotals>();
  private readonly byId = new Map<number, StreamState>();
  private readonly boots = new Map<string, Map<number, StreamState>>();
  private nextId = 1;

  /** The streams of one boot, by number. */
  ofBoot(part: string, boot: { counter: number; random: number }): ReadonlyMap<number, StreamState> {
    return this.boots.get(bootKey(part, boot)) ?? new Map();
  }

  /** The boots of a part of which streams are remembered. */
  bootsOf(part: string): { counter: number; random: number }[] {
    return [...this.boots.values()].flatMap((streams) => {
      const first = streams.values().next().value;
      return first !== undefined && first.metadata.part === part ? [first.metadata.boot] : [];
    });
  }

  byNumber(id: number): StreamState | undefined {
    return this.byId.get(id);
  }

  get all(): Iterable<StreamState> {
    return this.byId.values();
  }

  totalsOf(metadata: CaptureFileMetadata): StreamTotals {
    const { part, owner, resource, method, parameters } = metadata;
    const key = totalsKey(metadata);
    let totals = this.totals.get(key);
    if (totals === undefined) {
      const none = () => ({ blocks: 0, readings: 0 });
      const tallies = { received: none(), uploaded: none(), setAside: none(), deleted: none() };
      totals = { part, owner, resource, method, parameters, ...tallies };
      this.totals.set(key, totals);
    }
    return totals;
  }

  add(metadata: CaptureFileMetadata, id = this.nextId): StreamState {
    this.nextId = Math.max(this.nextId, id + 1);
    const start = {
      next: 0,
      durable: 0,
      end: Number.NEGATIVE_INFINITY,
      durableEnd: Number.NEGATIVE_INFINITY,
      readings: 0,
    };
    const state: StreamState = { id, metadata, totals: this.totalsOf(metadata), ...start };
    const key = bootKey(metadata.part, metadata.boot);
    const streams = this.boots.get(key) ?? new Map<number, StreamState>();
    streams.set(metadata.stream, state);
    this.boots.set(key, streams);
    this.byId.set(id, state);
    return state;
  }

  forget(state: StreamState): void {
    const key = bootKey(state.metadata.part, state.metadata.boot);
    const streams = this.boots.get(key);
    streams?.delete(state.metadata.stream);
    if (streams?.size === 0) this.boots.delete(key);
    this.byId.delete(state.id);
  }

  /** Only what is durable goes into a snapshot. */
  snapshot(generation: number): Uint8Array {
    const totals = [...this.totals.values()];
    const index = new Map(totals.map((entry, i) => [entry, i]));
    const streams = [...this.byId.values()].map((state) => ({
      id: state.id,
      totals: index.get(state.totals)!,
      metadata: state.metadata,
      durable: state.durable,
      end: Number.isFinite(state.durableEnd) ? state.durableEnd : null,
      readings: state.readings,
      offset: state.offset,
    }));
    const snapshot: Snapshot = { version: 1, generation, nextId: this.nextId, totals, streams };
    return new TextEncoder().encode(JSON.stringify(snapshot));
  }

  /** Fills an empty registry; returns the snapshot's generation. */
  restore(bytes: Uint8Array): number {
    const snapshot = JSON.parse(new TextDecoder().decode(bytes)) as Snapshot;
    if (snapshot.version !== 1) throw new Error(`state of version ${snapshot.version}; this gateway knows 1`);
    for (const totals of snapshot.totals) this.totals.set(totalsKey(totals), totals);
    for (const { id, metadata, durable, end, offset, readings } of snapshot.streams) {
      const state = this.add(metadata, id);
      state.next = state.durable = durable;
      state.end = state.durableEnd = end ?? Number.NEGATIVE_INFINITY;
      state.readings = readings;
      state.offset = offset;
    }
    this.nextId = snapshot.nextId;
    return snapshot.generation;
  }
}
