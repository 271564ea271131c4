/**
 * The ledger: which segments there are and how far they are durable. The writer moves its end, trimming its beginning,
 * and readers look; nobody waits for anybody.
 */
import type { Position } from './format';

export interface Segment {
  readonly number: number;
  readonly path: string;
  readonly first: Position;
  /** What it holds from there on is not durable, or void. */
  end: Position;
  /** Bytes of the file up to there; where that is not known, of the whole file. */
  bytes: number;
  /** Wall milliseconds of its first record and of its last. */
  readonly created: number;
  written: number;
}

export class Segments {
  #list: Segment[] = [];
  #waiting = new Set<() => void>();
  /** Position of the next record. */
  end: Position = 0;
  closed = false;

  get list(): readonly Segment[] {
    return this.#list;
  }

  /** Oldest position that can be read. */
  get first(): Position {
    return this.#list[0]?.first ?? this.end;
  }

  /** Where the last segment that holds records ends; below `end` where positions were left out. */
  get recordsEnd(): Position {
    for (let index = this.#list.length - 1; index >= 0; index--) {
      const { first, end } = this.#list[index]!;
      if (end > first) return end;
    }
    return this.end;
  }

  get bytes(): number {
    return this.#list.reduce((sum, { bytes }) => sum + bytes, 0);
  }

  add(segment: Segment): void {
    this.#list.push(segment);
    this.end = Math.max(this.end, segment.end);
    this.#wake();
  }

  /** More of a segment has become durable. */
  grow(segment: Segment, end: Position, bytes: number, written: number): void {
    segment.end = end;
    segment.bytes = bytes;
    segment.written = written;
    this.end = end;
    this.#wake();
  }

  dropOldest(): Segment {
    return this.#list.shift()!;
  }

  close(): void {
    this.closed = true;
    this.#wake();
  }

  /** The segment that a reader at `position` goes on in: the first that ends behind it. */
  at(position: Position): Segment | undefined {
    let low = 0;
    let high = this.#list.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#list[middle]!.end > position) high = middle;
      else low = middle + 1;
    }
    return this.#list[low];
  }

  /** Bytes from `position` to the end, by the share of its segment that is behind it. */
  bytesFrom(position: Position): number {
    let sum = 0;
    for (const { first, end, bytes } of this.#list) {
      if (end <= position || end === first) continue;
      sum += (bytes * (end - Math.max(first, position))) / (end - first);
    }
    return Math.round(sum);
  }

  /** Wall milliseconds at which the record at `position` was written, within its segment by its share. */
  timeOf(position: Position): number | undefined {
    const segment = this.at(position);
    if (segment === undefined) return undefined;
    const { first, end, created, written } = segment;
    return created + ((written - created) * Math.max(0, position - first)) / (end - first);
  }

  /** Resolves at the next change: something became durable, or the log was closed. */
  changed(signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        this.#waiting.delete(wake);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      if (this.closed || signal?.aborted) return resolve();
      this.#waiting.add(wake);
      signal?.addEventListener('abort', wake);
    });
  }

  #wake(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}
