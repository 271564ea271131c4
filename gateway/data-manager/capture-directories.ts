/**
 * The capture directory, and those before it: what was captured before `capture_dir` changed stays where it is, and is
 * still synced (specification, "capture_dir"). A former directory is let go when nothing waits in it. It may change
 * while everything runs.
 */
import { dirname, join } from 'node:path';
import { asError } from '@sluice/common/errors';
import { NodeStorage, type Storage } from '@sluice/common/storage';
import type { Logger } from 'pino';
import { z } from 'zod';
import type { Tallies } from '../outbox/account';
import type { FileMetadata } from '../outbox/entry';
import type { FileItem, Item } from '../outbox/items';
import { Outbox, type OutboxOptions } from '../outbox/outbox';
import { CurrentOutbox } from './current-outbox';

export interface CaptureDirectoriesOptions {
  outbox: OutboxOptions;
  /** A file that remembers where there may be captured data. */
  record: string;
  log: Logger;
}

const recordSchema = z.object({ version: z.literal(1), directories: z.array(z.string()).max(1_000) });

export class CaptureDirectories {
  readonly current: CurrentOutbox;
  readonly #options: CaptureDirectoriesOptions;
  /** Of each, but for its path. */
  #outbox: OutboxOptions;
  readonly #storage: Storage;
  /** By path; oldest first. */
  readonly #former = new Map<string, Outbox>();
  /** That could not be opened: they are tried at the next start. */
  readonly #unreachable = new Set<string>();
  readonly #owners = new WeakMap<Item, Outbox>();
  /** Of the current one. */
  #path: string;
  #leaving: Promise<void> = Promise.resolve();

  private constructor(options: CaptureDirectoriesOptions, current: Outbox, storage: Storage) {
    this.#options = options;
    this.#outbox = options.outbox;
    this.#path = options.outbox.path;
    this.current = new CurrentOutbox(current, (error) =>
      options.log.error({ error: error.message }, 'the outbox'),
    );
    this.#storage = storage;
  }

  /** @throws as `Outbox.open` of the current one does; a former one that cannot be opened is logged, and remembered */
  static async open(options: CaptureDirectoriesOptions): Promise<CaptureDirectories> {
    const storage = options.outbox.storage ?? new NodeStorage();
    const { record, log } = options;
    const remembered = await readRecord(storage, record, log);
    const former = remembered.filter((path) => path !== options.outbox.path);
    // Before anything is captured there.
    await writeRecord(storage, record, [...former, options.outbox.path]);
    const current = await Outbox.open(options.outbox);
    const directories = new CaptureDirectories(options, current, storage);
    try {
      for (const path of former) await directories.#openFormer(path);
      await directories.#letGo();
    } catch (error) {
      await directories.close();
      throw error;
    }
    return directories;
  }

  /** That of now. */
  get path(): string {
    return this.#path;
  }

