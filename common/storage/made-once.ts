/** Files with a key or a secret in them, most of which are made at a first start and kept for ever. */
import { dirname } from 'node:path';
import { NodeStorage } from './node-storage';
import type { Storage } from './storage';

/** Readable by its owner alone. */
const secretMode = 0o600;

/**
 * The contents of a file, which is made when it does not exist: whole and durable before anybody has seen it, so that
 * no power cut can take back what a board was given. Its directory exists, and its owner holds the lock of it.
 */
export async function madeOnce(
  path: string,
  make: () => Promise<string> | string,
  storage: Storage = new NodeStorage(),
): Promise<string> {
  await storage.makeDirectory(dirname(path));
  if ((await storage.status(path)) === undefined) await replaceSecret(path, await make(), storage);
  // The start that made it may have ended before.
  else await storage.syncDirectory(dirname(path));
  return new TextDecoder().decode(await storage.read(path));
}

/**
 * Makes a file that its owner alone can read, or replaces it: whole and durable when this resolves, and until then as it
 * was. Its directory exists.
 */
export async function replaceSecret(
  path: string,
  text: string,
  storage: Storage = new NodeStorage(),
): Promise<void> {
  const next = `${path}.next`;
  await storage.discard(next);
  const file = await storage.create(next, secretMode);
  try {
    await file.append([new TextEncoder().encode(text)]);
    await file.sync();
  } finally {
    await file.close();
  }
  await storage.rename(next, path);
  await storage.syncDirectory(dirname(path));
}
