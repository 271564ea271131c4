/**
 * Raw messages, appended to `<data>/<app_id>/<dev_id>-YYYY-MM-DD.json`, one a line, by the date of arrival (data
 * formats, "Write raw messages to the shared volume"). An append is durable when it returns; lengths before and
 * after let the caller take it back.
 */
import { type FileHandle, mkdir, open, stat, truncate } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export interface Append {
  /** Path below the data directory. */
  path: string;
  before: number;
  after: number;
}

export class RawFiles {
  readonly #directory: string;
  readonly #date: Intl.DateTimeFormat;

  /** `timeZone` (IANA name) decides where a calendar day begins. */
  constructor(directory: string, timeZone: string) {
    this.#directory = directory;
    const fields = { year: 'numeric', month: '2-digit', day: '2-digit' } as const;
    this.#date = new Intl.DateTimeFormat('en', { ...fields, timeZone });
  }

  /** The file below the data directory that a message arriving now belongs to. */
  path(appId: string, devId: string, arrival: number): string {
    // By its parts: no locale writes YYYY-MM-DD in every version of Node.
    const parts = new Map(this.#date.formatToParts(arrival).map(({ type, value }) => [type, value]));
    const date = `${parts.get('year')}-${parts.get('month')}-${parts.get('day')}`;
    return join(appId, `${devId}-${date}.json`);
  }

  /** Appends and fsyncs. A failed append leaves the file as it was. */
  async append(path: string, lines: readonly string[]): Promise<Append> {
    const full = join(this.#directory, path);
    await mkdir(dirname(full), { recursive: true });
    const file = await open(full, 'a');
    try {
      const before = (await file.stat()).size;
      try {
        await file.appendFile(`${lines.join('\n')}\n`);
        await file.sync();
      } catch (error) {
        await file.truncate(before);
        throw error;
      }
      if (before === 0) await this.#syncDirectories(dirname(path));
      return { path, before, after: (await file.stat()).size };
    } finally {
      await file.close();
    }
  }

  /** Cuts the file back to a length. A file that is shorter, or gone (its owner's right), stays as it is. */
  async cut(path: string, length: number): Promise<void> {
    if ((await this.length(path)) > length) await truncate(join(this.#directory, path), length);
  }

  /** Bytes in the file; 0 when there is none. */
  async length(path: string): Promise<number> {
    return stat(join(this.#directory, path)).then(
      ({ size }) => size,
      (error: NodeJS.ErrnoException) => {
        if (error.code === 'ENOENT') return 0;
        throw error;
      },
    );
  }

  /** A new file is durable only with its directory entry, and that one with its parent's. */
  async #syncDirectories(below: string): Promise<void> {
    for (const path of [join(this.#directory, below), this.#directory]) {
      let directory: FileHandle | undefined;
      try {
        directory = await open(path, 'r');
        await directory.sync();
      } finally {
        await directory?.close();
      }
    }
  }
}
