/**
 * Binaries and files, as they came: one object each, found by its name, its description beside it.
 *
 *   <directory>/<app_id>/<dev_id>/<YYYY-MM-DD>/<name><extension>
 *   <directory>/<app_id>/<dev_id>/<YYYY-MM-DD>/<name>.json
 *   <directory>/uploads/<name>                                     on its way
 *
 * What holds: an object is stored once, whatever is repeated or cut; it is there when its description is, which is
 * written last. Nothing is ever whole in memory. The day is that of its capture, in UTC.
 */
import { createHash, type Hash } from 'node:crypto';
import { join } from 'node:path';
import type { Storage, StorageFile } from '@sluice/common/storage';

export interface ObjectName {
  appId: string;
  devId: string;
  /** In all the world: letters, digits and dashes. */
  name: string;
  /** With its dot, or empty. */
  extension: string;
  /** Wall milliseconds of its capture. */
  captured: number;
}

export interface StoredObject {
  bytes: number;
  /** Of its contents, in hex. */
  sha256: string;
}

const uploadsName = 'uploads';
const longestExtension = /^\.[A-Za-z0-9.]{1,16}$/;

export class ObjectStore {
  readonly #directory: string;
  readonly #storage: Storage;
  readonly #made = new Set<string>();

  private constructor(directory: string, storage: Storage) {
    this.#directory = directory;
    this.#storage = storage;
  }

  /** What was on its way when the process ended is let go: it is sent again from its beginning. */
  static async open(directory: string, storage: Storage): Promise<ObjectStore> {
    const uploads = join(directory, uploadsName);
    await storage.makeDirectory(uploads);
    for (const { name } of await storage.list(uploads)) await storage.discard(join(uploads, name));
    return new ObjectStore(directory, storage);
  }

  /** The object of that name, when it is stored. */
  async find(of: ObjectName): Promise<StoredObject | undefined> {
    const path = `${this.#stem(of)}.json`;
    if ((await this.#storage.status(path)) === undefined) return undefined;
    return JSON.parse(new TextDecoder().decode(await this.#storage.read(path))) as StoredObject;
  }

  /** Begins an upload; one of the same name that was not finished is void. @param description kept beside the object */
  async begin(of: ObjectName, description: object): Promise<Upload> {
    const storage = this.#storage;
    const temporary = join(this.#directory, uploadsName, of.name);
    const file = await storage.open(temporary);
    if (file.size > 0) await file.truncate(0);
    const stem = this.#stem(of);
    const extension = longestExtension.test(of.extension) && of.extension !== '.json' ? of.extension : '';
    return new Upload(file, {
      discard: () => storage.discard(temporary),
      keep: async (stored) => {
        await this.#ensureDirectory(join(stem, '..'));
        await storage.rename(temporary, stem + extension);
        await storage.syncDirectory(join(stem, '..'));
        const text = JSON.stringify({ ...description, ...stored });
        await storage.replace(`${stem}.json`, new TextEncoder().encode(`${text}\n`));
      },
    });
  }

  #stem({ appId, devId, name, captured }: ObjectName): string {
    return join(this.#directory, appId, devId, new Date(captured).toISOString().slice(0, 10), name);
  }

  async #ensureDirectory(path: string): Promise<void> {
    if (this.#made.has(path) && (await this.#storage.status(path)) !== undefined) return;
    await this.#storage.makeDirectory(path);
    this.#made.add(path);
  }
}

/** An object on its way. One call at a time. */
export class Upload {
  readonly #file: StorageFile;
  readonly #to: { keep(stored: StoredObject): Promise<void>; discard(): Promise<void> };
  readonly #hash: Hash = createHash('sha256');

  constructor(
    file: StorageFile,
    to: { keep(stored: StoredObject): Promise<void>; discard(): Promise<void> },
  ) {
    this.#file = file;
    this.#to = to;
  }

  get bytes(): number {
    return this.#file.size;
  }

  async append(part: Uint8Array): Promise<void> {
    await this.#file.append([part]);
    this.#hash.update(part);
  }

  /** Durable when it resolves, unless its contents are not those of that digest: then it is void, and undefined. */
  async finish(sha256: string): Promise<StoredObject | undefined> {
    const stored = { bytes: this.bytes, sha256: this.#hash.copy().digest('hex') };
    if (stored.sha256 !== sha256) {
      await this.abandon();
      return undefined;
    }
    await this.#file.sync();
    await this.#file.close();
    await this.#to.keep(stored);
    return stored;
  }

  async abandon(): Promise<void> {
    await this.#file.close();
    await this.#to.discard();
  }
}
