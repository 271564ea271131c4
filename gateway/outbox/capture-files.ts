/**
 * The capture files that are being filled: `.prog` while open, `.sluice` when complete.
 *
 * What comes in: blocks that are durable in the log. What goes out: complete files of at most `maximumBytes`. What
 * holds: what a checkpoint has not asked for may be in memory alone, complete files too; a failed write keeps its blocks
 * in memory and is tried again; nothing waits for the disk to sync.
 */
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Clock, MonotonicMilliseconds } from '@sluice/common/clock';
import {
  type CapturedBlock,
  type CaptureFileMetadata,
  encodeHead,
  encodeRecord,
  openExtension,
} from '../../modules/block/file';
import type { Tally } from './account';
import type { BlocksReference } from './entry';
import { completeName, stemFor } from './names';
import { type FiledStream, type PlacedFile, Placement, type PlacementOptions } from './placement';
import { type StoredFile, storedFile } from './stored-files';
import { each } from './turn';

interface OpenFile extends PlacedFile {
  stem: string;
  begun: number;
  /** Monotonic milliseconds. */
  since: MonotonicMilliseconds;
  size: number;
  waiting: Uint8Array[];
  /** The disk was given something of it, if only in vain. */
  isTouched: boolean;
  written: { bytes: number; next: number; blocks: number; readings: number };
  first: number;
  next: number;
  blocks: number;
  readings: number;
}

export interface CaptureFilesOptions extends PlacementOptions {
  clock: Clock;
  maximumBytes: number;
  /** Of files in memory, beyond which they are written. */
  heldBytes: number;
  onComplete(item: BlocksReference, file: StoredFile): void;
  /** Somebody deleted a file that was not complete by hand. */
  onGone(metadata: CaptureFileMetadata, count: Tally): void;
}

/** Files written at once: where a sync waits for all of them, and where nobody does. */
const widths = { awaited: 16, behind: 2 };
/** Files completed before the event loop has its turn. */
const slice = 64;
/** Bytes free on the disk below which what is complete is written at once: of a full disk only files make room. */
const leastFree = 64 << 20;

export class CaptureFiles {
  /** Bytes of blocks that are in memory and in the log only. */
  buffered = 0;
  /** Bytes of the files that are not complete. */
  bytes = 0;
  /** Of a file; what is open may be larger when it becomes less. */
  maximumBytes: number;
  readonly #options: CaptureFilesOptions;
  readonly #open = new Map<FiledStream, OpenFile>();
  /** No more comes to them; they wait to be completed. */
  readonly #full = new Set<OpenFile>();
  /** Complete, and in memory alone. */
  readonly #held = new Set<OpenFile>();
  readonly #heads = new WeakMap<FiledStream, Uint8Array>();
  readonly #placement: Placement;

  constructor(options: CaptureFilesOptions) {
    this.#options = options;
    this.#placement = new Placement(options);
    this.maximumBytes = options.maximumBytes;
  }

