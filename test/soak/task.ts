/** What takes long and is run by `npm run soak`: each file here but this one and the tests exports `task`. */
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Tells people how far a task is. @param found what is wrong: they are told at once */
export type Progress = (done: number, found?: string) => void;

export interface SoakTask {
  /** What must hold. */
  description: string;
  /** What `amount` counts: seeds, virtual days, kills. */
  unit: string;
  /** How much CI runs; 0: another test is the sample. */
  sample: number;
  /** How much `npm run soak` runs. */
  full: number;
  /** Rejects with an error that names the seed; resolves to a line for people. */
  run(amount: number, seed: number, progress: Progress): Promise<string>;
}

export async function listTasks(): Promise<{ name: string; task: SoakTask }[]> {
  const directory = dirname(fileURLToPath(import.meta.url));
  const names = readdirSync(directory)
    .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts') && name !== 'task.ts')
    .map((name) => name.slice(0, -'.ts'.length))
    .sort();
  return Promise.all(
    names.map(async (name) => {
      const module = (await import(pathToFileURL(join(directory, `${name}.ts`)).href)) as { task: SoakTask };
      return { name, task: module.task };
    }),
  );
}
