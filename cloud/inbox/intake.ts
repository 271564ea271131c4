/**
 * The way of every door into the inbox: what has come before is left out by its name, the rest is durable when the
 * promise is kept. Nothing else stands in the way: no stage, no store.
 *
 * What holds: a name is in the set only when its arrival is durable, so that nothing is taken for stored that is not;
 * one that comes again meanwhile waits for the first to be kept or refused. A block and its readings as single messages
 * know each other.
 */
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { asError } from '@sluice/common/errors';
import type { Storage } from '@sluice/common/storage';
import { type CapturedBlock, streamName } from '../../modules/block/file';
import type { ReadingName } from '../message/message';
import type { BlocksArrival, MessageArrival, NewArrival, Position } from './arrival';
import type { Follower, Inbox } from './inbox';
import { keyBytes, type NameSnapshot, readSnapshot, writeSnapshot } from './name-file';
import { NameSet } from './name-set';

export interface IntakeOptions {
  inbox: Inbox;
  storage: Storage;
  /** Where the snapshot of the names lies. */
  directory: string;
  onProblem(problem: Error): void;
  /** Bytes of arrivals after which the names are written again at the latest. Default 64 MiB, which a start reads in a second. */
  snapshotBytes?: number;
}

/** Blocks that were not stored before. */
export interface Taken {
  whole: readonly CapturedBlock[];
  /** Of which some readings had come before. */
  parted: readonly CapturedBlock[];
}

/** The inbox keeps arrivals until the names are written again: of few names that is soon, for what their file costs. */
const fewBytes = 1 << 20;
const arrivalBytesANameByte = 4;
/** Bytes that a start reads at once. */
const replayBytes = 4 << 20;
const cursorName = 'names';

export class Intake {
  readonly #options: IntakeOptions;
  readonly #inbox: Inbox;
  readonly #path: string;
  readonly #names: NameSet;
  readonly #key: Uint8Array;
  readonly #follower: Follower;
  /** Names on their way to the disk, by scope and number. Each promise is kept when it is known what became of it. */
  readonly #pending = new Map<string, Promise<void>>();
  #pendingMessages = 0;
  /** What was appended last; it is settled after all that was appended before. */
  #last: Promise<unknown> = Promise.resolve();
  #snapshotPosition: Position;
  /** Of arrivals since the last snapshot, about. */
  #bytesSince = 0;
  #snapshotting: Promise<void> | undefined;

  private constructor(options: IntakeOptions, { names, key, position }: NameSnapshot) {
    this.#options = options;
    this.#inbox = options.inbox;
    this.#path = snapshotPath(options);
    this.#names = names;
    this.#key = key;
    this.#snapshotPosition = position;
    this.#follower = this.#inbox.follow(cursorName, position);
  }

  /** Reads the names: their snapshot, and what has arrived since. @throws SluiceError inbox-newer-version */
  static async open(options: IntakeOptions): Promise<Intake> {
    const { inbox, storage, onProblem } = options;
    const snapshot = await readSnapshot(storage, snapshotPath(options), onProblem);
    const key = new Uint8Array(randomBytes(keyBytes));
    const intake = new Intake(options, snapshot ?? { names: new NameSet(key), key, position: inbox.first });
    intake.#bytesSince = intake.#follower.lag(0).bytes;
    await intake.#replay();
    if (snapshot === undefined) await intake.#writeSnapshot();
    return intake;
  }

  /** Bytes of memory that the names take. */
  get nameBytes(): number {
    return this.#names.table.bytes;
  }

  /** Resolves to false when it was stored before. @throws SluiceError of the log */
  async message(arrival: MessageArrival): Promise<boolean> {
    return (await this.messages([arrival])) === 1;
  }

