/**
 * What of the capture directory could not be read at a start, as its disk failed: files, and directories that could not
 * be listed. They wait, and are tried again.
 *
 * What comes in: places that failed. What goes out: which blocks of such a place are twins when it is read at last: those
 * that the log had and that were filed anew meanwhile. What holds: a twin is known by its place until that is read, in
 * later lives too (`state.json`), and nothing new is put into a directory that could not be listed.
 */
import { basename, dirname, join } from 'node:path';
import type { WallMilliseconds } from '@sluice/common/clock';
import { bootText } from '../../modules/block/boot-text';
import { type CaptureFileMetadata, type StreamName, streamName } from '../../modules/block/file';
import type { CollectorName } from './account';
import { directoryOf, displacedDirectoryOf, isOurName, stemOf } from './names';

/** For people. */
export interface UnreadPlace {
  /** Absolute. */
  path: string;
  reason: string;
  since: WallMilliseconds;
}

/** Sequence numbers `[from, to)`. */
type Stretch = [from: number, to: number];
/** As a snapshot keeps them. */
export type KeptUnread = [place: string, streams: [StreamName, Stretch[]][]];

type Twins = Map<StreamName, Set<number>>;

interface Waiting {
  /** Of a file the names that it has, of a directory none. */
  names: Set<string>;
  reason: string;
  since: WallMilliseconds;
  twins: Twins;
}

/** Where a file of ours is: of a capture file without what its name says when it is complete. Within the root. */
export function placeOf(key: string): string {
  const name = basename(key);
  const kind = isOurName(name);
  return kind === 'open' || kind === 'complete' ? join(dirname(key), stemOf(name)) : key;
}

export class Unread {
  readonly #root: string;
  readonly #wall: () => WallMilliseconds;
  /** By place: a directory, or a file's. */
  readonly #waiting = new Map<string, Waiting>();
  /** Of the life before, until this one has looked. */
  #earlier = new Map<string, Twins>();

