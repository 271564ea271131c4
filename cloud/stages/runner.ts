/**
 * Leads what is in the inbox through one stage, at that stage's pace.
 *
 * What holds: a stage that fails is tried again, later and later, and delays nobody else; an arrival that it cannot
 * store is set aside before its position is past it; a stage that is detached keeps nothing in the inbox.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { asError, isSluiceError, systemCode } from '@sluice/common/errors';
import type { Logger } from 'pino';
import { type Arrival, type Position, readingsOf } from '../inbox/arrival';
import type { Follower, Inbox, InboxReader } from '../inbox/inbox';
import type { DeadLetter, DeadLetters } from './dead-letters';
import type { BadArrival, Stage } from './stage';

export interface RunnerOptions {
  stage: Stage;
  inbox: Inbox;
  deadLetters: DeadLetters;
  log: Logger;
  /**
   * Milliseconds between the ends and beginnings of batches: small ones are gathered meanwhile. There is none while a
   * whole batch is waiting, or somebody for what is in it. Default 0.
   */
  pause?: number;
  /** Bytes of arrivals that a batch has at most, about. Default 1 MiB. */
  batchBytes?: number;
}

export interface StageStatus {
  name: string;
  /** `detached`: too far behind; it gets nothing until it is filled again from the raw files. */
  state: 'running' | 'failing' | 'detached';
  /** Where its store goes on. */
  position: Position;
  behind: { arrivals: number; milliseconds: number };
  stored: number;
  deadLetters: number;
  /** Of those, never kept, since the start. */
  droppedDeadLetters: number;
  /** Why the last attempt failed, or what else is wrong; absent when nothing is. */
  error?: string;
}

/** What is opened of them at once holds up the doors meanwhile. */
const usualBatch = 1 << 20;
/** Readings that a batch stands for, which bounds a store's memory. */
const batchReadings = 500_000;
const retryBytes = 1 << 20;
const firstDelay = 100;
const longestDelay = 30_000;
/** Attempts after which a failing batch is halved, and one arrival alone is suspected. */
const patience = 3;

export class StageRunner {
  readonly #options: RunnerOptions;
  readonly #reader: InboxReader;
  #follower: Follower;
  readonly #closing = new AbortController();
  readonly #waiting = new Set<() => void>();
  readonly #running: Promise<void>;
  #position: Position;
  #stored = 0;
  #error: string | undefined;
  #detached = false;
  #errands: (() => Promise<void>)[] = [];
  #wake = new AbortController();
  /** Ends the pause between batches. */
  #hurry = new AbortController();

  constructor(options: RunnerOptions) {
    this.#options = options;
    const { stage, inbox } = options;
    this.#position = stage.position();
    this.#reader = inbox.reader();
    this.#follower = inbox.follow(stage.name, this.#position);
    this.#running = this.#run();
  }

  get name(): string {
    return this.#options.stage.name;
  }

  /** Bytes that the inbox keeps for it, about. */
  get heldBytes(): number {
    return this.#detached ? 0 : this.#follower.lag(0).bytes;
  }

  status(now: number): StageStatus {
    const { stage, deadLetters } = this.#options;
    const { records, milliseconds } = this.#follower.lag(now);
    const error = this.#error ?? stage.problem;
    const failing = error === undefined ? 'running' : 'failing';
    return {
      name: stage.name,
      state: this.#detached ? 'detached' : failing,
      position: this.#position,
      behind: { arrivals: Math.max(0, records), milliseconds },
      stored: this.#stored,
      deadLetters: deadLetters.count,
      droppedDeadLetters: deadLetters.dropped,
      ...(error !== undefined && { error }),
    };
  }

