/**
 * Binaries and files, as they came: one object each, found by its name, its description beside it.
 *
 *   <directory>/<app_id>/<dev_id>/<YYYY-MM-DD>/<name><extension>
 *   <directory>/<app_id>/<dev_id>/<YYYY-MM-DD>/<name>.json
 *   <directory>/uploads/<any>                                      on its way
 *   <directory>/days.json                                          days that the index may not have on the disk
 *
 * What holds: an object is stored once, whatever is repeated or cut; it is there when its description is, which is
 * written last and goes first. Nothing is ever whole in memory. The day is that of its capture, in UTC. The index has
 * what the descriptions say: where a process ended hard, the days that changed are looked through at the next start.
 */
import { createHash, type Hash, randomUUID } from 'node:crypto';
import { join } from 'node:path';
import type { ReadableFile, Storage, StorageFile } from '@sluice/common/storage';
import { ChangedDays } from './changed-days';
import {
  entryOf,
  fileExtension,
  type ObjectDay,
  type ObjectDescription,
  type ObjectEntry,
  type ObjectKey,
} from './object-entry';
import type { ObjectIndex } from './object-index';

export interface ObjectStoreOptions {
  directory: string;
  storage: Storage;
  /** The store closes it. */
  index: ObjectIndex;
}

const uploadsName = 'uploads';
const daysName = 'days.json';
const descriptionEnd = '.json';

export class ObjectStore {
  readonly index: ObjectIndex;
  readonly #directory: string;
  readonly #storage: Storage;
  readonly #changed: ChangedDays;
  readonly #made = new Set<string>();
  /** Descriptions that are being written anew, so that two changes of one object are both in it. */
  readonly #changing = new Map<string, Promise<unknown>>();

  private constructor({ directory, storage, index }: ObjectStoreOptions, changed: ChangedDays) {
    this.#directory = directory;
    this.#storage = storage;
    this.index = index;
    this.#changed = changed;
  }

  /** What was on its way when the process ended is let go: it is sent again from its beginning. */
  static async open(options: ObjectStoreOptions): Promise<ObjectStore> {
    const { directory, storage } = options;
    const uploads = join(directory, uploadsName);
    await storage.makeDirectory(uploads);
    for (const { name } of await storage.list(uploads)) await storage.discard(join(uploads, name));
    const changed = await ChangedDays.open(join(directory, daysName), storage);
    const store = new ObjectStore(options, changed);
    await store.#mend();
    return store;
  }

  /** The object of that name, when it is stored. */
  find(of: ObjectKey): ObjectEntry | undefined {
    return this.index.get(of);
  }

