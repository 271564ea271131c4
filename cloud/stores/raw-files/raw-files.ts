/**
 * The raw files as a stage: messages as JSON lines in `<app_id>/<dev_id>-YYYY-MM-DD.json`, blocks as blocks in
 * `<app_id>/<dev_id>-YYYY-MM-DD.sluice`, by the day of arrival. README.md says what holds.
 */
import { dirname, join } from 'node:path';
import { asError, systemCode } from '@sluice/common/errors';
import type { Storage } from '@sluice/common/storage';
import type { Arrival, BlocksArrival, Position } from '../../inbox/arrival';
import { messagesOfBlock } from '../../message/arrived-messages';
import { type BadArrival, localStages, type Stage } from '../../stages/stage';
import { Calendar } from './calendar';
import { encodeRecord } from './day-file';
import { appendEntries, type Entry, KnownHeads } from './file-writer';
import { type Plan, readPlan, writePlan } from './plan';
import type { Format } from './tail';

export interface RawFilesOptions {
  storage: Storage;
  /** Where the files are; it exists, and is not made again when it is gone. */
  directory: string;
  /** The file in which the stage's position is kept. */
  state: string;
  /** IANA name of the zone of calendar days. */
  timeZone: string;
  /** Whether a project's blocks are turned into JSON lines. */
  asJson(appId: string): boolean;
  /** Where a stage that has no state begins. */
  first: Position;
  onProblem(problem: Error): void;
}

interface Pending {
  format: Format;
  entries: Entry[];
  arrivals: Set<Arrival>;
}

/** Files written at a time: more would keep the inbox waiting for a thread. */
const concurrency = 2;
/** Of the store as a whole, not of one file. */
const storeFailures = new Set(['ENOSPC', 'EDQUOT', 'EIO', 'EMFILE', 'ENFILE', 'ENOMEM']);

export class RawFiles implements Stage {
  readonly name = localStages.rawFiles;
  readonly #options: RawFilesOptions;
  readonly #calendar: Calendar;
  readonly #heads = new KnownHeads();
  /** Below it everything is durable in the files, and a start needs nothing of it. */
  #durable: Position;
  /** Where the next batch begins. */
  #next: Position;
  /** Arrivals below it may be in the files already: behind the lengths from before. */
  #interruptedTo: Position;
  #lengths: ReadonlyMap<string, number>;
  /** Of an interrupted batch that comes again in portions, those before the last: it is put right as one. */
  #held: Arrival[] = [];

  private constructor(options: RawFilesOptions, { from, upTo, files }: Plan) {
    this.#options = options;
    this.#calendar = new Calendar(options.timeZone);
    this.#durable = from;
    this.#next = from;
    this.#interruptedTo = upTo;
    this.#lengths = new Map(Object.entries(files));
  }

  static async open(options: RawFilesOptions): Promise<RawFiles> {
    await options.storage.makeDirectory(options.directory);
    await options.storage.makeDirectory(dirname(options.state));
    const plan = await readPlan(options.storage, options.state, options.onProblem);
    const { first } = options;
    return new RawFiles(options, plan ?? { from: first, upTo: first, files: {} });
  }

  /** While an interrupted batch comes again it stays where that begins. */
  position(): Position {
    return this.#durable;
  }

  /** Every arrival below it is in the files, durably. */
  stored(): Position {
    return this.#held.length > 0 ? this.#durable : this.#next;
  }

  async process(
    batch: readonly Arrival[],
    upTo: Position,
    setAside: (bad: readonly BadArrival[]) => Promise<void>,
  ): Promise<void> {
    if (this.#held.length > 0 && batch.some(({ position }) => position < this.#next))
      throw new Error('an interrupted batch is being put right: retry later');
    if (upTo < this.#interruptedTo) {
      for (const arrival of batch) this.#held.push(arrival);
      return;
    }
    const { files, unreadable } = this.#sort([...this.#held, ...batch]);
    const interrupted = await this.#prepare(files, upTo);
    const failures = await this.#writeAll(files, interrupted);
    const failed = failures.flatMap(({ path, error }) => reasons(files.get(path)!, path, error));
    if (unreadable.length + failed.length > 0) await setAside([...unreadable, ...failed]);
    this.#held = [];
    this.#next = upTo;
  }

  close(): void {}

  /** The entries of each file, in the order of arrival. */
  #sort(batch: readonly Arrival[]): { files: Map<string, Pending>; unreadable: BadArrival[] } {
    const files = new Map<string, Pending>();
    const unreadable: BadArrival[] = [];
    for (const arrival of batch) {
      try {
        const lines = arrival.kind === 'message' || this.#options.asJson(arrival.appId);
        const entries = lines ? linesOf(arrival) : recordsOf(arrival);
        const path = this.path(arrival, lines ? 'json' : 'sluice');
        const pending = files.get(path) ?? {
          format: lines ? 'lines' : 'blocks',
          entries: [],
          arrivals: new Set(),
        };
        files.set(path, pending);
        for (const entry of entries) pending.entries.push(entry);
        pending.arrivals.add(arrival);
      } catch (error) {
        unreadable.push({ arrival, reason: asError(error).message });
      }
    }
    return { files, unreadable };
  }