  /** Resolves to true when the stage has everything below `position`, to false after `patience` milliseconds. */
  async reached(position: Position, patience: number): Promise<boolean> {
    const limit = AbortSignal.timeout(patience);
    while (this.#position < position && !this.#detached) {
      if (limit.aborted || this.#closing.signal.aborted) return false;
      await new Promise<void>((resolve) => {
        const wake = () => {
          this.#waiting.delete(wake);
          limit.removeEventListener('abort', wake);
          resolve();
        };
        this.#waiting.add(wake);
        this.#hurry.abort();
        limit.addEventListener('abort', wake);
      });
    }
    return !this.#detached;
  }

  /** Nothing is kept for it in the inbox any more. */
  async detach(reason: string): Promise<void> {
    if (this.#detached) return;
    this.#detached = true;
    this.#error = reason;
    this.#options.log.error({ stage: this.name, position: this.#position, reason }, 'a stage is detached');
    await this.#options.inbox.drop(this.name);
    this.#tell();
  }

  /** The oldest dead letters. */
  async deadLetters(): Promise<DeadLetter[]> {
    return (await this.#options.deadLetters.read(undefined, retryBytes)).letters;
  }

  /** Goes on at the oldest arrival there is, where it was detached. Resolves to how many it has missed. */
  attach(): Promise<{ missed: number }> {
    return this.#errand(async () => {
      const { inbox, stage } = this.#options;
      if (!this.#detached) return { missed: 0 };
      const from = Math.max(this.#position, inbox.first);
      const missed = from - this.#position;
      await stage.process([], from, () => Promise.resolve());
      this.#follower = inbox.follow(stage.name, Math.min(stage.position(), from));
      this.#position = from;
      this.#detached = false;
      this.#error = undefined;
      return { missed };
    });
  }

  /** Stores what was missed, as it lies elsewhere, before anything else; the position stays. Resolves to how many. */
  refill(batches: AsyncIterable<readonly Arrival[]>): Promise<number> {
    return this.#errand(async () => {
      let stored = 0;
      for await (const batch of batches) {
        if (!this.#goesOn) break;
        await this.#store(batch, this.#position);
        stored += batch.length;
      }
      return stored;
    });
  }

  /** Gives the stage its dead letters again. Resolves to how many were stored, and how many are dead letters still. */
  retryDeadLetters(): Promise<{ stored: number; left: number }> {
    return this.#errand(() => this.#retry());
  }

  /** Lets the batch that is being stored end; then closes the stage. */
  async close(): Promise<void> {
    this.#closing.abort();
    this.#wake.abort();
    this.#hurry.abort();
    await this.#running;
    this.#tell();
    await this.#reader.close();
    await this.#options.stage.close();
    await this.#options.deadLetters.close();
  }

  /** Done between two batches: a stage does one thing at a time. */
  #errand<T>(action: () => Promise<T>): Promise<T> {
    if (this.#closing.signal.aborted) return Promise.reject(new Error(`the stage ${this.name} is closing`));
    return new Promise((resolve, reject) => {
      this.#errands.push(() => action().then(resolve, reject));
      this.#wake.abort();
      this.#hurry.abort();
    });
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      // Before the errands: one that comes while another ends would be waited for until something arrives.
      if (this.#wake.signal.aborted) this.#wake = new AbortController();
      for (const errand of this.#errands.splice(0)) await errand();
      try {
        await this.#settle();
        if (!(await this.#reader.waitFor(this.#position, this.#wake.signal))) {
          if (!this.#wake.signal.aborted) return; // The inbox is closed.
          continue;
        }
        if (this.#detached) await this.#restUntilErrand();
        else await this.#storeNext();
      } catch (error) {
        if (isSluiceError(error, 'log-position-gone'))
          await this.detach('what it has not stored is not in the inbox any more');
        else if (!signal.aborted) await this.#failed(error, longestDelay);
      }
      await this.#gather();
    }
  }

  /** Lets arrivals come together. */
  async #gather(): Promise<void> {
    const { pause = 0 } = this.#options;
    if (pause === 0 || this.#waiting.size > 0 || this.#errands.length > 0 || !this.#goesOn) return;
    if (this.#follower.lag(0).bytes >= this.#batchBytes) return;
    this.#hurry = new AbortController();
    await delay(pause, undefined, { signal: this.#hurry.signal, ref: false }).catch(() => undefined);
  }

  /** A stage may keep its position with its next batch: where none comes, it is kept now, so that nothing seems left. */
  async #settle(): Promise<void> {
    const { stage, inbox } = this.#options;
    if (this.#detached || stage.position() >= this.#position || this.#position < inbox.end) return;
    await this.#attempt([], this.#position);
  }

  async #storeNext(): Promise<void> {
    // A store that could not be opened at first says where it goes on when it is.
    this.#position = Math.max(this.#position, this.#options.stage.position());
    const { arrivals, next } = await this.#reader.read(this.#position, this.#batchBytes);
    let begin = 0;
    do {
      const end = portion(arrivals, begin);
      const upTo = end === arrivals.length ? next : arrivals[end]!.position;
      await this.#store(arrivals.slice(begin, end), upTo);
      begin = end;
    } while (begin < arrivals.length && this.#goesOn);
  }

  get #batchBytes(): number {
    return this.#options.batchBytes ?? usualBatch;
  }

  get #goesOn(): boolean {
    return !this.#closing.signal.aborted && !this.#detached;
  }

  /** Returns when the batch is stored, or the runner closes. */
  async #store(batch: readonly Arrival[], upTo: Position): Promise<void> {
    for (let attempt = 1; this.#goesOn; attempt++) {
      try {
        // It may be stored although its attempt failed; what is given again has the position behind it.
        const isStored = upTo > this.#position && this.#options.stage.position() >= upTo;
        return await this.#attempt(isStored ? [] : batch, upTo);
      } catch (error) {
        await this.#failed(error, firstDelay * 2 ** Math.min(attempt - 1, 20));
        if (attempt < patience || systemCode(error) !== undefined || !this.#goesOn) continue;
        if (batch.length > 1) {
          const half = batch.length >> 1;
          await this.#store(batch.slice(0, half), batch[half]!.position);
          return this.#store(batch.slice(half), upTo);
        }
        if (batch.length === 1 && (await this.#setAside(batch[0]!, upTo))) return;
      }
    }
  }

  async #attempt(batch: readonly Arrival[], upTo: Position): Promise<void> {
    const { stage } = this.#options;
    let aside = 0;
    await stage.process(batch, Math.max(upTo, stage.position()), (bad) => {
      aside += bad.length;
      return this.#bury(bad);
    });
    this.#position = Math.max(this.#position, upTo);
    this.#stored += batch.length - aside;
    if (this.#error !== undefined) this.#options.log.info({ stage: this.name }, 'a stage stores again');
    this.#error = undefined;
    await this.#follower.move(Math.min(stage.position(), this.#position));
    this.#tell();
  }

  async #bury(bad: readonly BadArrival[]): Promise<void> {
    if (bad.length === 0) return;
    await this.#options.deadLetters.add(bad);
    const { arrival, reason } = bad[0]!;
    const { position, appId, devId } = arrival;
    const first = { position, app_id: appId, dev_id: devId, reason };
    this.#options.log.warn({ stage: this.name, count: bad.length, first }, 'arrivals are set aside');
  }

  /** An arrival that fails again and again, while the store takes others. False: the store takes nothing at all. */
  async #setAside(arrival: Arrival, upTo: Position): Promise<boolean> {
    try {
      await this.#options.stage.process([], arrival.position, () => Promise.resolve());
      const reason = await this.#attempt([arrival], upTo).then(
        () => undefined,
        (error) => asError(error).message,
      );
      if (reason === undefined) return true; // The store had been away, and is back.
      await this.#bury([{ arrival, reason }]);
      await this.#attempt([], upTo);
      return true;
    } catch {
      return false; // Told by the attempt that follows.
    }
  }

  async #retry(): Promise<{ stored: number; left: number }> {
    const { stage, deadLetters } = this.#options;
    const { end } = deadLetters;
    let stored = 0;
    let left = 0;
    for (let from: number | undefined; (from ?? 0) < end; ) {
      const { letters, next } = await deadLetters.read(from, retryBytes);
      if (next === from || (letters.length === 0 && next >= end)) break;
      for (const { arrival } of letters.filter((letter) => letter.letter < end)) {
        let bad = 0;
        await stage.process([arrival], this.#position, (again) => {
          bad += again.length;
          return deadLetters.addAgain(again);
        });
        left += bad;
        stored += 1 - bad;
      }
      await deadLetters.settle(Math.min(next, end));
      from = next;
    }
    return { stored, left };
  }

  async #failed(error: unknown, after: number): Promise<void> {
    const { message } = asError(error);
    if (message !== this.#error)
      this.#options.log.error({ stage: this.name, error: message }, 'a stage cannot store');
    this.#error = message;
    await this.#rest(Math.min(after, longestDelay));
  }

  async #rest(milliseconds: number): Promise<void> {
    await delay(milliseconds, undefined, { signal: this.#closing.signal, ref: false }).catch(() => undefined);
  }

  async #restUntilErrand(): Promise<void> {
    const signal = this.#wake.signal;
    await delay(longestDelay, undefined, { signal, ref: false }).catch(() => undefined);
  }

  #tell(): void {
    for (const wake of [...this.#waiting]) wake();
  }
}

/** Where the portion that begins at `begin` ends: one arrival at least. */
function portion(arrivals: readonly Arrival[], begin: number): number {
  let readings = 0;
  let end = begin;
  while (end < arrivals.length) {
    readings += readingsOf(arrivals[end]!);
    if (end > begin && readings > batchReadings) break;
    end++;
  }
  return end;
}
