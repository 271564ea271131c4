/**
 * Metadata of every object of the bucket `data`, whoever has put it there (data formats, "Acting on the files in
 * arriving in Minio"): one that is new, or newer than its metadata.
 */
import type { Buckets, ObjectStatus } from '../stores/buckets/bucket';
import { Calendar } from '../stores/raw-files/calendar';
import { parseDayKey } from '../stores/raw-files/read-day';
import type { Job, JobRun } from './job';
import type { JobState } from './job-state';
import { extractMetadata, metadataKey, metadataText } from './object-metadata';

export interface MetadataOptions {
  buckets: Buckets;
  state: JobState;
  /** IANA name of the zone of calendar days. */
  timeZone: string;
  now(): number;
  /** Told of what cannot be read, and is passed. */
  onProblem(problem: string): void;
}

/** Milliseconds by which the store's clock may differ from ours, and an object may take to be written. */
const overlap = 86_400_000;

export class MetadataJob implements Job {
  readonly name = 'metadata';
  readonly #options: MetadataOptions;
  readonly #calendar: Calendar;

  constructor(options: MetadataOptions) {
    this.#options = options;
    this.#calendar = new Calendar(options.timeZone);
  }

  async run({ date, signal, progress }: JobRun): Promise<string> {
    const { buckets, state, now } = this.#options;
    const begun = now();
    const since = Number(state.through(this.name) ?? Number.NEGATIVE_INFINITY) - overlap;
    let seen = 0;
    let made = 0;
    for await (const object of buckets.data.list()) {
      signal.throwIfAborted();
      const due = date === undefined ? object.modified >= since : parseDayKey(object.key)?.date === date;
      if (due && (await this.#make(object, date !== undefined))) made++;
      progress(++seen, undefined);
    }
    if (date === undefined) await state.setThrough(this.name, begun);
    return `metadata of ${made} objects made, of ${seen} in ${buckets.data.place}`;
  }

  async #make({ key, modified }: ObjectStatus, anew: boolean): Promise<boolean> {
    const { data, metadata } = this.#options.buckets;
    const known = await metadata.status(metadataKey(key));
    if (!anew && known !== undefined && known.modified >= modified) return false;
    const object = { key, modified, pieces: data.read(key) };
    const extracted = await extractMetadata(object, this.#calendar, this.#options.onProblem);
    if (extracted === undefined) return false;
    const text = Buffer.from(metadataText(extracted));
    await metadata.put(metadataKey(key), {
      size: text.length,
      type: 'application/json',
      pieces: () => [text],
    });
    return true;
  }
}