  constructor(root: string, wall: () => WallMilliseconds) {
    this.#root = root;
    this.#wall = wall;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** Places that wait, the longest first; while they come and go. */
  get places(): IterableIterator<string> {
    return this.#waiting.keys();
  }

  *described(): Generator<UnreadPlace> {
    for (const [place, { names, reason, since }] of this.#waiting) {
      const path = join(this.#root, names.size > 0 ? join(dirname(place), [...names][0]!) : place);
      yield { path, reason, since };
    }
  }

  /** A file of ours could not be read. */
  addFile(key: string, error: Error): void {
    this.#add(placeOf(key), error).names.add(basename(key));
  }

  /** A directory could not be listed. */
  addDirectory(path: string, error: Error): void {
    this.#add(path, error);
  }

  /** It has failed once more: others are tried before it the next time. */
  postpone(place: string, error: Error): void {
    const of = this.#waiting.get(place);
    if (of === undefined) return;
    of.reason = error.message;
    this.#waiting.delete(place);
    this.#waiting.set(place, of);
  }

  /** It is read, or gone. What is in it and failed by itself knows its twins still. */
  resolve(place: string): void {
    const of = this.#waiting.get(place);
    this.#waiting.delete(place);
    if (of === undefined) return;
    for (const [other, { twins }] of this.#waiting) if (contains(place, other)) merge(twins, of.twins);
  }

  has(place: string): boolean {
    return this.#waiting.has(place);
  }

  isFile(place: string): boolean {
    return (this.#waiting.get(place)?.names.size ?? 0) > 0;
  }

  /** Whether a file may be there unseen. @param key or its place */
  mayHave(key: string): boolean {
    if (this.#waiting.size === 0) return false;
    return this.#waiting.has(placeOf(key)) || this.isClosed(dirname(key));
  }

  /** Whether a directory could not be listed, or one above it. */
  isClosed(directory: string): boolean {
    return this.#waiting.size > 0 && [...above(directory)].some((path) => this.#isDirectory(path));
  }

  /** Where its next file goes, within the root: not among files that nobody knows. */
  homeOf(collector: CollectorName): string {
    const home = directoryOf(collector);
    return this.isClosed(home) ? displacedDirectoryOf(collector) : home;
  }

  /** Whether something of a collector may be there unseen. */
  concerns(collector: CollectorName): boolean {
    const homes = [directoryOf(collector), displacedDirectoryOf(collector)];
    return [...this.#waiting.keys()].some((place) =>
      homes.some((home) => contains(place, home) || contains(home, place)),
    );
  }

  /** Whether a block that is found in a file was filed anew while that could not be read. */
  isTwin(key: string, stream: StreamName, sequence: number): boolean {
    if (this.#waiting.size === 0 && this.#earlier.size === 0) return false;
    for (const place of [placeOf(key), ...above(dirname(key))]) {
      if (this.#earlier.get(place)?.get(stream)?.has(sequence)) return true;
      if (this.#waiting.get(place)?.twins.get(stream)?.has(sequence)) return true;
    }
    return false;
  }

  /** These blocks of a stream are filed from the log, at this start or one before: they are twins where they may lie unseen. */
  filed(metadata: CaptureFileMetadata, sequences: Iterable<number>): void {
    const places = [...this.#waiting].flatMap(([place, { twins, names }]) => {
      const first = names.size > 0 ? firstIn(place, metadata) : firstBelow(place, metadata);
      return first === undefined ? [] : [{ twins, first }];
    });
    if (places.length === 0) return;
    const stream = streamName(metadata);
    for (const sequence of sequences)
      for (const { twins, first } of places)
        if (sequence >= first) twins.set(stream, (twins.get(stream) ?? new Set()).add(sequence));
  }

  /** All was looked at: what the life before could not read is read, or waits still. */
  looked(): void {
    for (const [earlier, twins] of this.#earlier)
      for (const [place, of] of this.#waiting)
        if (contains(earlier, place) || contains(place, earlier)) merge(of.twins, twins);
    this.#earlier.clear();
  }

  snapshot(): KeptUnread[] {
    return [...this.#waiting].map(([place, { twins }]) => [
      place,
      [...twins].map(([stream, sequences]) => [stream, stretchesOf(sequences)]),
    ]);
  }

  restore(kept: readonly KeptUnread[]): void {
    for (const [place, streams] of kept)
      this.#earlier.set(
        place,
        new Map(streams.map(([stream, stretches]) => [stream, new Set(sequencesOf(stretches))])),
      );
  }

  #add(place: string, error: Error): Waiting {
    const { message: reason } = error;
    const of = this.#waiting.get(place) ?? {
      names: new Set(),
      reason,
      since: this.#wall(),
      twins: new Map(),
    };
    of.reason = reason;
    this.#waiting.set(place, of);
    return of;
  }

  #isDirectory(path: string): boolean {
    return this.#waiting.get(path)?.names.size === 0;
  }
}

/** A path, and all that it lies in. */
function* above(path: string): Generator<string> {
  for (let at = path; at !== '.' && at !== '/'; at = dirname(at)) yield at;
}

/** Or is the same. */
function contains(directory: string, path: string): boolean {
  return path === directory || path.startsWith(`${directory}/`);
}

/** The first block that a file may hold of a stream; undefined: none. */
function firstIn(place: string, metadata: CaptureFileMetadata): number | undefined {
  if (!homesOf(metadata).includes(dirname(place))) return undefined;
  const [, boot, stream, first] = basename(place).split('_');
  const isOf = boot === bootText(metadata.boot) && stream === String(metadata.stream);
  return isOf ? Number(first) : undefined;
}

function firstBelow(directory: string, metadata: CaptureFileMetadata): number | undefined {
  return homesOf(metadata).some((home) => contains(directory, home)) ? 0 : undefined;
}

function homesOf(of: CollectorName): string[] {
  return [directoryOf(of), displacedDirectoryOf(of)];
}

function merge(into: Twins, from: Twins): void {
  for (const [stream, sequences] of from)
    into.set(stream, new Set([...(into.get(stream) ?? []), ...sequences]));
}

function stretchesOf(sequences: Iterable<number>): Stretch[] {
  const stretches: Stretch[] = [];
  for (const sequence of [...sequences].sort((a, b) => a - b)) {
    const last = stretches.at(-1);
    if (last !== undefined && last[1] === sequence) last[1]++;
    else stretches.push([sequence, sequence + 1]);
  }
  return stretches;
}

function* sequencesOf(stretches: readonly Stretch[]): Generator<number> {
  for (const [from, to] of stretches) for (let sequence = from; sequence < to; sequence++) yield sequence;
}
