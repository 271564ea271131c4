/**
 * The capture files: `<root>/<api>/<part>:<name>/<method>/<stamp>_<boot>_<stream>_<first>…`, `.prog` while
 * open, `.sluice` when complete. A complete file's name carries its sequence numbers and counts, so that a
 * start needs to read only heads.
 *
 * What comes in: blocks that are durable in the journal. What goes out: complete files of at most
 * `maximumBytes`. What holds: a failed write keeps its blocks in memory and is tried again.
 */
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { Clock } from '@sluice/common/clock';
import { bootText } from '../../modules/block/boot-text';
import {
  type CapturedBlock,
  type CaptureFileMetadata,
  completeExtension,
  encodeHead,
  encodeRecord,
  openExtension,
} from '../../modules/block/file';
import type { Storage } from './storage';
import type { StreamState } from './stream-state';

/** A complete capture file. */
export interface CaptureFile {
  path: string;
  metadata: CaptureFileMetadata;
  /** Sequence numbers: its first block, and one above its last. */
  first: number;
  next: number;
  blocks: number;
  readings: number;
  /** Wall milliseconds at which it was begun. */
  begun: number;
}

interface OpenFile {
  state: StreamState;
  directory: string;
  stem: string;
  begun: number;
  since: number;
  size: number;
  waiting: Uint8Array[];
  /** What of it is in the file already. */
  written: { bytes: number; next: number; blocks: number; readings: number };
  first: number;
  next: number;
  blocks: number;
  readings: number;
}

/** A path component from an outside name: nothing of it can leave its directory. */
export function component(name: string): string {
  const safe = name.replace(/[^A-Za-z0-9_.:-]/g, '_').replace(/^\./, '_');
  if (safe.length <= 120 && safe !== '') return safe;
  return `${safe.slice(0, 100)}-${createHash('sha256').update(name).digest('hex').slice(0, 12)}`;
}

export function directoryOf(root: string, { part, resource, method }: CaptureFileMetadata): string {
  const slash = resource.indexOf('/');
  const api =
    slash < 0
      ? 'unknown'
      : resource
          .slice(0, slash)
          .replaceAll(':', '_')
          .replace(/^failed$/, '_failed');
  return join(root, component(api), component(`${part}:${resource.slice(slash + 1)}`), component(method));
}

const stemPattern = /^(\d{8}T\d{9}Z)_(\d+)-([0-9a-f]{8})_(\d+)_(\d+)(?:-(\d+)_(\d+)_(\d+))?$/;

function stampOf(wall: number): string {
  return new Date(wall).toISOString().replace(/[-:.]/g, '');
}

function wallOf(stamp: string): number {
  const [, y, mo, d, h, mi, s, ms] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)(\d{3})Z$/.exec(stamp)!;
  return Date.UTC(Number(y), Number(mo) - 1, Number(d), Number(h), Number(mi), Number(s), Number(ms));
}

/** Whether a file of this name could be ours; its first bytes decide. */
export function isOurName(name: string): 'open' | 'complete' | undefined {
  if (name.endsWith(openExtension) && stemPattern.test(name.slice(0, -openExtension.length))) return 'open';
  const match =
    name.endsWith(completeExtension) && stemPattern.exec(name.slice(0, -completeExtension.length));
  return match && match[6] !== undefined ? 'complete' : undefined;
}

/** What open and complete names of a file have in common. */
export function stemOf(name: string): string {
  return /^[^_]*_[^_]*_\d+_\d+/.exec(name)![0];
}

/** What a complete file's name says. */
export function describe(path: string, name: string, metadata: CaptureFileMetadata): CaptureFile {
  const match = stemPattern.exec(name.slice(0, -completeExtension.length))!;
  const [first, last, blocks, readings] = [match[5], match[6], match[7], match[8]].map(Number);
  return {
    path,
    metadata,
    first: first!,
    next: last! + 1,
    blocks: blocks!,
    readings: readings!,
    begun: wallOf(match[1]!),
  };
}

export interface CaptureFilesOptions {
  root: string;
  storage: Storage;
  clock: Clock;
  maximumBytes: number;
  /** A file could not be written; its blocks are safe in the journal. */
  onProblem(path: string, error: Error): void;
  /** Somebody deleted a file that was not complete by hand. */
  onGone(state: StreamState, blocks: number, readings: number): void;
}

export class CaptureFiles {
  /** Complete files by path, in the order of their beginning. */
  readonly complete = new Map<string, CaptureFile>();
  /** Bytes of blocks that are in memory and in the journal only. */
  buffered = 0;
  private readonly open = new Map<StreamState, OpenFile>();
  private readonly full: OpenFile[] = [];
  private readonly unsynced = new Set<string>();
  private readonly heads = new WeakMap<StreamState, Uint8Array>();

  constructor(private readonly options: CaptureFilesOptions) {}

  get openFiles(): Iterable<{ state: StreamState; blocks: number; readings: number }> {
    return [...this.open.values(), ...this.full];
  }

  get hasFull(): boolean {
    return this.full.length > 0;
  }

  add(state: StreamState, block: CapturedBlock): void {
    const record = encodeRecord(block);
    let file = this.open.get(state);
    if (file !== undefined && file.size + record.length > this.options.maximumBytes) {
      this.full.push(file);
      file = undefined;
    }
    if (file === undefined) {
      file = this.begin(state, block.sequence);
      this.open.set(state, file);
    }
    file.waiting.push(record);
    file.size += record.length;
    file.next = block.sequence + 1;
    file.blocks++;
    file.readings += block.readings;
    this.buffered += record.length;
  }