  /**
   * Resolves to how many were not stored before. They are one append, but for those whose names are on their way to the
   * disk already.
   * @throws SluiceError of the log, when all are settled: what has no name may then be stored or not
   */
  async messages(arrivals: readonly MessageArrival[]): Promise<number> {
    const fresh: MessageArrival[] = [];
    const names = new Map<string, Name>();
    const waiting: Promise<boolean>[] = [];
    for (const arrival of arrivals) {
      const known = arrival.name && this.#place(arrival, arrival.name);
      if (known !== undefined && (this.#has(known.reading) || this.#has(known.block))) continue;
      const text = known && textOf(known.reading);
      if (text === undefined) fresh.push(arrival);
      else if (names.has(text) || this.#pendingOf(known!) !== undefined)
        waiting.push(this.#later(arrival, known!));
      else {
        names.set(text, known!.reading);
        fresh.push(arrival);
      }
    }
    if (names.size === 0 && waiting.length === 0) return this.#unnamed(fresh);
    const appended = fresh.length > 0 ? this.#appendMessages(fresh, [...names.values()]) : undefined;
    const settled = await Promise.allSettled([appended, ...waiting]);
    const failed = settled.find(({ status }) => status === 'rejected');
    if (failed !== undefined) throw (failed as PromiseRejectedResult).reason;
    return fresh.length + settled.filter((each) => each.status === 'fulfilled' && each.value === true).length;
  }

  async #unnamed(arrivals: readonly MessageArrival[]): Promise<number> {
    if (arrivals.length === 0) return 0;
    await this.#append(arrivals);
    // They have no names to be kept, but are read at a start until the names are written again.
    this.#snapshotLater();
    return arrivals.length;
  }

  /** Of a name that was on its way to the disk. */
  async #later(arrival: MessageArrival, known: Place): Promise<boolean> {
    // The first of one name and one call is on its way only when that has gone through all of them.
    await Promise.resolve();
    for (;;) {
      const pending = this.#pendingOf(known);
      if (pending !== undefined) await pending;
      else if (this.#has(known.reading) || this.#has(known.block)) return false;
      else break;
    }
    await this.#appendMessages([arrival], [known.reading]);
    return true;
  }

  async #appendMessages(arrivals: readonly MessageArrival[], names: readonly Name[]): Promise<void> {
    this.#pendingMessages += names.length;
    try {
      await this.#appendNamed(arrivals, names);
    } finally {
      this.#pendingMessages -= names.length;
    }
  }

  #place({ appId, devId }: MessageArrival, name: ReadingName): Place {
    const scope = `${appId}/${devId}/${name.block}`;
    const slash = scope.lastIndexOf('/');
    const block = { scope: scope.slice(0, slash), number: Number(scope.slice(slash + 1)) };
    return { reading: { scope, number: name.index }, block };
  }

  #pendingOf({ reading, block }: Place): Promise<void> | undefined {
    if (this.#pending.size === 0) return undefined;
    return this.#pending.get(textOf(reading)) ?? this.#pending.get(textOf(block));
  }

  /**
   * Takes the blocks that were not stored before. Those of which single readings came before are not taken whole:
   * `split` gets them, to take the other readings one by one.
   * @throws SluiceError of the log: then none was taken
   */
  async blocks(arrival: BlocksArrival, split: (block: CapturedBlock) => Promise<void>): Promise<Taken> {
    const scope = `${arrival.appId}/${arrival.devId}/${streamName(arrival.metadata)}`;
    // Readings on their way: whether they are of these blocks is not asked one by one.
    if (this.#pendingMessages > 0) await this.#last.catch(() => undefined);
    for (;;) {
      const pending = arrival.blocks
        .map(({ sequence }) => this.#pending.get(textOf({ scope, number: sequence })))
        .find((promise) => promise !== undefined);
      if (pending === undefined) break;
      await pending;
    }
    const wanted = new Map<number, CapturedBlock>();
    for (const block of arrival.blocks)
      if (!this.#has({ scope, number: block.sequence })) wanted.set(block.sequence, block);
    const whole: CapturedBlock[] = [];
    const parted: CapturedBlock[] = [];
    for (const block of wanted.values())
      (this.#names.hasAny(`${scope}/${block.sequence}`, block.readings) ? parted : whole).push(block);
    if (whole.length > 0)
      await this.#appendNamed(
        [{ ...arrival, blocks: whole }],
        whole.map(({ sequence }) => ({ scope, number: sequence })),
      );
    for (const block of parted) {
      await split(block);
      this.#names.add(scope, block.sequence);
    }
    return { whole, parted };
  }

  /** Writes the names down, so that the next start reads nothing of the inbox. */
  async close(): Promise<void> {
    await this.#last.catch(() => undefined);
    await this.#snapshotting;
    if (this.#snapshotPosition < this.#inbox.end) await this.#writeSnapshot();
  }

  #has({ scope, number }: Name): boolean {
    return this.#names.has(scope, number);
  }

  #append(arrivals: readonly NewArrival[]): Promise<Position> {
    const appended = this.#inbox.append(arrivals);
    this.#last = appended;
    for (const arrival of arrivals) this.#bytesSince += bytesOf(arrival);
    return appended;
  }

  /** All or none. */
  async #appendNamed(arrivals: readonly NewArrival[], names: readonly Name[]): Promise<void> {
    const appended = this.#append(arrivals).then(() => {
      for (const { scope, number } of names) this.#names.add(scope, number);
    });
    const settled = appended
      .catch(() => undefined)
      .then(() => {
        for (const name of names) this.#pending.delete(textOf(name));
      });
    for (const name of names) this.#pending.set(textOf(name), settled);
    await appended;
    this.#snapshotLater();
  }