  /** Of all that may hold something of ours. */
  get paths(): readonly string[] {
    return [this.#path, ...this.#former.keys(), ...this.#unreachable];
  }

  /**
   * Captures to another directory from now on; what is in the one of now stays there, and is still synced.
   * @param moved the other one is there, and has not been given anything: streams are to be declared anew
   * @throws as `Outbox.open` does; the directory of now goes on then
   */
  async moveTo(path: string, moved: () => void): Promise<void> {
    if (path === this.#path) return;
    const known = this.#former.get(path);
    // Before anything is captured there.
    await this.#note([path]);
    const next = known ?? (await Outbox.open({ ...this.#outbox, path }));
    const from = this.#path;
    try {
      await this.current.moveTo(async (before) => {
        await next.takeOver(before.allStreams);
        await next.keep(before.kept);
        await before.complete().catch((error: Error) => {
          this.#options.log.error(
            { path: from, error: error.message },
            'open files there wait for another start',
          );
        });
        this.#former.delete(path);
        this.#unreachable.delete(path);
        this.#former.set(from, before);
        this.#path = path;
        return next;
      }, moved);
    } catch (error) {
      if (known === undefined) await next.close();
      throw error;
    }
    this.#options.log.info(
      { path, from },
      'captures to another directory; what is in the former is still synced',
    );
    await this.#letGo();
  }

  get waitingItems(): number {
    return this.#sum(({ waitingItems }) => waitingItems);
  }

  get failedItems(): number {
    return this.#sum(({ failedItems }) => failedItems);
  }

  /** What waits for a destination, that of former directories first. */
  *waiting(destination: string): Generator<Item> {
    for (const outbox of this.#all)
      for (const item of outbox.waiting(destination)) {
        this.#owners.set(item, outbox);
        yield item;
      }
  }

  /** All that is in the current directory, also what was set aside. */
  *currentItems(): Generator<Item> {
    const { outbox } = this.current;
    for (const items of [outbox.failed(), outbox.waiting()])
      for (const item of items) {
        this.#owners.set(item, outbox);
        yield item;
      }
  }

  /** Adopted files that wait, in any. */
  get adopted(): number {
    return this.#sum(({ adopted }) => adopted);
  }

  /** Whether the file waits in any, or is delivered and waits to be removed. */
  isAdopted(path: string): boolean {
    return this.#all.some((outbox) => outbox.isAdopted(path));
  }

  /** Into the current one. */
  adopt(path: string, metadata: FileMetadata): Promise<FileItem | undefined> {
    return this.current.adopt(path, metadata);
  }

  /** In which one an item is that `waiting` gave. */
  ownerOf(item: Item): Outbox {
    return this.#owners.get(item) ?? this.current.outbox;
  }

  async delivered(item: Item, destination: string): Promise<void> {
    await this.ownerOf(item).delivered(item, destination);
    await this.#letGo();
  }

  async setAside(item: Item, destination: string, reason: string): Promise<void> {
    await this.ownerOf(item).setAside(item, destination, reason);
    await this.#letGo();
  }

  /** Readings in all of them by what became of them, for each destination. */
  account(): Record<string, Record<keyof Tallies, number>> {
    const names = this.current.outbox.destinations;
    return Object.fromEntries(
      names.map((name) => {
        const sums = { received: 0, delivered: 0, setAside: 0, deleted: 0, stored: 0 };
        let maybeTwice = 0;
        for (const outbox of this.#all)
          for (const collector of outbox.account(name)) {
            for (const fate of Object.keys(sums) as (keyof typeof sums)[])
              sums[fate] += collector[fate].readings;
            maybeTwice += collector.maybeTwice ?? 0;
          }
        return [name, { ...sums, maybeTwice }];
      }),
    );
  }

  /** As `Outbox.limitFiles`, of all. */
  limitFiles(maximumFileBytes: number | undefined): void {
    const { maximumFileBytes: _, ...others } = this.#outbox;
    this.#outbox = { ...others, ...(maximumFileBytes !== undefined && { maximumFileBytes }) };
    for (const outbox of this.#all) outbox.limitFiles(maximumFileBytes);
  }

  /** As `Outbox.configure`, of all. Never rejects: what could not be written down is seen to at the next start. */
  async configure(destinations: readonly string[]): Promise<void> {
    this.#outbox = { ...this.#outbox, destinations };
    // All at once: none may let go of an item before it knows who else is to have it.
    const configured = await Promise.allSettled(this.#all.map((outbox) => outbox.configure(destinations)));
    for (const each of configured)
      if (each.status === 'rejected')
        this.#options.log.warn({ error: asError(each.reason).message }, 'destinations not noted');
    await this.#letGo();
  }

  async close(): Promise<void> {
    await this.#leaving;
    for (const outbox of this.#all) await outbox.close();
  }

  get #all(): Outbox[] {
    return [...this.#former.values(), this.current.outbox];
  }

  #sum(of: (outbox: Outbox) => number): number {
    return this.#all.reduce((sum, outbox) => sum + of(outbox), 0);
  }

  async #openFormer(path: string): Promise<void> {
    const { log } = this.#options;
    try {
      // Nothing of ours is made in a place where there is nothing.
      if ((await this.#storage.status(join(path, '.sluice'))) === undefined) return;
      const outbox = await Outbox.open({ ...this.#outbox, path });
      this.#former.set(path, outbox);
      const current = this.current.outbox;
      await current.takeOver(outbox.allStreams);
      // What is known of the parts goes on, too.
      if (current.kept === undefined && outbox.kept !== undefined) await current.keep(outbox.kept);
      log.info({ path, waiting: outbox.waitingItems }, 'what was captured there before is still synced');
    } catch (error) {
      this.#unreachable.add(path);
      log.error(
        { path, error: asError(error).message },
        'a former capture directory cannot be opened: what is in it waits for another start',
      );
    }
  }

  /** Former directories in which nothing waits are closed and forgotten; what was set aside there stays. */
  #letGo(): Promise<void> {
    if (this.#former.size === 0 && this.#unreachable.size === 0) return this.#leaving;
    this.#leaving = this.#leaving
      .then(async () => {
        for (const [path, outbox] of [...this.#former]) {
          if (outbox.waitingItems > 0 || hasOpenFiles(outbox)) continue;
          this.#former.delete(path);
          await outbox.close({ isLeft: true });
          this.#options.log.info({ path }, 'nothing captured before waits there any more');
        }
        await this.#note([]);
      })
      .catch((error: Error) => this.#options.log.warn({ error: error.message }, 'not noted'));
    return this.#leaving;
  }

  /** @param more places beside those that are known, the newest last */
  #note(more: string[]): Promise<void> {
    const paths = [...this.#unreachable, ...this.#former.keys(), this.#path];
    const all = [...paths.filter((path) => !more.includes(path)), ...more];
    return writeRecord(this.#storage, this.#options.record, all);
  }
}

/** Of blocks that are in no item yet. */
function hasOpenFiles(outbox: Outbox): boolean {
  return outbox.destinations.some((name) => outbox.account(name).some(({ stored }) => stored.blocks > 0));
}

async function readRecord(storage: Storage, path: string, log: Logger): Promise<string[]> {
  if ((await storage.status(path)) === undefined) return [];
  try {
    const text = new TextDecoder().decode(await storage.read(path));
    return recordSchema.parse(JSON.parse(text)).directories;
  } catch (error) {
    log.error({ path, error: asError(error).message }, 'former capture directories are not known');
    return [];
  }
}

async function writeRecord(storage: Storage, path: string, directories: string[]): Promise<void> {
  await storage.makeDirectory(dirname(path));
  const text = Buffer.from(`${JSON.stringify({ version: 1, directories })}\n`);
  // A start on a full disk has room for nothing new.
  const isThere = (await storage.status(path)) !== undefined && text.equals(await storage.read(path));
  if (!isThere) await storage.replace(path, text);
}
