/** Files that commands read. */
import { readFileSync, statSync } from 'node:fs';

/** @throws Error that names the file */
export function readBytes(path: string): Buffer {
  // Read, a directory is an error that does not name it.
  if (statSync(path).isDirectory()) throw new Error(`${path} is a directory, not a file`);
  return readFileSync(path);
}
