/** Which stages a cloud has, in the order in which they are opened: those of this machine, then those elsewhere. */
import { join } from 'node:path';
import { asError, withoutPaths } from '@sluice/common/errors';
import type { Lifecycle } from '@sluice/common/lifecycle';
import type { Storage } from '@sluice/common/storage';
import type { DeadLetterView } from '../doors/operated';
import type { Arrival } from '../inbox/arrival';
import type { Inbox } from '../inbox/inbox';
import type { CloudOptions } from '../options';
import type { Reserves } from '../reserves';
import type { SeldomLog } from '../seldom-log';
import { DeadLetters } from '../stages/dead-letters';
import { type RunnerOptions, StageRunner, type StageStatus } from '../stages/runner';
import type { Stage } from '../stages/stage';
import { Functions } from '../stores/functions/functions';
import { InfluxDb } from '../stores/influxdb/influxdb';
import { retentionDays } from '../stores/influxdb/server';
import { Live } from '../stores/live/live';
import { RawFiles } from '../stores/raw-files/raw-files';
import { type RawSource, rawArrivals } from '../stores/time-series/rebuild';
import { TimeSeries } from '../stores/time-series/time-series';

export interface StagesOptions {
  cloud: CloudOptions;
  inbox: Inbox;
  storage: Storage;
  lifecycle: Lifecycle;
  log: SeldomLog;
  now(): number;
  reserves: Reserves;
  onProblem(problem: Error): void;
  /** To who follows live values. */
  publish(topic: string, payload: string): void;
}

/** Milliseconds between batches of the stores of this machine: each costs some syncs, and one of raw files some a file. */
const storePause = 250;
/** Bytes of a batch of raw files: the more there are, the fewer files are opened and synced for them. */
const rawBatch = 4 << 20;

export class Stages {
  readonly #options: StagesOptions;
  readonly #runners: StageRunner[] = [];
  /** How stores are filled again from raw files, by stage. Functions are not: they are for what happens now. */
  readonly #refills = new Map<string, (runner: StageRunner) => Promise<unknown>>();
  #timeSeries!: TimeSeries;
  #live: Live | undefined;

  private constructor(options: StagesOptions) {
    this.#options = options;
  }

  static async open(options: StagesOptions): Promise<Stages> {
    const stages = new Stages(options);
    const rawFiles = await stages.#startRawFiles();
    await stages.#startTimeSeries(rawFiles);
    await stages.#startForwards();
    await stages.#startLive();
    return stages;
  }

  get runners(): readonly StageRunner[] {
    return this.#runners;
  }

  get timeSeries(): TimeSeries {
    return this.#timeSeries;
  }

  /** undefined: there are none. */
  get live(): Live | undefined {
    return this.#live;
  }

  get(stage: string): StageRunner | undefined {
    return this.#runners.find(({ name }) => name === stage);
  }

  status(): StageStatus[] {
    return this.#runners.map((runner) => runner.status(this.#options.now()));
  }

  /** Resolves to true when every stage has all that was acknowledged until now, to false after `patience` ms. */
  async caughtUp(patience: number): Promise<boolean> {
    const { end } = this.#options.inbox;
    const reached = await Promise.all(this.#runners.map((runner) => runner.reached(end, patience)));
    return reached.every(Boolean);
  }

  /** undefined: no such stage. */
  async deadLetters(stage: string): Promise<DeadLetterView[] | undefined> {
    const letters = await this.get(stage)?.deadLetters();
    return letters?.map(({ letter, arrival: { position, appId, devId, arrived }, reason }) => ({
      letter,
      position,
      app_id: appId,
      dev_id: devId,
      arrived: new Date(arrived).toISOString(),
      reason: withoutPaths(reason),
    }));
  }

  /** A stage that is detached goes on, and its store is filled with what it has missed from the raw files. */
  async attach(stage: string): Promise<{ missed: number } | undefined> {
    const runner = this.get(stage);
    const attached = await runner?.attach();
    const { log } = this.#options.cloud;
    if (runner !== undefined && attached !== undefined && attached.missed > 0)
      this.#refills
        .get(stage)?.(runner)
        .then(
          () => log.info({ stage }, 'a stage has what it missed'),
          (error) => log.error({ stage, error: asError(error).message }, 'a stage is not filled'),
        );
    return attached;
  }

  async #startRawFiles(): Promise<RawFiles> {
    const { cloud, storage, inbox, onProblem } = this.#options;
    const { directory, timeZone = 'UTC', rawAsJson = [] } = cloud;
    const asJson = new Set(rawAsJson);
    const rawFiles = await RawFiles.open({
      storage,
      directory: join(directory, 'data'),
      state: join(directory, 'state', 'raw-files.json'),
      timeZone,
      asJson: (appId) => asJson.has(appId),
      first: inbox.first,
      onProblem,
    });
    await this.#run(rawFiles, { pause: storePause, batchBytes: rawBatch });
    return rawFiles;
  }

