/** What was deleted, and when: it is not stored again from arrivals or raw files of before. */
import { dirname } from 'node:path';
import type { Storage } from '@sluice/common/storage';
import { z } from 'zod';
import type { SeriesName } from './series-table';

const version = 2;
const schema = z.object({
  version: z.union([z.literal(1), z.literal(version)]),
  deleted: z.array(z.object({ app_id: z.string(), part: z.string(), before: z.number() })),
  streams: z
    .array(
      z.object({
        app_id: z.string(),
        part: z.string(),
        stream: z.string(),
        tags: z.string(),
        before: z.number(),
      }),
    )
    .default([]),
});

/** Of a series what was captured before a time, wall ms, is deleted. */
export interface StreamTombstone extends SeriesName {
  before: number;
}

export class Tombstones {
  readonly #storage: Storage;
  readonly #path: string;
  /** By project and device: wall ms of the deletion. */
  readonly #before: Map<string, number>;
  readonly #streams: Map<string, StreamTombstone>;

  private constructor(
    storage: Storage,
    path: string,
    before: Map<string, number>,
    streams: Map<string, StreamTombstone>,
  ) {
    this.#storage = storage;
    this.#path = path;
    this.#before = before;
    this.#streams = streams;
  }

  /** @throws when the file cannot be read: nothing may be rebuilt without it */
  static async open(storage: Storage, path: string): Promise<Tombstones> {
    await storage.makeDirectory(dirname(path));
    const before = new Map<string, number>();
    const streams = new Map<string, StreamTombstone>();
    if ((await storage.status(path)) !== undefined) {
      const content = contentOf(Buffer.from(await storage.read(path)).toString(), path);
      for (const { app_id, part, before: at } of content.deleted)
        before.set(JSON.stringify([app_id, part]), at);
      for (const { app_id: appId, part: devId, stream: field, tags, before: at } of content.streams) {
        const stone = { appId, devId, field, tags, before: at };
        streams.set(keyOf(stone), stone);
      }
    }
    return new Tombstones(storage, path, before, streams);
  }

  /** Durable when it resolves. */
  async add(appId: string, devId: string, now: number): Promise<void> {
    this.#before.set(JSON.stringify([appId, devId]), now);
    await this.#save();
  }

  /** Durable when it resolves. @param before wall ms of capture */
  async addStreams(names: readonly SeriesName[], before: number): Promise<void> {
    for (const name of names) {
      const known = this.#streams.get(keyOf(name))?.before ?? Number.NEGATIVE_INFINITY;
      this.#streams.set(keyOf(name), { ...name, before: Math.max(known, before) });
    }
    await this.#save();
  }

  /** Of single streams. */
  get streams(): StreamTombstone[] {
    return [...this.#streams.values()];
  }

  async #save(): Promise<void> {
    const deleted = [...this.#before].map(([key, before]) => {
      const [app_id, part] = JSON.parse(key) as [string, string];
      return { app_id, part, before };
    });
    const streams = this.streams.map(({ appId, devId, field, tags, before }) => ({
      app_id: appId,
      part: devId,
      stream: field,
      tags,
      before,
    }));
    await this.#storage.replace(this.#path, Buffer.from(JSON.stringify({ version, deleted, streams })));
  }

  /** Wall ms up to which what arrived of a device is deleted; undefined: nothing is. */
  of(appId: string, devId: string): number | undefined {
    return this.#before.size === 0 ? undefined : this.#before.get(JSON.stringify([appId, devId]));
  }
}

function contentOf(text: string, path: string): z.infer<typeof schema> {
  try {
    return schema.parse(JSON.parse(text));
  } catch (cause) {
    throw new Error(`${path} is damaged, without which what was deleted would come back`, { cause });
  }
}

function keyOf({ appId, devId, field, tags }: SeriesName): string {
  return JSON.stringify([appId, devId, field, tags]);
}