  private begin(state: StreamState, first: number): OpenFile {
    const head = this.heads.get(state) ?? encodeHead(state.metadata);
    this.heads.set(state, head);
    const { metadata } = state;
    const begun = Math.round(this.options.clock.wall());
    const stem = `${stampOf(begun)}_${bootText(metadata.boot)}_${metadata.stream}_${first}`;
    const directory = directoryOf(this.options.root, metadata);
    const written = { bytes: 0, next: first, blocks: 0, readings: 0 };
    const counts = { size: head.length, first, next: first, blocks: 0, readings: 0 };
    this.buffered += head.length;
    return {
      state,
      directory,
      stem,
      begun,
      since: this.options.clock.now(),
      waiting: [head],
      written,
      ...counts,
    };
  }

  /** Writes what waits. With `sync` everything written so far is on the disk afterwards. Never rejects:
   *  returns whether all of it worked. */
  async flush(sync: boolean): Promise<boolean> {
    let worked = await this.completeFull();
    for (const file of [...this.open.values()]) worked = (await this.write(file)) && worked;
    if (!sync || !worked) return worked;
    const directories = new Set<string>();
    for (const path of [...this.unsynced]) {
      try {
        directories.add(path.slice(0, path.lastIndexOf('/')));
        await this.syncFile(path);
        this.unsynced.delete(path);
      } catch (error) {
        this.options.onProblem(path, error as Error);
        return false;
      }
    }
    for (const directory of directories) await this.options.storage.syncDirectory(directory);
    return true;
  }

  private async syncFile(path: string): Promise<void> {
    const { storage } = this.options;
    const name = path.slice(path.lastIndexOf('/') + 1);
    const entries = await storage.list(path.slice(0, path.lastIndexOf('/')));
    if (!entries.some((entry) => entry.name === name)) return;
    const handle = await storage.open(path);
    try {
      await handle.sync();
    } finally {
      await handle.close();
    }
  }

  /** Completes the files that are full. */
  async completeFull(): Promise<boolean> {
    let worked = true;
    // One that cannot be written waits for the next time, and no other waits for it.
    for (const file of [...this.full]) {
      if (await this.finish(file)) this.full.splice(this.full.indexOf(file), 1);
      else worked = false;
    }
    return worked;
  }

  /** Completes open files that were begun at least `olderThan` milliseconds ago, of the streams chosen. */
  async completeOpen(olderThan: number, chosen: (state: StreamState) => boolean): Promise<boolean> {
    let worked = await this.completeFull();
    const now = this.options.clock.now();
    for (const file of [...this.open.values()]) {
      if (now - file.since < olderThan || !chosen(file.state)) continue;
      this.open.delete(file.state);
      this.full.push(file);
    }
    worked = (await this.completeFull()) && worked;
    return worked;
  }

  private async finish(file: OpenFile): Promise<boolean> {
    if (!(await this.write(file))) return false;
    const from = join(file.directory, file.stem + openExtension);
    const name = `${file.stem}-${file.next - 1}_${file.blocks}_${file.readings}${completeExtension}`;
    const path = join(file.directory, name);
    try {
      await this.options.storage.rename(from, path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
        this.options.onProblem(from, error as Error);
        return false;
      }
      this.options.onGone(file.state, file.blocks, file.readings);
      this.unsynced.delete(from);
      return true;
    }
    this.unsynced.delete(from);
    this.unsynced.add(path);
    this.complete.set(path, describe(path, name, file.state.metadata));
    return true;
  }

  private async write(file: OpenFile): Promise<boolean> {
    if (file.waiting.length === 0) return true;
    const { storage, onProblem } = this.options;
    let path = join(file.directory, file.stem + openExtension);
    let chunks: Uint8Array[];
    let end: { next: number; blocks: number; readings: number };
    try {
      await storage.makeDirectory(file.directory);
      let handle = await storage.open(path);
      try {
        if (handle.size < file.written.bytes) {
          await handle.close();
          await storage.remove(path);
          this.beginAgain(file);
          path = join(file.directory, file.stem + openExtension);
          handle = await storage.open(path);
        } else if (handle.size > file.written.bytes) {
          await handle.truncate(file.written.bytes);
        }
        // What is added while this is being written waits for the next time.
        chunks = file.waiting.slice();
        end = { next: file.next, blocks: file.blocks, readings: file.readings };
        await handle.append(chunks);
      } finally {
        await handle.close();
      }
    } catch (error) {
      onProblem(path, error as Error);
      return false;
    }
    const bytes = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    file.waiting = file.waiting.slice(chunks.length);
    file.written = { bytes: file.written.bytes + bytes, ...end };
    this.buffered -= bytes;
    this.unsynced.add(path);
    return true;
  }

  /** What was written of the file has been deleted by hand: the rest goes to a new one. */
  private beginAgain(file: OpenFile): void {
    const { next, blocks, readings } = file.written;
    this.options.onGone(file.state, blocks, readings);
    const fresh = this.begin(file.state, next);
    this.unsynced.delete(join(file.directory, file.stem + openExtension));
    file.stem = fresh.stem;
    file.first = next;
    file.blocks -= blocks;
    file.readings -= readings;
    file.size += fresh.size - file.written.bytes;
    file.waiting.unshift(fresh.waiting[0]!);
    file.written = fresh.written;
  }

  forget(file: CaptureFile): void {
    this.complete.delete(file.path);
    this.unsynced.delete(file.path);
  }
}
