/**
 * The nightly copy of raw files to the bucket `data` (data formats, "Copying data to Mino"). A file only grows, so one
 * whose copy has its size is copied: whatever was interrupted goes on there, and a day that grew late is copied again.
 */
import { join } from 'node:path';
import type { Storage } from '@sluice/common/storage';
import type { Bucket } from '../stores/buckets/bucket';
import { type DayFile, listDayFiles } from '../stores/raw-files/read-day';
import type { Job, JobRun } from './job';
import type { JobState } from './job-state';

export interface CopyOptions {
  storage: Storage;
  /** Where the raw files are. */
  directory: string;
  data: Bucket;
  state: JobState;
  /** Whether everything that arrived before today is in the raw files. */
  isWritten(): boolean | Promise<boolean>;
}

/** Days before the last that are looked at again: a dead letter may be stored late. */
const lateDays = 7;
const types = { json: 'application/json', sluice: 'application/octet-stream' };

export class CopyJob implements Job {
  readonly name = 'copy';
  readonly #options: CopyOptions;

  constructor(options: CopyOptions) {
    this.#options = options;
  }

  async run({ date, today, signal, progress }: JobRun): Promise<string> {
    const { storage, directory, state, isWritten } = this.#options;
    if (date !== undefined && date >= today) throw new Error(`${date} is not over`);
    if (!(await isWritten())) throw new Error('yesterday’s messages are not all in the raw files yet');
    const through = state.through(this.name);
    const from = date ?? (through === undefined ? '' : daysBefore(String(through), lateDays));
    const due = await listDayFiles(storage, directory, (day) =>
      date === undefined ? from <= day && day < today : day === date,
    );
    let copied = 0;
    for (const [done, file] of due.entries()) {
      signal.throwIfAborted();
      progress(done, due.length);
      if (await this.#copy(file)) copied++;
    }
    progress(due.length, due.length);
    if (date === undefined) await state.setThrough(this.name, daysBefore(today, 1));
    return `${copied} of ${due.length} files copied, the others had been`;
  }

  async #copy({ key, extension }: DayFile): Promise<boolean> {
    const { storage, directory, data } = this.#options;
    const path = join(directory, ...key.split('/'));
    const size = (await storage.status(path))?.size;
    if (size === undefined || (await data.status(key))?.size === size) return false;
    await data.put(key, { size, type: types[extension], pieces: () => storage.readPieces(path) });
    return true;
  }
}

export function daysBefore(date: string, days: number): string {
  return new Date(Date.parse(date) - days * 86_400_000).toISOString().slice(0, 10);
}
