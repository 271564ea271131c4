/** What was deleted, and when: it is not stored again from arrivals or raw files of before. */
import { dirname } from 'node:path';
import type { Storage } from '@sluice/common/storage';
import { z } from 'zod';

const version = 1;
const schema = z.object({
  version: z.literal(version),
  deleted: z.array(z.object({ app_id: z.string(), part: z.string(), before: z.number() })),
});

export class Tombstones {
  readonly #storage: Storage;
  readonly #path: string;
  /** By project and device: wall ms of the deletion. */
  readonly #before: Map<string, number>;

  private constructor(storage: Storage, path: string, before: Map<string, number>) {
    this.#storage = storage;
    this.#path = path;
    this.#before = before;
  }

  /** @throws when the file cannot be read: nothing may be rebuilt without it */
  static async open(storage: Storage, path: string): Promise<Tombstones> {
    await storage.makeDirectory(dirname(path));
    const before = new Map<string, number>();
    if ((await storage.status(path)) !== undefined) {
      const text = Buffer.from(await storage.read(path)).toString();
      for (const { app_id, part, before: at } of schema.parse(JSON.parse(text)).deleted)
        before.set(JSON.stringify([app_id, part]), at);
    }
    return new Tombstones(storage, path, before);
  }

  /** Durable when it resolves. */
  async add(appId: string, devId: string, now: number): Promise<void> {
    this.#before.set(JSON.stringify([appId, devId]), now);
    const deleted = [...this.#before].map(([key, before]) => {
      const [app_id, part] = JSON.parse(key) as [string, string];
      return { app_id, part, before };
    });
    await this.#storage.replace(this.#path, Buffer.from(JSON.stringify({ version, deleted })));
  }

  /** Wall ms up to which what arrived of a device is deleted; undefined: nothing is. */
  of(appId: string, devId: string): number | undefined {
    return this.#before.size === 0 ? undefined : this.#before.get(JSON.stringify([appId, devId]));
  }
}
