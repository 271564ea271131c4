/** Questions to the time series: planned here, answered by a process of their own, handed on as a file. */
import { createReadStream } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { Readable } from 'node:stream';
import type { DayName } from '../stores/raw-files/read-day';
import type { TimeSeries } from '../stores/time-series/time-series';
import { type AnswererOptions, Answerers } from './answerers';
import type { MayRead } from './asked-series';
import type { Capture } from './capture';
import type { TaskPaths } from './planned-rows';
import { type CapturesQuestion, Planner } from './planner';
import type { Format, GapsQuestion, Question, SqlQuestion } from './question';
import { type Answered, coldFilesOf, fullDiskError, type TableFormat, type Task, TaskError } from './task';

export interface QuestionsOptions extends Omit<AnswererOptions, 'directory'> {
  timeSeries: TimeSeries;
  /** A directory of theirs alone; emptied at the start. */
  directory: string;
  now(): number;
}

export interface Answer extends Answered {
  /** Its bytes: to be read or destroyed, which removes the file. */
  content: Readable;
}

/** Rows of an answer at most, by what they cost in it. */
const mostRows: Record<Format, number> = {
  json: 1_000_000,
  csv: 5_000_000,
  arrow: 5_000_000,
  parquet: 50_000_000,
};
/** Answers that are being read at most, and their bytes: each is a file. */
const mostAnswers = 200;
const mostOpenBytes = 4 * 2 ** 30;
/** Milliseconds between two searches for what cannot be read. */
const searchInterval = 60_000;

export class Questions {
  readonly #directory: string;
  readonly #planner: Planner;
  readonly #answerers: Answerers;
  readonly #timeSeries: TimeSeries;
  readonly #open = new Map<Readable, number>();
  #next = 0;
  /** Monotonic ms at which all files of a task were looked at. */
  #searched = Number.NEGATIVE_INFINITY;

  private constructor(directory: string, planner: Planner, answerers: Answerers, timeSeries: TimeSeries) {
    this.#directory = directory;
    this.#planner = planner;
    this.#answerers = answerers;
    this.#timeSeries = timeSeries;
  }

  static async open(options: QuestionsOptions): Promise<Questions> {
    const { directory } = options;
    await rm(directory, { recursive: true, force: true });
    await mkdir(directory, { recursive: true });
    return new Questions(directory, new Planner(options), await Answerers.open(options), options.timeSeries);
  }

  /** @throws QuestionError, TaskError, SluiceError time-series-rebuilding, time-series-unavailable */
  ask(question: Question, mayRead: MayRead): Promise<Answer> {
    return this.#answer((paths) => this.#planner.plan(question, mayRead, paths, mostRows[question.format]));
  }

  /** Blocks and readings that are missing, and why. */
  gaps(question: GapsQuestion, mayRead: MayRead): Promise<Answer> {
    return this.#answer((paths) =>
      this.#planner.planGaps(question, mayRead, paths, mostRows[question.format]),
    );
  }

  /** A SELECT over the views `readings`, `rollups_1s`, `rollups_1m`, `rollups_1h` and `streams`. */
  sql(question: SqlQuestion, mayRead: MayRead): Promise<Answer> {
    return this.#answer((paths) =>
      this.#planner.planSql(question, mayRead, paths, mostRows[question.format]),
    );
  }

  /** Readings as Viam has them: BSON documents, and the captures that they are of. */
  async captures(
    question: CapturesQuestion,
    mayRead: MayRead,
    most: number,
  ): Promise<Answer & { captures: readonly Capture[]; arrived?: number }> {
    let captures: readonly Capture[] = [];
    let arrived: number | undefined;
    const answer = await this.#answer(async (paths) => {
      const planned = await this.#planner.planCaptures(question, mayRead, paths, most);
      captures = planned.captures;
      arrived = planned.arrived;
      return planned.task;
    });
    return { ...answer, captures, ...(arrived !== undefined && { arrived }) };
  }

  /** A day's raw files as a table, as `rawText` has them. */
  raw(directory: string, day: DayName, format: TableFormat): Promise<Answer> {
    return this.#answer(async ({ answer }) => ({
      kind: 'raw',
      directory,
      days: [day],
      format,
      answer,
      mostRows: mostRows[format],
    }));
  }

  async close(): Promise<void> {
    for (const content of this.#open.keys()) content.destroy();
    await this.#answerers.close();
    await rm(this.#directory, { recursive: true, force: true });
  }

  async #answer(plan: (paths: TaskPaths) => Promise<Task>): Promise<Answer> {
    const number = this.#next++;
    const paths = {
      hot: join(this.#directory, `${number}.hot`),
      answer: join(this.#directory, `${number}.answer`),
    };
    try {
      const answered = await this.#answered(() => plan(paths));
      return { ...answered, content: this.#content(paths.answer, answered.bytes) };
    } catch (error) {
      await rm(paths.answer, { force: true });
      throw fullDiskError(error) ?? error;
    } finally {
      await rm(paths.hot, { force: true });
    }
  }

  /** Where a file cannot be read, of what the others have. */
  async #answered(plan: () => Promise<Task>): Promise<Answered> {
    let files: string[] = [];
    const make = async () => {
      const task = await plan();
      files = coldFilesOf(task);
      return task;
    };
    try {
      return await this.#answerers.answer(make);
    } catch (error) {
      const suspects = this.#suspects(error, files);
      if (suspects.length === 0 || !(await this.#timeSeries.setAsideDamaged(suspects))) throw error;
      return this.#answerers.answer(make);
    }
  }

  /** Files that may be why a task has no answer: those that the error names, else all, which takes long. */
  #suspects(error: unknown, files: readonly string[]): readonly string[] {
    if (!(error instanceof TaskError)) return [];
    // What an error tells has no directories.
    const named = files.filter((path) => error.message.includes(basename(path)));
    if (named.length > 0 || error.status !== 500) return named;
    const now = performance.now();
    if (now < this.#searched + searchInterval) return [];
    this.#searched = now;
    return files;
  }

  #content(path: string, bytes: number): Readable {
    // Answers that nobody fetches are no reason to fill the disk: the oldest make room.
    for (let [open] = this.#open; open !== undefined && this.#isCrowded(bytes); [open] = this.#open) {
      this.#open.delete(open[0]);
      open[0].destroy(new Error('was not read, and made room for others'));
    }
    const content = createReadStream(path);
    this.#open.set(content, bytes);
    content.once('close', () => {
      this.#open.delete(content);
      void rm(path, { force: true });
    });
    return content;
  }

  #isCrowded(more: number): boolean {
    let bytes = more;
    for (const open of this.#open.values()) bytes += open;
    return this.#open.size >= mostAnswers || bytes > mostOpenBytes;
  }
}
