/**
 * The jobs of a cloud: in their order, one at a time; once a night, caught up after days off, tried again when they
 * fail, and whenever somebody asks. A job that fails stops no other.
 */
import { asError } from '@sluice/common/errors';
import { Cron } from 'croner';
import type { Logger } from 'pino';
import { Calendar } from '../stores/raw-files/calendar';
import type { Job } from './job';
import type { JobState } from './job-state';

export interface JobsOptions {
  /** In the order in which a night does them. */
  jobs: readonly Job[];
  /** Only done when somebody asks for them. */
  others?: readonly Job[];
  state: JobState;
  /** IANA name of the zone of calendar days and of the schedule. */
  timeZone: string;
  log: Logger;
  now(): number;
  /** When a night's jobs begin, as cron has it. Default: at ten past midnight. */
  schedule?: string;
}

export interface JobStatus {
  name: string;
  state: 'idle' | 'waiting' | 'running';
  /** While it runs. */
  progress?: { done: number; total?: number };
  /** The run before, or the one that runs. */
  last?: { started: string; ended?: string; result?: string; error?: string };
  /** When the night's jobs begin next; ISO 8601. */
  next?: string;
}

const nightly = '10 0 * * *';
/** Milliseconds after which a night of which a job failed is tried again. */
const retryDelay = 900_000;

export class Jobs {
  readonly #options: JobsOptions;
  readonly #calendar: Calendar;
  readonly #closing = new AbortController();
  readonly #statuses = new Map<string, Omit<JobStatus, 'name' | 'next'>>();
  #cron: Cron | undefined;
  #retry: NodeJS.Timeout | undefined;
  #queue: Promise<unknown> = Promise.resolve();

  constructor(options: JobsOptions) {
    this.#options = options;
    this.#calendar = new Calendar(options.timeZone);
    for (const { name } of this.#all) this.#statuses.set(name, { state: 'idle' });
  }

  /** Begins with the schedule, and with what was missed since the last night. */
  start(): void {
    const { schedule = nightly, timeZone } = this.#options;
    this.#cron = new Cron(schedule, { timezone: timeZone, unref: true }, () => void this.night());
    const begun = this.#cron.previousRuns(1)[0];
    const missed =
      begun !== undefined && (this.#options.state.night ?? '') < this.#calendar.day(begun.getTime());
    if (missed) void this.night();
  }

  status(): JobStatus[] {
    const next = this.#cron?.nextRun()?.toISOString();
    return [...this.#statuses].map(([name, status]) => ({ name, ...status, ...(next && { next }) }));
  }

  /** All of them. Never rejects: what fails is logged, and the night is tried again later. */
  async night(): Promise<void> {
    clearTimeout(this.#retry);
    const today = this.#today;
    let failed = false;
    for (const { name } of this.#options.jobs) {
      if (this.#closing.signal.aborted) return;
      await this.run(name).catch(() => {
        failed = true;
      });
    }
    if (this.#closing.signal.aborted) return;
    if (!failed) {
      try {
        return await this.#options.state.setNight(today);
      } catch (error) {
        this.#options.log.error({ error: asError(error).message }, 'the night’s end is not noted');
      }
    }
    this.#retry = setTimeout(() => void this.night(), retryDelay);
    this.#retry.unref();
  }

  /**
   * Runs one when those asked for before are done. Resolves to a sentence that says what was done.
   * @param date `YYYY-MM-DD`: of that day alone
   * @throws RangeError there is no such job; what stood in its way
   */
  run(name: string, date?: string): Promise<string> {
    const job = this.#all.find((each) => each.name === name);
    if (job === undefined) return Promise.reject(new RangeError(`there is no job '${name}'`));
    const status = this.#statuses.get(name)!;
    if (status.state === 'idle') status.state = 'waiting';
    const run = this.#queue.then(() => this.#run(job, date));
    this.#queue = run.catch(() => undefined);
    return run;
  }

  async close(): Promise<void> {
    this.#cron?.stop();
    clearTimeout(this.#retry);
    this.#closing.abort(new Error('the cloud stops'));
    await this.#queue;
  }

  get #all(): readonly Job[] {
    return [...this.#options.jobs, ...(this.#options.others ?? [])];
  }

  get #today(): string {
    return this.#calendar.day(this.#options.now());
  }

  async #run(job: Job, date: string | undefined): Promise<string> {
    const { log, now } = this.#options;
    const { signal } = this.#closing;
    const last: JobStatus['last'] = { started: new Date(now()).toISOString() };
    const status: Omit<JobStatus, 'name' | 'next'> = { state: 'running', last };
    this.#statuses.set(job.name, status);
    const progress = (done: number, total: number | undefined) => {
      status.progress = total === undefined ? { done } : { done, total };
    };
    try {
      signal.throwIfAborted();
      const result = await job.run({ date, today: this.#today, signal, progress });
      last.result = result;
      log.info({ job: job.name, result }, 'a job is done');
      return result;
    } catch (error) {
      last.error = asError(error).message;
      if (!signal.aborted) log.error({ job: job.name, error: last.error }, 'a job failed');
      throw error;
    } finally {
      last.ended = new Date(now()).toISOString();
      delete status.progress;
      status.state = 'idle';
    }
  }
}
