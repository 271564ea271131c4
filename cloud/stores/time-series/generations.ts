/** Directories of generations, `1`, `2`, …, and which of them is the store's: `current`, replaced whole. */
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Storage } from '@sluice/common/storage';
import { z } from 'zod';
import { SeriesStore } from './series-store';

const schema = z.object({ version: z.literal(1), generation: z.int().min(1) });

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
    const exists = (await storage.status(path)) !== undefined;
    const number = exists
      ? schema.parse(JSON.parse(Buffer.from(await storage.read(path)).toString())).generation
      : 1;
    const generations = new Generations(storage, directory, number, exists);
    await generations.sweep();
    return generations;
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
    await this.#note();
  }

  /** An empty directory for the next one. */
  async prepare(): Promise<string> {
    const next = this.#of(this.#number + 1);
    await rm(next, { recursive: true, force: true });
    return next;
  }

  /** The next one takes the place of the current one. */
  async take(): Promise<void> {
    this.#number++;
    await this.#note();
  }

  /** Removes all but the current one. */
  async sweep(): Promise<void> {
    for (const { name, directory } of await this.#storage.list(this.#directory))
      if (directory && /^\d+$/.test(name) && !(this.#exists && Number(name) === this.#number))
        await rm(join(this.#directory, name), { recursive: true, force: true });
  }

  async #note(): Promise<void> {
    const text = JSON.stringify({ version: 1, generation: this.#number });
    await this.#storage.replace(join(this.#directory, 'current'), Buffer.from(text));
    this.#exists = true;
  }

  #of(number: number): string {
    return join(this.#directory, String(number));
  }
}
