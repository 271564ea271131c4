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

export class JobState {
  readonly #storage: Storage;
  readonly #path: string;
  #content: z.infer<typeof schema>;

  private constructor(storage: Storage, path: string, content: z.infer<typeof schema>) {
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
    await this.#replace({ ...this.#content, night });
  }

  async setThrough(job: string, through: string | number): Promise<void> {
    await this.#replace({ ...this.#content, through: { ...this.#content.through, [job]: through } });
  }

  async #replace(content: z.infer<typeof schema>): Promise<void> {
    await this.#storage.replace(this.#path, Buffer.from(JSON.stringify(content)));
    this.#content = content;
  }
}