  /** Begins an upload. */
  async begin(): Promise<Upload> {
    const temporary = join(this.#directory, uploadsName, randomUUID());
    const file = await this.#storage.create(temporary);
    return new Upload(file, {
      discard: () => this.#storage.discard(temporary),
      keep: (description) => this.#keep(temporary, description),
    });
  }

  /** The contents. undefined: it was removed meanwhile. */
  async read(entry: ObjectEntry): Promise<ReadableFile | undefined> {
    try {
      return await this.#storage.openForReading(this.#objectPath(entry));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
      return undefined;
    }
  }

  /** Removes them for good; resolves to how many were there. Durable when it resolves. */
  async remove(entries: Iterable<ObjectEntry>): Promise<number> {
    let removed = 0;
    for (const entry of entries) removed += await this.#exclusively(entry, () => this.#remove(entry));
    this.index.sync();
    return removed;
  }

  /** Changes what is known of them, as of tags; resolves to how many were there. Durable when it resolves. */
  async describe(
    entries: Iterable<ObjectKey>,
    change: (description: ObjectDescription) => ObjectDescription,
  ): Promise<number> {
    let changed = 0;
    for (const key of entries) changed += await this.#exclusively(key, () => this.#describe(key, change));
    this.index.sync();
    return changed;
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.#changing.values());
    this.index.close();
    await this.#changed.clear();
  }

  async #keep(temporary: string, description: ObjectDescription): Promise<ObjectEntry> {
    const storage = this.#storage;
    const entry = entryOf(description);
    return this.#exclusively(entry, async () => {
      const known = this.index.get(entry);
      if (known !== undefined) {
        await storage.discard(temporary);
        return known;
      }
      const directory = this.#dayPath(entry);
      await this.#ensureDirectory(directory);
      await this.#changed.add(entry, () => this.index.sync());
      await storage.rename(temporary, this.#objectPath(entry));
      await storage.syncDirectory(directory);
      await this.#write(entry);
      return entry;
    });
  }

  async #remove(entry: ObjectEntry): Promise<number> {
    if (this.index.get(entry) === undefined) return 0;
    await this.#changed.add(entry, () => this.index.sync());
    await this.#storage.discard(this.#descriptionPath(entry));
    await this.#storage.syncDirectory(this.#dayPath(entry));
    await this.#storage.discard(this.#objectPath(entry));
    this.index.remove(entry);
    return 1;
  }

  async #describe(
    key: ObjectKey,
    change: (description: ObjectDescription) => ObjectDescription,
  ): Promise<number> {
    const known = this.index.get(key);
    if (known === undefined) return 0;
    await this.#changed.add(known, () => this.index.sync());
    await this.#write({ ...known, description: change(known.description) });
    return 1;
  }

  async #write(entry: ObjectEntry): Promise<void> {
    const text = new TextEncoder().encode(`${JSON.stringify(entry.description)}\n`);
    await this.#storage.replace(this.#descriptionPath(entry), text);
    this.index.put(entry);
  }

  /** One change of an object at a time. */
  async #exclusively<T>({ appId, devId, name }: ObjectKey, action: () => Promise<T>): Promise<T> {
    const key = `${appId}/${devId}/${name}`;
    const before = this.#changing.get(key);
    const running = (async () => {
      await before?.catch(() => undefined);
      return action();
    })();
    this.#changing.set(key, running);
    try {
      return await running;
    } finally {
      if (this.#changing.get(key) === running) this.#changing.delete(key);
    }
  }

  /** The index has what the descriptions say, also after a hard end. */
  async #mend(): Promise<void> {
    for (const day of this.index.isNew ? await this.#allDays() : this.#changed.all())
      await this.#mendDay(day);
    if (this.index.isNew) this.index.complete();
    this.index.sync();
    await this.#changed.clear();
  }

  async #mendDay(day: ObjectDay): Promise<void> {
    const missing = new Set(this.index.namesOf(day));
    for await (const { name: file } of this.#storage.entries(this.#dayPath(day))) {
      if (!file.endsWith(descriptionEnd)) continue;
      const name = file.slice(0, -descriptionEnd.length);
      if (missing.delete(name)) continue;
      const path = this.#descriptionPath({ ...day, name });
      const text = new TextDecoder().decode(await this.#storage.read(path));
      this.index.put(entryOf(JSON.parse(text) as ObjectDescription));
    }
    for (const name of missing) this.index.remove({ ...day, name });
  }

  async #allDays(): Promise<ObjectDay[]> {
    const days: ObjectDay[] = [];
    const directories = async (path: string) =>
      (await this.#storage.list(path)).filter(({ directory }) => directory).map(({ name }) => name);
    for (const appId of await directories(this.#directory))
      if (appId !== uploadsName)
        for (const devId of await directories(join(this.#directory, appId)))
          for (const day of await directories(join(this.#directory, appId, devId)))
            days.push({ appId, devId, day });
    return days;
  }

  #dayPath({ appId, devId, day }: ObjectDay): string {
    return join(this.#directory, appId, devId, day);
  }

  #descriptionPath(of: ObjectDay & { name: string }): string {
    return join(this.#dayPath(of), of.name + descriptionEnd);
  }

  #objectPath(entry: ObjectEntry): string {
    return join(this.#dayPath(entry), entry.name + fileExtension(entry.description));
  }

  async #ensureDirectory(path: string): Promise<void> {
    if (this.#made.has(path) && (await this.#storage.status(path)) !== undefined) return;
    await this.#storage.makeDirectory(path);
    this.#made.add(path);
  }
}

/** What is known of it before its contents are. */
export type NewDescription = Omit<ObjectDescription, 'bytes' | 'sha256'>;

interface UploadPlace {
  keep(description: ObjectDescription): Promise<ObjectEntry>;
  discard(): Promise<void>;
}

/** An object on its way. One call at a time. */
export class Upload {
  readonly #file: StorageFile;
  readonly #to: UploadPlace;
  readonly #hash: Hash = createHash('sha256');

  constructor(file: StorageFile, to: UploadPlace) {
    this.#file = file;
    this.#to = to;
  }

  get bytes(): number {
    return this.#file.size;
  }

  /** Of what has come until now, in hex. */
  get sha256(): string {
    return this.#hash.copy().digest('hex');
  }

  async append(part: Uint8Array): Promise<void> {
    await this.#file.append([part]);
    this.#hash.update(part);
  }

  /** Durable when it resolves, to what is stored under that name: what came first. */
  async keep(description: NewDescription): Promise<ObjectEntry> {
    const { bytes, sha256 } = this;
    await this.#file.sync();
    await this.#file.close();
    return this.#to.keep({ ...description, bytes, sha256 } as ObjectDescription);
  }

  async abandon(): Promise<void> {
    await this.#file.close();
    await this.#to.discard();
  }
}
