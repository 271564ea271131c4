/** How far each job has come, kept in one small file. */
import { dirname } from 'node:path';
import type { Storage } from '@sluice/common/storage';
import { z } from 'zod';

const schema = z.object({
  version: z.literal(1),
  /** The last calendar day on which all of them were done. */
  night: z.string().optional(),
  /** By job: what it goes on from. */
  through: z.record(z.string(), z.union([z.string(), z.number()])),
});

type Content = z.infer<typeof schema>;

export class JobState {
  readonly #storage: Storage;
  readonly #path: string;
  #content: Content;
  #changing: Promise<unknown> = Promise.resolve();

  private constructor(storage: Storage, path: string, content: Content) {
    this.#storage = storage;
    this.#path = path;
    this.#content = content;
  }

  /** A file that cannot be read is told of; everything is looked at again then. */
  static async open(storage: Storage, path: string, onProblem: (problem: Error) => void): Promise<JobState> {
    await storage.makeDirectory(dirname(path));
    const state = new JobState(storage, path, { version: 1, through: {} });
    if ((await storage.status(path)) === undefined) return state;
    try {
      state.#content = schema.parse(JSON.parse(Buffer.from(await storage.read(path)).toString()));
    } catch (error) {
      onProblem(new Error(`${path} cannot be read: jobs look at everything again`, { cause: error }));
    }
    return state;
  }

  get night(): string | undefined {
    return this.#content.night;
  }

  through(job: string): string | number | undefined {
    return this.#content.through[job];
  }

  async setNight(night: string): Promise<void> {
    await this.#change((content) => ({ ...content, night }));
  }

  async setThrough(job: string, through: string | number): Promise<void> {
    await this.#change((content) => ({ ...content, through: { ...content.through, [job]: through } }));
  }

  /** One after another: a night may end while a job that somebody asked for does. */
  #change(change: (content: Content) => Content): Promise<void> {
    const changed = this.#changing.then(async () => {
      const content = change(this.#content);
      await this.#storage.replace(this.#path, Buffer.from(JSON.stringify(content)));
      this.#content = content;
    });
    this.#changing = changed.catch(() => undefined);
    return changed;
  }
}
