/** What the stage is about to write, kept in a file of its own: JSON, replaced whole. */
import type { Storage } from '@sluice/common/storage';
import { z } from 'zod';
import type { Position } from '../../inbox/arrival';

export interface Plan {
  /** Everything below is durable in the files. */
  from: Position;
  /** Where the batch ends that was to be written last. */
  upTo: Position;
  /** Bytes of each of its files before it, by path below the directory. */
  files: Record<string, number>;
}

const version = 1;
const schema = z.object({
  version: z.literal(version),
  from: z.int().min(0),
  upTo: z.int().min(0),
  files: z.record(z.string(), z.int().min(0)),
});

/** undefined: there is none, or it cannot be read, which `onProblem` is told. */
export async function readPlan(
  storage: Storage,
  path: string,
  onProblem: (problem: Error) => void,
): Promise<Plan | undefined> {
  if ((await storage.status(path)) === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(Buffer.from(await storage.read(path)).toString()));
  } catch (error) {
    onProblem(
      new Error(`${path} cannot be read: raw files are written from the oldest arrival on`, { cause: error }),
    );
    return undefined;
  }
}

export function writePlan(storage: Storage, path: string, plan: Plan): Promise<void> {
  return storage.replace(path, Buffer.from(JSON.stringify({ version, ...plan })));
}
