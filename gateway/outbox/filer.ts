/**
 * Brings blocks from the log into capture files, at leisure: when somebody wants complete files, when much has come, and
 * before a checkpoint. It reads durable entries with its own position, and nobody waits for it but who asked.
 */
import type { Log, LogReader, Position } from '@sluice/common/log';
import type { CaptureFiles, FiledStream } from './capture-files';
import { decodeEntry } from './entry';
import type { StreamState } from './streams';
import { Turn } from './turn';

/** Bytes of blocks in memory beyond which no more is read from the log. */
const mostBuffered = 8 << 20;
const readBytes = 1 << 18;

export class Filer {
  /** What is in the log below it is in capture files, or waits in memory to be written to them. */
  position: Position;
  readonly #log: Log;
  readonly #reader: LogReader;
  readonly #files: CaptureFiles;
  /** By id, as the log has them at `position`. */
  readonly #streams = new Map<number, FiledStream>();
  readonly #turn = new Turn();

  /** @param streams that are declared in the log before its end, where the filer begins */
  constructor(log: Log, files: CaptureFiles, streams: Iterable<StreamState>) {
    this.#log = log;
    this.#reader = log.reader();
    this.#files = files;
    this.position = log.end;
    for (const stream of streams) this.#streams.set(stream.id, stream);
  }

  /** Files at least what is in the log now; resolves to whether all of it was written. */
  catchUp(): Promise<boolean> {
    const { end } = this.#log;
    return this.#turn.run(() => this.#fileUpTo(end));
  }

  /** The same, and completes files begun at least `olderThan` milliseconds ago. */
  complete(olderThan: number): Promise<boolean> {
    const { end } = this.#log;
    return this.#turn.run(async () => {
      const worked = await this.#fileUpTo(end);
      return (await this.#files.completeOpen(olderThan)) && worked;
    });
  }

  async close(): Promise<void> {
    await this.#turn.run(() => this.#reader.close());
  }

  async #fileUpTo(end: Position): Promise<boolean> {
    let worked = true;
    while (this.position < end && this.#files.buffered < mostBuffered) {
      const { records, next } = await this.#reader.read(this.position, { maxBytes: readBytes });
      for (const record of records) {
        const entry = decodeEntry(record);
        if (entry.kind === 'stream') this.#streams.set(entry.id, { metadata: entry.metadata });
        else if (entry.kind === 'over') this.#streams.delete(entry.id);
        else if (entry.kind === 'block') {
          const { id, sequence, readings, known, offset, bytes } = entry;
          const stream = this.#streams.get(id);
          if (stream !== undefined)
            this.#files.add(stream, { sequence, readings, mapping: { known, offset }, bytes });
        }
      }
      this.position = next;
      worked = await this.#files.write();
    }
    // What could not be written before is tried again, also when nothing has come.
    if (this.#files.buffered > 0) worked = await this.#files.write();
    return worked && this.position >= end;
  }
}
