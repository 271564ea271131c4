/**
 * The file of users: names, roles, projects, and the salted hashes of their keys. No key can be found from it.
 * Format, version 1: the schema below, as JSON; a newer version is refused.
 */
import { readFileSync } from 'node:fs';
import * as z from 'zod';
import { SluiceError, schemaFault } from '../errors';
import { roles } from './roles';

/** Names of users and projects: they stand in topics, paths and lists. */
export const namePattern = /^[A-Za-z0-9][A-Za-z0-9_.-]{0,62}$/;
const name = z.string().regex(namePattern, 'takes 1 to 63 letters, digits, dots, underscores and dashes');

export const keySchema = z.strictObject({
  id: z.string().regex(/^[0-9a-f]{12}$/),
  /** base64 */
  salt: z.string(),
  /** base64 */
  hash: z.string(),
  created: z.iso.datetime(),
});

const userSchema = z.strictObject({
  name,
  role: z.enum(roles),
  projects: z.array(z.union([name, z.literal('*')])).max(1_000),
  keys: z.array(keySchema).max(16),
});

const fileSchema = z.strictObject({
  version: z.literal(1),
  projects: z.record(name, z.strictObject({ private: z.boolean() })),
  users: z.array(userSchema).max(100_000),
});

export type StoredKey = z.infer<typeof keySchema>;
export type StoredUser = z.infer<typeof userSchema>;
export type UserFile = z.infer<typeof fileSchema>;

export const emptyUserFile = (): UserFile => ({ version: 1, projects: {}, users: [] });

/** @throws SluiceError `users-damaged`, `users-newer-version`. A file that is not there has nobody in it. */
export function readUserFile(path: string): UserFile {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return emptyUserFile();
    throw error;
  }
  return parseUserFile(text, path);
}

export function parseUserFile(text: string, path: string): UserFile {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new SluiceError('users-damaged', `${path} is not JSON`, { path });
  }
  const version = (value as { version?: unknown } | null)?.version;
  if (typeof version === 'number' && version > 1)
    throw new SluiceError('users-newer-version', `${path} is of version ${version}, this program reads 1`, {
      path,
    });
  const parsed = fileSchema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  throw new SluiceError(
    'users-damaged',
    `${path}: ${issue.path.join('.') || 'all of it'}: ${schemaFault(issue)}`,
    {
      path,
    },
  );
}
