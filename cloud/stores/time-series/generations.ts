/** Directories of generations, `1`, `2`, …, and which of them is the store's: `current`, replaced whole. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SluiceError } from '@sluice/common/errors';
import type { Storage } from '@sluice/common/storage';
import { z } from 'zod';
import { SeriesStore } from './series-store';

const version = 1;
const schema = z.object({ version: z.int().min(1), generation: z.int().min(1) });

/** undefined: it is damaged. @throws SluiceError time-series-newer-version */
function numberOf(text: string, path: string): number | undefined {
  let content: z.infer<typeof schema>;
  try {
    content = schema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
  if (content.version > version)
    throw new SluiceError('time-series-newer-version', `${path} is of version ${content.version}`);
  return content.generation;
}

export class Generations {
  readonly #storage: Storage;
  readonly #directory: string;
  #number: number;
  #exists: boolean;

  private constructor(storage: Storage, directory: string, number: number, exists: boolean) {
    this.#storage = storage;
    this.#directory = directory;
    this.#number = number;
    this.#exists = exists;
  }

  static async open(storage: Storage, directory: string): Promise<Generations> {
    const path = join(directory, 'current');
    if ((await storage.status(path)) === undefined) {
      const none = new Generations(storage, directory, 1, false);
      await none.sweep();
      return none;
    }
    const number = numberOf(Buffer.from(await storage.read(path)).toString(), path);
    if (number !== undefined) {
      const generations = new Generations(storage, directory, number, true);
      await generations.sweep();
      return generations;
    }
    // Which is the store's nobody knows: the next one is behind all of them, and none is removed before it is whole.
    const all = (await storage.list(directory)).map(({ name }) => Number(name)).filter(Number.isInteger);
    return new Generations(storage, directory, Math.max(0, ...all) + 1, true);
  }

  /** False: nothing was ever stored here. */
  get exists(): boolean {
    return this.#exists;
  }

  get current(): string {
    return this.#of(this.#number);
  }

  async hasDatabase(): Promise<boolean> {
    return this.#exists && (await this.#storage.status(SeriesStore.databaseOf(this.current))) !== undefined;
  }

  /** The first one is there. */
  async begin(): Promise<void> {
    await this.#note(this.#number);
  }

  /** An empty directory for the next one. */
  async prepare(): Promise<string> {
    const next = this.#of(this.#number + 1);
    await rm(next, { recursive: true, force: true });
    return next;
  }

  /** The next one takes the place of the current one. */
  async take(): Promise<void> {
    await this.#note(this.#number + 1);
  }

  /** Removes all but the current one. */
  async sweep(): Promise<void> {
    for (const { name, directory } of await this.#storage.list(this.#directory))
      if (directory && /^\d+$/.test(name) && !(this.#exists && Number(name) === this.#number))
        await rm(join(this.#directory, name), { recursive: true, force: true });
  }

  async #note(number: number): Promise<void> {
    const text = JSON.stringify({ version, generation: number });
    await this.#storage.replace(join(this.#directory, 'current'), Buffer.from(text));
    this.#number = number;
    this.#exists = true;
  }

  #of(number: number): string {
    return join(this.#directory, String(number));
  }
}
