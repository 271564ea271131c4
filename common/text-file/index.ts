/**
 * Text that people write: configurations, settings, certificates.
 *
 * What comes in: a path. What goes out: its text, or why there is none. What holds: one reader, so that a file is right
 * or wrong everywhere; bounded, whatever stands at the path.
 */
import { closeSync, openSync, readSync } from 'node:fs';

/** Bytes of such a file: the most that a machine's configuration has (`modules/config/json`). */
export const longestText = 4 << 20;

/** What is there is no text in UTF-8, or too long. The message names the file. */
export class TextFileError extends Error {
  constructor(
    readonly path: string,
    /** `is UTF-16: save it as UTF-8` */
    readonly reason: string,
    readonly isTooLong = false,
  ) {
    super(`${path} ${reason}`);
    this.name = 'TextFileError';
  }
}

/**
 * The text, without a byte order mark.
 * @throws TextFileError, or the system's error with its `path`
 */
export function readTextFile(path: string): string {
  const bytes = readBounded(path, longestText);
  if (bytes === undefined)
    throw new TextFileError(path, `is longer than ${longestText >> 20} MiB, which nothing here is`, true);
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff))
    throw new TextFileError(path, 'is UTF-16: save it as UTF-8');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new TextFileError(path, 'is not UTF-8: save it as UTF-8');
  }
}

/** A device, or a pipe, tells no size: it is read until it ends. @returns undefined when there is more */
export function readBounded(path: string, most: number): Buffer | undefined {
  try {
    const file = openSync(path, 'r');
    try {
      const parts: Buffer[] = [];
      let length = 0;
      for (;;) {
        const part = Buffer.allocUnsafe(65_536);
        const read = readSync(file, part);
        if (read === 0) return Buffer.concat(parts, length);
        length += read;
        if (length > most) return undefined;
        parts.push(part.subarray(0, read));
      }
    } finally {
      closeSync(file);
    }
  } catch (error) {
    // Of a directory the system's error does not name it.
    throw Object.assign(error as Error, { path });
  }
}
