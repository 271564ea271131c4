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
  /** By place, also of one before that lies in a directory which cannot be listed now: of that file alone. */
  readonly #twins = new Map<string, Twins>();

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
    this.#wait(placeOf(key), error).names.add(basename(key));
  }

  /** A directory could not be listed. */
  addDirectory(path: string, error: Error): void {
    this.#wait(path, error);
  }

  /** It has failed once more: others are tried before it the next time. */
  postpone(place: string, error: Error): void {
    const of = this.#waiting.get(place);
    if (of === undefined) return;
    of.reason = error.message;
    this.#waiting.delete(place);
    this.#waiting.set(place, of);
  }

  /** It is read, or gone. */
  resolve(place: string): void {
    this.#waiting.delete(place);
    this.looked();
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
    if (this.#twins.size === 0) return false;
    const places = [placeOf(key), ...above(dirname(key))];
    return places.some((place) => this.#twins.get(place)?.get(stream)?.has(sequence));
  }

  /** Whether that holds of the block with which a file begins by its name, whoever's it is. */
  isTwinByName(key: string): boolean {
    const [, boot, number, first] = basename(placeOf(key)).split('_');
    for (const place of [placeOf(key), ...above(dirname(key))])
      for (const [stream, sequences] of this.#twins.get(place) ?? [])
        if (stream.endsWith(`/${boot}/${number}`) && sequences.has(Number(first))) return true;
    return false;
  }

  /** These blocks of a stream are filed from the log, at this start or one before: they are twins where they may lie unseen. */
  filed(metadata: CaptureFileMetadata, sequences: readonly number[]): void {
    const stream = streamName(metadata);
    for (const [place, { names }] of this.#waiting) {
      const first = names.size > 0 ? firstIn(place, metadata) : firstBelow(place, metadata);
      if (first === undefined) continue;
      const found = [...sequences].filter((sequence) => sequence >= first);
      if (found.length > 0) this.#add(place, new Map([[stream, new Set(found)]]));
    }
  }

  /**
   * All was looked at that could be: the twins of what was read are of no more use, but those of a directory are in what of
   * it waits still.
   */
  looked(): void {
    for (const [place, twins] of this.#twins) {
      if (this.#waiting.has(place) || this.isClosed(dirname(place))) continue;
      this.#twins.delete(place);
      for (const other of this.#waiting.keys()) if (contains(place, other)) this.#add(other, twins);
    }
  }

  snapshot(): KeptUnread[] {
    return [...this.#twins].map(([place, twins]) => [
      place,
      [...twins].map(([stream, sequences]) => [stream, stretchesOf(sequences)]),
    ]);
  }

  restore(kept: readonly KeptUnread[]): void {
    for (const [place, streams] of kept)
      this.#add(
        place,
        new Map(streams.map(([stream, stretches]) => [stream, new Set(sequencesOf(stretches))])),
      );
  }

  #add(place: string, twins: Twins): void {
    const of = this.#twins.get(place) ?? new Map<StreamName, Set<number>>();
    this.#twins.set(place, of);
    for (const [stream, sequences] of twins)
      of.set(stream, new Set([...(of.get(stream) ?? []), ...sequences]));
  }

  #wait(place: string, error: Error): Waiting {
    const { message: reason } = error;
    const of = this.#waiting.get(place) ?? {
      names: new Set(),
      reason,
      since: this.#wall(),
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
