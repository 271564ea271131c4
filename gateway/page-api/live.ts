/**
 * What was received lately, for the page: blocks as they came, a few minutes of them, opened only when somebody
 * looks. In: durable blocks with their mapping. Out: samples to listeners, and the recent past on demand.
 */
import { BlockError } from '../../modules/block/block-error';
import { decodeBlock } from '../../modules/block/decoder';
import type { CaptureFileMetadata, WallMapping } from '../../modules/block/file';
import { identityKey } from '../../modules/config/plan';
import type { Samples } from './state';

interface Kept {
  /** Wall milliseconds of its last reading. */
  end: number;
  metadata: CaptureFileMetadata;
  mapping: WallMapping;
  bytes: Uint8Array;
}

/** Names a stream over all boots of its part. */
export function streamKey({
  part,
  owner,
  resource,
  method,
  parameters,
}: Pick<CaptureFileMetadata, 'part' | 'owner' | 'resource' | 'method' | 'parameters'>): string {
  return `${part} ${identityKey({ owner, resource, method, parameters })}`;
}

export class Live {
  readonly #kept = new Map<string, Kept[]>();
  readonly #listeners = new Set<(samples: Samples[]) => void>();
  readonly #window: number;
  readonly #blocksPerStream: number;
  readonly #now: () => number;

  /** @param window milliseconds kept @param blocksPerStream bound of memory, whatever the window says */
  constructor(now: () => number, window = 15 * 60_000, blocksPerStream = 2000) {
    this.#now = now;
    this.#window = window;
    this.#blocksPerStream = blocksPerStream;
  }

  /** @param end wall milliseconds of the block's last reading; what an outage has made too old is not kept */
  add(metadata: CaptureFileMetadata, mapping: WallMapping, bytes: Uint8Array, end: number): void {
    const key = streamKey(metadata);
    const oldest = this.#now() - this.#window;
    // Readings of unknown time cannot be plotted.
    if (!mapping.known || end < oldest) return;
    const kept = this.#kept.get(key) ?? [];
    this.#kept.set(key, kept);
    const block = { end, metadata, mapping, bytes };
    kept.push(block);
    const expired = kept.findIndex((other) => other.end >= oldest);
    kept.splice(0, Math.max(expired, kept.length - this.#blocksPerStream));
    if (this.#listeners.size === 0) return;
    const samples = open(key, block);
    for (const listener of this.#listeners) listener(samples);
  }

  /** Everything kept of every stream when first asked, in the order received, however slowly it is taken. */
  *history(): Generator<Samples> {
    const kept = [...this.#kept].flatMap(([key, blocks]) => blocks.map((block) => ({ key, block })));
    for (const { key, block } of kept) yield* open(key, block);
  }

  /** @returns how to stop listening */
  listen(listener: (samples: Samples[]) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

function open(stream: string, { metadata, mapping, bytes }: Kept): Samples[] {
  const block = decodeBlock(bytes);
  if (block instanceof BlockError) return [];
  const { part, range } = metadata;
  const times = Array.from(block.times().requested, (time) => time + mapping.offset);
  if (block.kind !== 'record') {
    const { min, step } = range ?? { min: 0, step: 1 };
    const values = Array.from(block.values as ArrayLike<number>, (value) => min + value * step);
    return [{ part, stream, series: '', times, values }];
  }
  const all = new Map<string, Samples>();
  for (const [index, record] of (block.values as object[]).entries()) {
    for (const [series, value] of numbers(record)) {
      const samples = all.get(series) ?? { part, stream, series, times: [], values: [] };
      all.set(series, samples);
      samples.times.push(times[index]!);
      samples.values.push(value);
    }
  }
  return [...all.values()];
}

function numbers(record: object, prefix = ''): [string, number][] {
  return Object.entries(record).flatMap(([key, value]): [string, number][] => {
    if (typeof value === 'number') return [[prefix + key, value]];
    if (typeof value === 'boolean') return [[prefix + key, value ? 1 : 0]];
    return typeof value === 'object' && value !== null ? numbers(value, `${prefix}${key}_`) : [];
  });
}
