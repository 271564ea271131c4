/**
 * Brings blocks from the log into capture files, at leisure: as they come, so that somebody who wants complete files has
 * little to wait for, and before a checkpoint. It reads durable entries with its own position, and nobody waits for it but
 * who asked.
 */
import type { Log, LogReader, Position } from '@sluice/common/log';
import type { CaptureFiles } from './capture-files';
import { decodeEntry, type Entry, isOfFiles } from './entry';
import type { FiledStream } from './placement';
import type { StreamState } from './streams';
import { Turn } from './turn';

/** Bytes of blocks in memory beyond which no more is read from the log. */
const mostBuffered = 16 << 20;
const readBytes = 1 << 16;
/** Records of the log that it leaves unread while nobody asks: one read has all of them. */
const mostBehind = 64;

export class Filer {
  /** What is in the log below it is in capture files, or waits in memory to be written to them. */
  position: Position;
  readonly #log: Log;
  readonly #reader: LogReader;
  readonly #files: CaptureFiles;
  /** By id, as the log has them at `position`. */
  readonly #streams = new Map<number, FiledStream>();
  readonly #turn = new Turn();
  #isFollowing = false;

  /** @param streams that are declared in the log before its end, where the filer begins */
  constructor(log: Log, files: CaptureFiles, streams: Iterable<StreamState>) {
    this.#log = log;
    this.#reader = log.reader();
    this.#files = files;
    this.position = log.end;
    for (const stream of streams) this.#streams.set(stream.id, stream);
  }

  /** There is more in the log. Never waits. */
  follow(): void {
    if (this.#isFollowing || this.#log.end - this.position < mostBehind) return;
    this.#isFollowing = true;
    const read = this.#turn.run(() => this.#readUpTo(this.#log.end));
    // What cannot be read who asks for it is told.
    void read
      .catch(() => undefined)
      .finally(() => {
        this.#isFollowing = false;
      });
  }

  /** Writes at least what is in the log now to files; resolves to whether it worked. Who wants files complete goes first. */
  async catchUp(): Promise<boolean> {
    const { end } = this.#log;
    let worked: boolean;
    do {
      worked = await this.#turn.run(async () => {
        await this.#readUpTo(end);
        return this.#files.completeFull();
      });
      if (!(await this.#files.write('behind'))) worked = false;
    } while (worked && this.position < end);
    return worked;
  }

  /** Completes files begun at least `olderThan` milliseconds ago, with at least what is in the log now. */
  complete(olderThan: number): Promise<void> {
    const { end } = this.#log;
    return this.#turn.run(async () => {
      let worked = true;
      for (;;) {
        await this.#readUpTo(end);
        if (this.position >= end || !worked) break;
        worked = (await this.#files.completeFull()) && (await this.#files.write('awaited'));
      }
      await this.#files.completeOpen(olderThan);
    });
  }

  async close(): Promise<void> {
    await this.#turn.run(() => this.#reader.close());
  }

  /** Stops short of it where that would be too much in memory. */
  async #readUpTo(end: Position): Promise<void> {
    while (this.position < end && this.#files.buffered < mostBuffered) {
      const { records, next } = await this.#reader.read(this.position, { maxBytes: readBytes });
      for (const record of records) if (isOfFiles(record)) this.#file(decodeEntry(record));
      this.position = next;
    }
  }

  #file(entry: Entry): void {
    if (entry.kind === 'stream') this.#streams.set(entry.id, { metadata: entry.metadata });
    else if (entry.kind === 'over') this.#streams.delete(entry.id);
    else if (entry.kind === 'block') {
      const { id, sequence, readings, known, offset, bytes } = entry;
      const stream = this.#streams.get(id);
      if (stream !== undefined)
        this.#files.add(stream, { sequence, readings, mapping: { known, offset }, bytes });
    }
  }
}
