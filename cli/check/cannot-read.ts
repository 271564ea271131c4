/** Why a file cannot be read. */
import { accessSync, constants, statSync } from 'node:fs';

/** @returns undefined when it can */
export function systemReason(path: string): string | undefined {
  try {
    if (statSync(path).isDirectory()) return 'is a directory, not a file';
    accessSync(path, constants.R_OK);
    return undefined;
  } catch (error) {
    return reasonOf(error as NodeJS.ErrnoException);
  }
}

export function reasonOf({ code, message }: NodeJS.ErrnoException): string {
  if (code === 'ENOENT') return 'there is no such file';
  if (code === 'ENOTDIR') return 'a part of the path is no directory';
  if (code === 'EISDIR') return 'is a directory, not a file';
  if (code === 'EACCES') return 'may not be read by this user';
  return message;
}
