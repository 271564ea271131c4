/** What the gateway remembers of every stream: above all its durable watermark. */
import { bootText } from '../../modules/block/boot-text';
import type { CaptureFileMetadata } from '../../modules/block/file';
import type { Account, Collector } from './account';

/** Names a boot of a part. */
export interface Boot {
  counter: number;
  random: number;
}

export function sameBoot(a: Boot, b: Boot): boolean {
  return a.counter === b.counter && a.random === b.random;
}

/** One stream of one boot of one part. */
export interface StreamState {
  readonly id: number;
  readonly metadata: CaptureFileMetadata;
  readonly collector: Collector;
  /** The sequence number that is taken next; below `durable` all is on the disk. */
  next: number;
  durable: number;
  /** Wall time of the last reading taken, so that stamps only ever grow. */
  end: number;
  durableEnd: number;
  /** Readings of it that are durable, or were until they left. */
  readings: number;
  /** The clock offset of its last block that had one. */
  offset?: number;
}

export interface KeptStream {
  id: number;
  metadata: CaptureFileMetadata;
  durable: number;
  end: number | null;
  readings: number;
  offset?: number;
}

/** Names one boot of a part. */
export function bootKey(part: string, boot: Boot): string {
  return `${part}/${bootText(boot)}`;
}

/** Every stream known. */
export class StreamStates {
  readonly #account: Account;
  readonly #byId = new Map<number, StreamState>();
  readonly #boots = new Map<string, Map<number, StreamState>>();
  /** By part: the keys of its boots. */
  readonly #parts = new Map<string, Set<string>>();
  #nextId = 1;

  constructor(account: Account) {
    this.#account = account;
  }

  /** The streams of one boot, by number. */
  ofBoot(part: string, boot: Boot): ReadonlyMap<number, StreamState> {
    return this.#boots.get(bootKey(part, boot)) ?? new Map();
  }

  /** The boots of a part of which streams are remembered. */
  bootsOf(part: string): Boot[] {
    return [...(this.#parts.get(part) ?? [])].map(
      (key) => this.#boots.get(key)!.values().next().value!.metadata.boot,
    );
  }

  byNumber(id: number): StreamState | undefined {
    return this.#byId.get(id);
  }

  get all(): Iterable<StreamState> {
    return this.#byId.values();
  }

  add(metadata: CaptureFileMetadata, id = this.#nextId): StreamState {
    this.#nextId = Math.max(this.#nextId, id + 1);
    const state: StreamState = {
      id,
      metadata,
      collector: this.#account.of(metadata),
      next: 0,
      durable: 0,
      end: Number.NEGATIVE_INFINITY,
      durableEnd: Number.NEGATIVE_INFINITY,
      readings: 0,
    };
    const { part, boot, stream } = metadata;
    const key = bootKey(part, boot);
    const streams = this.#boots.get(key) ?? new Map<number, StreamState>();
    streams.set(stream, state);
    this.#boots.set(key, streams);
    this.#parts.set(part, (this.#parts.get(part) ?? new Set()).add(key));
    this.#byId.set(id, state);
    return state;
  }

  forget(state: StreamState): void {
    const { part, boot, stream } = state.metadata;
    const key = bootKey(part, boot);
    const streams = this.#boots.get(key);
    if (streams?.get(stream) === state) streams.delete(stream);
    this.#byId.delete(state.id);
    if (streams?.size !== 0) return;
    this.#boots.delete(key);
    const boots = this.#parts.get(part);
    boots?.delete(key);
    if (boots?.size === 0) this.#parts.delete(part);
  }

  /** Only what is durable. */
  snapshot(): { nextId: number; streams: KeptStream[] } {
    const streams = [...this.#byId.values()].map(
      ({ id, metadata, durable, durableEnd, readings, offset }) => ({
        id,
        metadata,
        durable,
        end: Number.isFinite(durableEnd) ? durableEnd : null,
        readings,
        ...(offset === undefined ? {} : { offset }),
      }),
    );
    return { nextId: this.#nextId, streams };
  }

  restore({ nextId, streams }: { nextId: number; streams: KeptStream[] }): void {
    for (const { id, metadata, durable, end, offset, readings } of streams) {
      const state = this.add(metadata, id);
      state.next = state.durable = durable;
      state.end = state.durableEnd = end ?? Number.NEGATIVE_INFINITY;
      state.readings = readings;
      if (offset !== undefined) state.offset = offset;
    }
    this.#nextId = Math.max(this.#nextId, nextId);
  }
}
