/**
 * What was acknowledged and is not yet in every store. The interface is that of a durable stream with consumers, which
 * an engine such as NATS JetStream has as well; `LogInbox` is the one of this machine.
 */
import { Log, type LogOptions, type LogReader } from '@sluice/common/log';
import type { Arrival, NewArrival, Position } from './arrival';
import { decodeArrival, encodeArrival } from './codec';

export interface InboxBatch {
  arrivals: Arrival[];
  /** Where the next read goes on. */
  next: Position;
}

/** Reads for one consumer: one `read` at a time. */
export interface InboxReader {
  /** About `maxBytes` of arrivals from a position on, at least one when there is one. @throws SluiceError log-position-gone */
  read(from: Position, maxBytes: number): Promise<InboxBatch>;
  /** Resolves to true when there is something at `position` or behind, to false when the inbox closes or `signal` says so. */
  waitFor(position: Position, signal: AbortSignal): Promise<boolean>;
  close(): Promise<void>;
}

/** A consumer, as the inbox sees it: nothing at its position or behind is removed. */
export interface Follower {
  /** It has everything below in a store of its own. */
  move(position: Position): Promise<void>;
  lag(now: number): { records: number; bytes: number; milliseconds: number };
}

export interface Inbox {
  /** Oldest position that can be read. */
  readonly first: Position;
  /** Position of the next arrival. */
  readonly end: Position;
  readonly bytes: number;
  /** Resolves to the position of the first when all are durable; the others follow it. Rejects when none is kept. */
  append(arrivals: readonly NewArrival[]): Promise<Position>;
  reader(): InboxReader;
  follow(name: string, position: Position): Follower;
  /** Nothing is kept for that consumer any more. */
  drop(name: string): Promise<void>;
  /** Removes what every consumer has. */
  trim(): Promise<void>;
  close(): Promise<void>;
}

/** What every consumer has goes in such pieces. */
const segmentBytes = 1 << 20;

export class LogInbox implements Inbox {
  readonly #log: Log;
  readonly #onProblem: (problem: Error) => void;

  private constructor(log: Log, onProblem: (problem: Error) => void) {
    this.#log = log;
    this.#onProblem = onProblem;
  }

  /** @throws SluiceError log-newer-version, or what the storage says */
  static async open(options: LogOptions & { onProblem(problem: Error): void }): Promise<LogInbox> {
    return new LogInbox(await Log.open({ segmentBytes, ...options }), options.onProblem);
  }

  get first(): Position {
    return this.#log.first;
  }

  get end(): Position {
    return this.#log.end;
  }

  get bytes(): number {
    return this.#log.bytes;
  }

  async append(arrivals: readonly NewArrival[]): Promise<Position> {
    return this.#log.writer.append(arrivals.map(encodeArrival));
  }

  reader(): InboxReader {
    return new LogInboxReader(this.#log.reader(), this.#onProblem);
  }

  follow(name: string, position: Position): Follower {
    return this.#log.attachCursor(name, position);
  }

  drop(name: string): Promise<void> {
    return this.#log.dropCursor(name);
  }

  async trim(): Promise<void> {
    await this.#log.trim();
  }

  close(): Promise<void> {
    return this.#log.close();
  }
}

class LogInboxReader implements InboxReader {
  readonly #reader: LogReader;
  readonly #onProblem: (problem: Error) => void;

  constructor(reader: LogReader, onProblem: (problem: Error) => void) {
    this.#reader = reader;
    this.#onProblem = onProblem;
  }

  async read(from: Position, maxBytes: number): Promise<InboxBatch> {
    const { records, next } = await this.#reader.read(from, { maxBytes });
    const arrivals: Arrival[] = [];
    for (const record of records) {
      // A whole record that is no arrival: of a later release, or of a fault of ours. It stops nobody.
      try {
        const arrival = decodeArrival(record);
        if (arrival !== undefined) arrivals.push(arrival);
        else this.#onProblem(new Error(`arrival ${record.position} is of a kind of a later release`));
      } catch (error) {
        this.#onProblem(new Error(`arrival ${record.position} cannot be read`, { cause: error }));
      }
    }
    return { arrivals, next };
  }

  waitFor(position: Position, signal: AbortSignal): Promise<boolean> {
    return this.#reader.waitFor(position, signal);
  }

  close(): Promise<void> {
    return this.#reader.close();
  }
}
