/** Work that is done once a night, or when somebody asks for it. */
export interface JobRun {
  /** `YYYY-MM-DD`: of this day alone, whatever was done before; absent: of all that is due. */
  date?: string | undefined;
  /** The calendar day that it is; days before it are whole. */
  today: string;
  signal: AbortSignal;
  /** @param total undefined while it is not known */
  progress(done: number, total: number | undefined): void;
}

export interface Job {
  /** Letters and dashes. */
  readonly name: string;
  /**
   * Does it, and may be run again at any time: what is done already is not done twice. Resolves to a sentence that says
   * what was done.
   * @throws what stood in the way: it is tried again
   */
  run(run: JobRun): Promise<string>;
}
