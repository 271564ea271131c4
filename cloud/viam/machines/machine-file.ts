/**
 * The file of machines that this cloud serves: ids, projects, the salted hashes of their secrets, and their
 * configurations. No secret of a machine can be found from it; a configuration is kept as it was given.
 * Format, version 1: the schema below, as JSON; a newer version is refused.
 */
import { readFileSync } from 'node:fs';
import { keySchema } from '@sluice/common/access';
import { SluiceError, schemaFault } from '@sluice/common/errors';
import { z } from 'zod';

/** Of machines and projects: they stand in topics, paths and lists. */
export const machineNamePattern = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;
const name = z.string().regex(machineNamePattern);

const machineSchema = z.strictObject({
  /** Viam's part id; `dev_id` of what it sends. */
  id: name,
  /** `app_id` of what it sends. */
  project: name,
  secret: keySchema,
  /** Strict JSON; left out: the machine has a configuration of its own, and only sends. */
  configuration: z.string().optional(),
  changed: z.iso.datetime(),
});

const fileSchema = z.strictObject({ version: z.literal(1), machines: z.array(machineSchema).max(100_000) });

export type StoredMachine = z.infer<typeof machineSchema>;
export type MachineFile = z.infer<typeof fileSchema>;

/** @throws SluiceError `machines-damaged`, `machines-newer-version`. A file that is not there has none in it. */
export function readMachineFile(path: string): MachineFile {
  let value: unknown;
  try {
    value = JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return { version: 1, machines: [] };
    if (error instanceof SyntaxError)
      throw new SluiceError('machines-damaged', `${path} is not JSON`, { path });
    throw error;
  }
  const version = (value as { version?: unknown } | null)?.version;
  if (typeof version === 'number' && version > 1)
    throw new SluiceError(
      'machines-newer-version',
      `${path} is of version ${version}, this program reads 1`,
      { path },
    );
  const parsed = fileSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const place = issue.path.join('.') || 'all of it';
  throw new SluiceError('machines-damaged', `${path}: ${place}: ${schemaFault(issue)}`, { path });
}