  get openFiles(): { metadata: CaptureFileMetadata; blocks: number; readings: number }[] {
    return [...this.#open.values(), ...this.#full].map(({ stream, blocks, readings }) => ({
      metadata: stream.metadata,
      blocks,
      readings,
    }));
  }

  add(stream: FiledStream, block: CapturedBlock): void {
    const record = encodeRecord(block);
    let file = this.#open.get(stream);
    if (file !== undefined && file.size + record.length > this.maximumBytes) {
      this.#full.add(file);
      file = undefined;
    }
    if (file === undefined) {
      file = this.#begin(stream, block.sequence);
      this.#open.set(stream, file);
    }
    file.waiting.push(record);
    file.size += record.length;
    file.next = block.sequence + 1;
    file.blocks++;
    file.readings += block.readings;
    this.buffered += record.length;
    this.bytes += record.length;
  }

  /** What comes next of a stream begins a file. */
  end(stream: FiledStream): void {
    const file = this.#open.get(stream);
    if (file === undefined) return;
    this.#open.delete(stream);
    this.#full.add(file);
  }

  /** Writes what waits now; what comes meanwhile is for later. Never rejects: resolves to whether all of it worked. */
  async write(how: keyof typeof widths): Promise<boolean> {
    let worked = true;
    const waiting = [...this.#held, ...this.#full, ...this.#open.values()].filter(
      (open) => open.waiting.length > 0,
    );
    await each(waiting, widths[how], async (open) => {
      if (!(await open.file.turn.run(() => this.#write(open)))) worked = false;
    });
    return worked;
  }

  /**
   * Completes what is full: in memory, where the disk has nothing of it. One at a time. Never rejects: resolves to whether
   * all of it worked.
   */
  async completeFull(): Promise<boolean> {
    let worked = true;
    let completed = 0;
    let pause: Promise<void> | undefined;
    // One that cannot be written waits for the next time, and no other waits for it.
    await each(byStream(this.#full), widths.awaited, async (files) => {
      for (const open of files) {
        if (await open.file.turn.run(() => this.#finish(open))) this.#full.delete(open);
        else worked = false;
        if (++completed % slice === 0) pause = setImmediate();
        await pause;
      }
    });
    return worked;
  }

  /** Completes files that were begun at least `olderThan` milliseconds ago. Never rejects. */
  async completeOpen(olderThan: number): Promise<void> {
    const now = this.#options.clock.now();
    for (const [stream, file] of this.#open) {
      if (now - file.since < olderThan) continue;
      this.#open.delete(stream);
      this.#full.add(file);
    }
    await this.completeFull();
    if (this.buffered > this.#options.heldBytes || !(await this.#hasRoom())) await this.write('awaited');
  }

  async #hasRoom(): Promise<boolean> {
    const { root, storage, onProblem } = this.#options;
    if (this.#held.size === 0) return true;
    try {
      return (await storage.freeSpace(root)) >= leastFree;
    } catch (error) {
      onProblem(root, error as Error);
      return false;
    }
  }

  #begin(stream: FiledStream, first: number): OpenFile {
    const { metadata } = stream;
    const head = this.#heads.get(stream) ?? encodeHead(metadata);
    this.#heads.set(stream, head);
    const { root, clock, unread } = this.#options;
    const directory = this.#placement.directoryOf(stream);
    let begun = Math.round(clock.wall());
    let stem = stemFor(metadata, first, begun);
    // One that could not be read may have been begun with the same block, when the clock showed the same.
    while (unread.has(join(directory, stem))) stem = stemFor(metadata, first, ++begun);
    this.buffered += head.length;
    this.bytes += head.length;
    return {
      stream,
      file: storedFile(join(root, directory, stem + openExtension)),
      directory,
      stem,
      begun,
      since: clock.now(),
      size: head.length,
      waiting: [head],
      isTouched: false,
      written: { bytes: 0, next: first, blocks: 0, readings: 0 },
      first,
      next: first,
      blocks: 0,
      readings: 0,
    };
  }

  async #finish(open: OpenFile): Promise<boolean> {
    const isHeld = !open.isTouched;
    if (isHeld ? this.#placement.mustWait(open) : !(await this.#write(open))) return false;
    const { storage, unsynced, onComplete, onGone, onProblem } = this.#options;
    const { file, directory, stem, stream, first, next, blocks, readings, begun, size } = open;
    const name = completeName(stem, next, blocks, readings);
    const path = file.path.slice(0, -(stem.length + openExtension.length)) + name;
    try {
      if (!isHeld) await storage.rename(file.path, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        onProblem(file.path, error as Error);
        return false;
      }
      file.gone = true;
      unsynced.forget(file);
      this.bytes -= size;
      onGone(stream.metadata, { blocks, readings });
      return true;
    }
    file.path = path;
    if (isHeld) this.#hold(open);
    else unsynced.moved(path);
    this.bytes -= size;
    const { metadata } = stream;
    const key = `${directory}/${name}`;
    onComplete({ type: 'blocks', key, metadata, first, next, blocks, readings, bytes: size, begun }, file);
    return true;
  }

  #hold(open: OpenFile): void {
    this.#held.add(open);
    open.file.held = {
      get isUntouched() {
        return !open.isTouched;
      },
      bytes: () => Buffer.concat(open.waiting),
      write: () => this.#writeHeld(open),
      drop: () => {
        for (const { length } of open.waiting) this.buffered -= length;
        open.waiting = [];
        this.#letGo(open);
      },
    };
  }

  #letGo(open: OpenFile): void {
    this.#held.delete(open);
    open.file.held = undefined;
  }

  async #writeHeld(open: OpenFile): Promise<void> {
    if (!(await this.#placement.place(open))) throw new Error(`there is no directory for ${open.file.path}`);
    await this.#writeWaiting(open);
  }

  /** Resolves to whether it worked. */
  async #write(open: OpenFile): Promise<boolean> {
    if (open.waiting.length === 0) return true;
    if (!(await this.#placement.place(open))) return false;
    try {
      await this.#writeWaiting(open);
      return true;
    } catch (error) {
      this.#options.onProblem(open.file.path, error as Error);
      return false;
    }
  }

  async #writeWaiting(open: OpenFile): Promise<void> {
    open.isTouched = true;
    try {
      const handle = await this.#openAtItsEnd(open);
      try {
        // What is added while this is being written waits for the next time.
        const chunks = open.waiting.slice();
        const { next, blocks, readings } = open;
        await handle.append(chunks);
        const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
        open.waiting = open.waiting.slice(chunks.length);
        open.written = { bytes: open.written.bytes + bytes, next, blocks, readings };
        this.buffered -= bytes;
        this.#letGo(open);
      } finally {
        await handle.close();
      }
    } finally {
      this.#options.unsynced.written(open.file);
    }
  }

  async #openAtItsEnd(open: OpenFile) {
    const { storage, unsynced } = this.#options;
    // Made before the first write, and again when somebody removed it.
    if (open.written.bytes > 0) {
      const status = await storage.status(open.file.path);
      if (status === undefined || status.size < open.written.bytes) {
        await storage.discard(open.file.path);
        unsynced.moved(open.file.path);
        this.#beginAgain(open);
      }
    }
    const handle = await this.#placement.open(open.file.path);
    if (open.written.bytes === 0) unsynced.moved(open.file.path);
    try {
      if (handle.size > open.written.bytes) await handle.truncate(open.written.bytes);
    } catch (error) {
      await handle.close();
      throw error;
    }
    return handle;
  }

  /** What was written of the file has been deleted by hand: the rest goes to a new one. */
  #beginAgain(open: OpenFile): void {
    const { root, onGone, unsynced } = this.#options;
    const { next, blocks, readings, bytes } = open.written;
    onGone(open.stream.metadata, { blocks, readings });
    const fresh = this.#begin(open.stream, next);
    unsynced.forget(open.file);
    open.stem = fresh.stem;
    open.file.path = join(root, open.directory, fresh.stem + openExtension);
    open.first = next;
    open.blocks -= blocks;
    open.readings -= readings;
    open.size += fresh.size - bytes;
    this.bytes -= bytes;
    open.waiting.unshift(fresh.waiting[0]!);
    open.written = fresh.written;
  }
}

/** Each stream's, so that they are complete in its order. */
function byStream(files: Iterable<OpenFile>): Iterable<OpenFile[]> {
  const streams = new Map<FiledStream, OpenFile[]>();
  for (const file of files) {
    const others = streams.get(file.stream);
    if (others === undefined) streams.set(file.stream, [file]);
    else others.push(file);
  }
  return streams.values();
}
