/**
 * The one way into the stores. Arrivals are gathered while a commit runs and stored together by the next: names
 * already stored are left out, lines go to the raw files (fsync), points, names and file lengths into one
 * transaction. An arrival's promise is kept when all of that is durable, and broken when nothing of it is stored.
 */
import type { Message } from '../message/message';
import type { Intervals } from './intervals';
import type { Append, RawFiles } from './raw-files';
import type { TimeSeries } from './time-series';

/** A block's readings, stored whole or not at all. `sequence` counts within `stream`, which names part, boot and stream. */
export interface BlockArrival {
  stream: string;
  sequence: number;
  messages: readonly Message[];
}

export type Arrival = { message: Message } | { block: BlockArrival };

export interface Outcome {
  /** Messages stored by this arrival, and those left out because their names were stored before. */
  stored: number;
  duplicates: number;
}

interface Waiting {
  arrival: Arrival;
  arrived: number;
  resolve(outcome: Outcome): void;
  reject(error: unknown): void;
}

/** More messages than this wait for the next group, which bounds a transaction's memory. */
const groupLimit = 50_000;

export class Commit {
  readonly #rawFiles: RawFiles;
  readonly #timeSeries: TimeSeries;
  readonly #now: () => number;
  #waiting: Waiting[] = [];
  #running: Promise<void> | undefined;

  constructor(rawFiles: RawFiles, timeSeries: TimeSeries, now: () => number) {
    this.#rawFiles = rawFiles;
    this.#timeSeries = timeSeries;
    this.#now = now;
  }

  /** Takes back what an interrupted commit left in the raw files. To be called before anything is stored. */
  async recover(): Promise<void> {
    for (const [path, length] of this.#timeSeries.rawFiles()) await this.#rawFiles.cut(path, length);
  }

  store(arrival: Arrival): Promise<Outcome> {
    return new Promise((resolve, reject) => {
      this.#waiting.push({ arrival, arrived: this.#now(), resolve, reject });
      this.#running ??= this.#run();
    });
  }

  /** Kept when nothing waits any more. */
  async idle(): Promise<void> {
    while (this.#running) await this.#running;
  }

  async #run(): Promise<void> {
    await Promise.resolve(); // Lets the arrivals of one turn join the first group.
    while (this.#waiting.length > 0) {
      const group = this.#nextGroup();
      try {
        const outcomes = await this.#storeGroup(group);
        for (const [index, { resolve }] of group.entries()) resolve(outcomes[index]!);
      } catch (error) {
        for (const { reject } of group) reject(error);
      }
    }
    this.#running = undefined;
  }

  #nextGroup(): Waiting[] {
    let messages = 0;
    let length = 0;
    while (length < this.#waiting.length && messages < groupLimit) {
      const { arrival } = this.#waiting[length++]!;
      messages += 'message' in arrival ? 1 : arrival.block.messages.length;
    }
    return this.#waiting.splice(0, length);
  }

  async #storeGroup(group: Waiting[]): Promise<Outcome[]> {
    const names = new Map<string, Intervals>();
    const lines = new Map<string, string[]>();
    const messages: Message[] = [];
    const outcomes = group.map(({ arrival, arrived }) => {
      const fresh = this.#fresh(arrival, names);
      for (const message of fresh) {
        const path = this.#rawFiles.path(message.appId, message.devId, arrived);
        const of = lines.get(path);
        if (of) of.push(message.line);
        else lines.set(path, [message.line]);
        messages.push(message);
      }
      const all = 'message' in arrival ? 1 : arrival.block.messages.length;
      return { stored: fresh.length, duplicates: all - fresh.length };
    });
    if (messages.length > 0 || names.size > 0) await this.#write(messages, names, lines);
    return outcomes;
  }

  async #write(messages: Message[], names: Map<string, Intervals>, lines: Map<string, string[]>) {
    const appends: Append[] = [];
    try {
      for (const [path, of] of lines) {
        await this.#timeSeries.noteRawFile(path, await this.#rawFiles.length(path));
        appends.push(await this.#rawFiles.append(path, of));
      }
      await this.#timeSeries.commit({ messages, names, appends });
    } catch (error) {
      for (const { path, before } of appends) await this.#rawFiles.cut(path, before);
      throw error;
    }
  }

  /** The arrival's messages that are not stored yet; notes their names in the group's sets. */
  #fresh(arrival: Arrival, names: Map<string, Intervals>): readonly Message[] {
    if ('block' in arrival) {
      const { stream, sequence, messages } = arrival.block;
      if (!this.#add(stream, sequence, names)) return [];
      // Readings of this block may have come one by one before, as messages.
      const single = names.get(`${stream}/${sequence}`) ?? this.#timeSeries.names(`${stream}/${sequence}`);
      return single.runs.length === 0 ? messages : messages.filter((_, index) => !single.has(index));
    }
    const { message } = arrival;
    if (!message.name) return [message];
    const scope = `${message.appId}/${message.devId}/${message.name.block}`;
    const end = scope.lastIndexOf('/');
    const whole = scope.slice(0, end);
    if ((names.get(whole) ?? this.#timeSeries.names(whole)).has(Number(scope.slice(end + 1)))) return [];
    return this.#add(scope, message.name.index, names) ? [message] : [];
  }

  #add(scope: string, value: number, names: Map<string, Intervals>): boolean {
    let intervals = names.get(scope);
    if (!intervals) {
      const stored = this.#timeSeries.names(scope);
      if (stored.has(value)) return false;
      intervals = stored.clone();
      names.set(scope, intervals);
    }
    return intervals.add(value);
  }
}
