/** A bucket as a directory of this machine: each object is the file of its key. */
import { dirname, join } from 'node:path';
import type { Storage } from '@sluice/common/storage';
import type { Bucket, ObjectBody, ObjectStatus } from './bucket';

/** What `Storage.write` grows in, beside the file. */
const unfinished = '.next';

export class DirectoryBucket implements Bucket {
  readonly place: string;
  readonly #storage: Storage;

  /** @param directory absolute; made with the first object */
  constructor(storage: Storage, directory: string) {
    this.#storage = storage;
    this.place = directory;
  }

  async put(key: string, { pieces }: ObjectBody): Promise<void> {
    const path = this.#path(key);
    await this.#storage.makeDirectory(dirname(path));
    await this.#storage.write(path, pieces());
  }

  async status(key: string): Promise<ObjectStatus | undefined> {
    const status = await this.#storage.status(this.#path(key));
    if (status === undefined || status.directory) return undefined;
    return { key, size: status.size, modified: status.modified };
  }

  read(key: string): AsyncIterable<Uint8Array> {
    return this.#storage.readPieces(this.#path(key));
  }

  list(prefix = ''): AsyncIterable<ObjectStatus> {
    return this.#list('', prefix);
  }

  remove(key: string): Promise<void> {
    return this.#storage.discard(this.#path(key));
  }

  close(): void {}

  async *#list(folder: string, prefix: string): AsyncGenerator<ObjectStatus> {
    const entries = (await this.#storage.list(join(this.place, folder)))
      .map(({ name, directory }) => ({ directory, key: `${folder}${name}${directory ? '/' : ''}` }))
      .filter(({ key }) => key.startsWith(prefix) || prefix.startsWith(key))
      .sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)));
    for (const { key, directory } of entries) {
      if (directory) yield* this.#list(key, prefix);
      else if (key.startsWith(prefix) && !key.endsWith(unfinished)) {
        const status = await this.status(key);
        if (status !== undefined) yield status;
      }
    }
  }

  #path(key: string): string {
    const segments = key.split('/');
    if (key.includes('\0') || segments.some((segment) => ['', '.', '..'].includes(segment)))
      throw new Error(`'${key}' is no key that a directory can have`);
    return join(this.place, ...segments);
  }
}
