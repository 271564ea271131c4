/**
 * A copy of all tabular data in MongoDB, beside the disk (specification, "Capture directly to MongoDB").
 *
 * What comes in: blocks that are durable. What goes out: documents. What holds: nobody waits for the server; what the
 * queue has no room for, or the server does not take, is counted and logged in summary, and is not tried again.
 */
import type { Clock } from '@sluice/common/clock';
import { asError } from '@sluice/common/errors';
import type { Collection, MongoClient } from 'mongodb';
import type { Logger } from 'pino';
import { type CapturedBlockOf, documentsOf, type ReadingDocument } from './documents';

export interface MongoSettings {
  uri: string;
  database: string;
  collection: string;
}

export interface MongoCopyOptions {
  settings: MongoSettings;
  /** What the main calls the part that captured it; undefined: it is the main's own. */
  remote(part: string): string | undefined;
  clock: Clock;
  log: Logger;
}

/** Bytes of blocks that may wait; a reading takes 1 to 2 of them. */
const mostWaiting = 1 << 20;
/** Documents of one request. */
const batch = 1_000;
/** Milliseconds between two words about failures. */
const logInterval = 10_000;
/** Milliseconds that the last documents have to arrive. */
const closingPatience = 2_000;

interface Waiting {
  block: CapturedBlockOf;
  readings: number;
}

export class MongoCopy {
  /** Documents. */
  readonly counters = { written: 0, failed: 0, dropped: 0 };
  readonly #options: MongoCopyOptions;
  #client: Promise<MongoClient>;
  #collection: Collection<ReadingDocument> | undefined;
  #queue: Waiting[] = [];
  #bytes = 0;
  #running: Promise<void> | undefined;
  #closed = false;
  #said = Number.NEGATIVE_INFINITY;
  #unsaid = { failed: 0, dropped: 0 };

  constructor(options: MongoCopyOptions) {
    this.#options = options;
    this.#client = clientOf(options.settings.uri);
    // Who writes is told as well.
    this.#client.catch(() => undefined);
  }

  /** Resolves when there is a driver for that URI. @throws MongoParseError of an URI that is none */
  async ready(): Promise<void> {
    await this.#client;
  }

  add(block: CapturedBlockOf, readings: number): void {
    if (this.#closed) return;
    if (this.#bytes + block.bytes.length > mostWaiting) {
      this.counters.dropped += readings;
      this.#unsaid.dropped += readings;
      this.#report('it is slower than what is captured');
      return;
    }
    // The bytes are a view of a batch of the log, which must not be held.
    this.#queue.push({ block: { ...block, bytes: block.bytes.slice() }, readings });
    this.#bytes += block.bytes.length;
    this.#running ??= this.#run().finally(() => {
      this.#running = undefined;
    });
  }

  /** Resolves when nothing waits. */
  async idle(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
  }

  /** What waits has a little time left. */
  async close(): Promise<void> {
    this.#closed = true;
    await Promise.race([this.idle(), new Promise((resolve) => setTimeout(resolve, closingPatience).unref())]);
    this.#queue = [];
    await this.#client.then(
      (client) => client.close(true),
      () => undefined,
    );
    await this.idle();
  }

  async #run(): Promise<void> {
    await Promise.resolve();
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      const { block } = next;
      try {
        await this.#write(block);
      } catch (error) {
        this.#failed(next.readings, asError(error).message);
      }
      this.#bytes -= block.bytes.length;
    }
  }

  async #write(block: CapturedBlockOf): Promise<void> {
    const { remote, clock } = this.#options;
    let documents: ReadingDocument[] = [];
    for (const document of documentsOf(block, remote(block.metadata.part), clock.wall())) {
      documents.push(document);
      if (documents.length < batch) continue;
      await this.#insert(documents);
      documents = [];
    }
    if (documents.length > 0) await this.#insert(documents);
  }

  async #insert(documents: ReadingDocument[]): Promise<void> {
    try {
      const collection = await this.#connected();
      await collection.insertMany(documents, { ordered: false });
      this.counters.written += documents.length;
    } catch (error) {
      const written = (error as { insertedCount?: number }).insertedCount ?? 0;
      this.counters.written += written;
      this.#failed(documents.length - written, asError(error).message);
    }
  }

  async #connected(): Promise<Collection<ReadingDocument>> {
    if (this.#collection !== undefined) return this.#collection;
    const { uri, database, collection } = this.#options.settings;
    const client = await this.#client;
    try {
      await client.connect();
    } catch (error) {
      // A client whose first connection failed never connects again.
      await client.close();
      this.#client = clientOf(uri);
      throw error;
    }
    this.#collection = client.db(database).collection<ReadingDocument>(collection);
    return this.#collection;
  }

  #failed(documents: number, reason: string): void {
    if (this.#closed) return;
    this.counters.failed += documents;
    this.#unsaid.failed += documents;
    this.#report(reason);
  }

  #report(reason: string): void {
    const { clock, log } = this.#options;
    if (clock.now() - this.#said < logInterval) return;
    this.#said = clock.now();
    log.error({ ...this.#unsaid, reason }, 'readings were not written to MongoDB');
    this.#unsaid = { failed: 0, dropped: 0 };
  }
}

/** The driver takes 10 MB of memory: it is loaded where there is such a copy. */
async function clientOf(uri: string): Promise<MongoClient> {
  const { MongoClient } = await import('mongodb');
  return new MongoClient(uri);
}