  /** Below the directory. */
  path({ appId, devId, arrived }: Arrival, extension: 'json' | 'sluice'): string {
    return join(appId, `${devId}-${this.#calendar.day(arrived)}.${extension}`);
  }

  /**
   * Notes, durably and before anything is written, what is going to be, and how long the files are before. Returns those
   * lengths for files that an attempt before this one may have written to.
   */
  async #prepare(files: Map<string, Pending>, upTo: Position): Promise<ReadonlyMap<string, number>> {
    const interrupted = this.#next < this.#interruptedTo ? this.#lengths : new Map<string, number>();
    const lengths = new Map(interrupted);
    for (const path of files.keys()) if (!lengths.has(path)) lengths.set(path, await this.#lengthOf(path));
    const plan = {
      from: this.#next,
      upTo: Math.max(upTo, this.#interruptedTo),
      files: Object.fromEntries(lengths),
    };
    await writePlan(this.#options.storage, this.#options.state, plan);
    this.#durable = plan.from;
    this.#interruptedTo = plan.upTo;
    this.#lengths = lengths;
    return interrupted;
  }

  async #lengthOf(path: string): Promise<number> {
    try {
      return (await this.#options.storage.status(join(this.#options.directory, path)))?.size ?? 0;
    } catch {
      return 0; // Writing to it says why.
    }
  }

  async #writeAll(files: Map<string, Pending>, interrupted: ReadonlyMap<string, number>) {
    const failures: { path: string; error: unknown }[] = [];
    const queue = [...files];
    const work = async () => {
      for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
        const [path, { format, entries }] = next;
        try {
          await this.#write(path, format, entries, interrupted.get(path));
        } catch (error) {
          if (!(await this.#isOfFileAlone(error))) throw error;
          failures.push({ path, error });
        }
      }
    };
    await Promise.all(Array.from({ length: concurrency }, work));
    return failures;
  }

  async #write(path: string, format: Format, entries: Entry[], before: number | undefined): Promise<void> {
    const { storage, directory } = this.#options;
    const full = join(directory, path);
    if ((before ?? (await this.#lengthOf(path))) === 0) {
      await storage.makeEntry(dirname(full));
      await storage.syncDirectory(directory);
    }
    await appendEntries(storage, full, format, entries, this.#heads, before);
  }

  /** Whether the store takes other files. */
  async #isOfFileAlone(error: unknown): Promise<boolean> {
    const code = systemCode(error);
    if (code === undefined || storeFailures.has(code)) return false;
    const { storage, directory } = this.#options;
    const probe = join(directory, '.writable');
    try {
      if ((await storage.status(directory)) === undefined) return false;
      await storage.replace(probe, new Uint8Array(0));
      await storage.discard(probe);
      return true;
    } catch {
      return false;
    }
  }
}

function linesOf(arrival: Arrival): Entry[] {
  if (arrival.kind === 'message') {
    const bytes = new Uint8Array(arrival.line.length + 1);
    bytes.set(arrival.line);
    bytes[arrival.line.length] = 10;
    return [{ bytes }];
  }
  return arrival.blocks.flatMap((block) =>
    messagesOfBlock(arrival, block).map(({ line }) => ({ bytes: Buffer.from(`${line}\n`) })),
  );
}

function recordsOf({ metadata, main, remote, arrived, blocks }: BlocksArrival): Entry[] {
  const head = { ...metadata, main, ...(remote !== undefined && { remote }) };
  return blocks.map((block) => ({ bytes: encodeRecord(block), of: { head, arrived } }));
}

function reasons({ arrivals }: Pending, path: string, error: unknown): BadArrival[] {
  const reason = `${path}: ${systemCode(error) ?? asError(error).message}`;
  return [...arrivals].map((arrival) => ({ arrival, reason }));
}