  async #startTimeSeries(rawFiles: RawFiles): Promise<void> {
    const { cloud, storage, inbox, reserves, now } = this.#options;
    const { directory, log, seriesBytes } = cloud;
    const timeSeries = await TimeSeries.open({
      directory: join(directory, 'state', 'time-series'),
      storage,
      first: inbox.first,
      raw: { ...this.#rawDays(), stored: () => rawFiles.stored() },
      ...(seriesBytes !== undefined && { mostBytes: seriesBytes }),
      withRoom: (work) => reserves.upkeep.lend(work),
      now,
      onProblem: (problem) =>
        log.error({ error: problem.message, cause: problem.cause }, 'the time series has a problem'),
    });
    await this.#run(timeSeries, { pause: storePause });
    this.#refills.set(timeSeries.name, () => timeSeries.rebuild());
    this.#timeSeries = timeSeries;
  }

  /** Stages whose stores are elsewhere. */
  async #startForwards(): Promise<void> {
    const { cloud, storage, inbox, now, onProblem } = this.#options;
    const { directory, functions, influxdb, mongodb } = cloud;
    const shared = { storage, first: inbox.first, onProblem };
    const state = (name: string) => join(directory, 'state', `${name}.json`);
    if (functions !== undefined)
      await this.#run(await Functions.open({ ...shared, ...functions, state: state('functions') }));
    if (influxdb !== undefined) {
      await this.#run(await InfluxDb.open({ ...shared, server: influxdb, state: state('influxdb'), now }));
      this.#refills.set('influxdb', (runner) => runner.refill(this.#rawBatches(retentionDays)));
    }
    if (mongodb !== undefined) {
      // Loaded only where it is wanted: the driver is large.
      const { MongoDb } = await import('../stores/mongodb/mongodb');
      await this.#run(await MongoDb.open({ ...shared, server: mongodb, state: state('mongodb') }));
    }
  }

  async #startLive(): Promise<void> {
    const { cloud, inbox, publish } = this.#options;
    const { log, liveInterval: interval } = cloud;
    if (interval === undefined) return;
    this.#live = new Live({
      end: inbox.end,
      interval,
      publish,
      onProblem: (problem) => log.warn({ problem }, 'live values'),
    });
    await this.#run(this.#live);
  }

  async #run(stage: Stage, pace: Pick<RunnerOptions, 'pause' | 'batchBytes'> = {}): Promise<void> {
    const { cloud, storage, inbox, lifecycle, onProblem } = this.#options;
    const { directory, log } = cloud;
    const deadLetters = await DeadLetters.open({
      directory: join(directory, 'state', 'dead-letters', stage.name),
      storage,
      onProblem,
    });
    const runner = await lifecycle.start(
      `the stage ${stage.name}`,
      () => new StageRunner({ stage, inbox, deadLetters, log, ...pace }),
    );
    this.#runners.push(runner);
  }

  /** What the raw files of so many days have. */
  async *#rawBatches(days: number): AsyncGenerator<readonly Arrival[]> {
    const from = new Date(this.#options.now() - days * 86_400_000).toISOString().slice(0, 10);
    for await (const { arrivals } of rawArrivals(this.#rawDays(), { of: () => undefined }, from))
      yield arrivals;
  }

  #rawDays(): RawSource {
    const { cloud, storage, log } = this.#options;
    return {
      storage,
      directory: join(cloud.directory, 'data'),
      timeZone: cloud.timeZone ?? 'UTC',
      onProblem: (problem) => log.write('warn', { problem }, 'a raw file is damaged'),
    };
  }
}