  #snapshotLater(): void {
    const { snapshotBytes = 64 << 20 } = this.#options;
    const worthwhile = Math.max(fewBytes, arrivalBytesANameByte * this.nameBytes);
    if (this.#bytesSince < Math.min(snapshotBytes, worthwhile) || this.#snapshotting !== undefined) return;
    this.#bytesSince = 0;
    this.#snapshotting = this.#writeSnapshot()
      .catch((error) => this.#options.onProblem(asError(error)))
      .finally(() => {
        this.#snapshotting = undefined;
      });
  }

  async #writeSnapshot(): Promise<void> {
    const position = this.#inbox.end;
    // The names of what is durable now are added before this turn ends.
    await new Promise((resolve) => setImmediate(resolve));
    await writeSnapshot(this.#options.storage, this.#path, { names: this.#names, key: this.#key, position });
    this.#snapshotPosition = position;
    await this.#follower.move(position);
  }

  async #replay(): Promise<void> {
    const reader = this.#inbox.reader();
    try {
      let position = Math.max(this.#snapshotPosition, this.#inbox.first);
      while (position < this.#inbox.end) {
        const { arrivals, next } = await reader.read(position, replayBytes);
        for (const arrival of arrivals)
          for (const { scope, number } of namesOf(arrival)) this.#names.add(scope, number);
        position = next;
      }
    } finally {
      await reader.close();
    }
  }
}

interface Name {
  scope: string;
  number: number;
}

/** What a message's name says: the reading, and the block that has it. */
interface Place {
  reading: Name;
  block: Name;
}

/** About what it takes in the inbox. */
function bytesOf(arrival: NewArrival): number {
  if (arrival.kind === 'message') return arrival.line.length + 100;
  return arrival.blocks.reduce((sum, { bytes }) => sum + bytes.length, 500);
}

function textOf({ scope, number }: Name): string {
  return `${scope}#${number}`;
}

function namesOf(arrival: NewArrival): Name[] {
  const device = `${arrival.appId}/${arrival.devId}`;
  if (arrival.kind === 'message')
    return arrival.name ? [{ scope: `${device}/${arrival.name.block}`, number: arrival.name.index }] : [];
  const scope = `${device}/${streamName(arrival.metadata)}`;
  return arrival.blocks.map(({ sequence }) => ({ scope, number: sequence }));
}

function snapshotPath({ directory }: IntakeOptions): string {
  return join(directory, 'names.snapshot');
}
