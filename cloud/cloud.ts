/**
 * The IoT platform in one process: the inbox, then what stores it (`compose/stages.ts`), what is done at night
 * (`compose/jobs.ts`), and the doors (`compose/doors.ts`). See README.md for what holds.
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { type Access, checkAccess } from '@sluice/common/access';
import { Lifecycle } from '@sluice/common/lifecycle';
import { lockDirectory } from '@sluice/common/lock';
import { NodeStorage, type Storage } from '@sluice/common/storage';
import { CloudAlerts } from './cloud-alerts';
import { Doors } from './compose/doors';
import { openJobs } from './compose/jobs';
import { Stages } from './compose/stages';
import { Counters } from './doors/counters';
import type { DeadLetterView, Operated, Volumes } from './doors/operated';
import { Traffic } from './doors/traffic';
import { LogInbox } from './inbox/inbox';
import { Intake } from './inbox/intake';
import type { JobStatus, Jobs } from './jobs/jobs';
import { openBuckets } from './jobs/platform-jobs';
import { Keeper } from './keeper';
import type { CloudOptions } from './options';
import { Owed, storedHere } from './owed';
import { Reception } from './reception';
import { Reserves } from './reserves';
import { SeldomLog } from './seldom-log';
import type { StageStatus } from './stages/runner';
import { StoreSizes } from './store-sizes';
import { DayLimit } from './stores/day-limit';
import { ObjectIndex } from './stores/objects/object-index';
import { ObjectRetention } from './stores/objects/object-retention';
import { ObjectStore } from './stores/objects/object-store';
import { PartRemoval, type Removed } from './stores/part-removal';
import { Calendar } from './stores/raw-files/calendar';

/** Where a cloud that runs says at which address its HTTP door is. */
export function doorsPath(directory: string): string {
  return join(directory, 'state', 'doors.json');
}

export class Cloud implements Operated {
  readonly counters = new Counters();
  readonly traffic = new Traffic();
  readonly #options: CloudOptions;
  readonly #storage: Storage;
  readonly #now: () => number;
  readonly #log: SeldomLog;
  readonly #lifecycle: Lifecycle;
  #reserves!: Reserves;
  #inbox!: LogInbox;
  #intake!: Intake;
  #stages!: Stages;
  #objects!: ObjectStore;
  #keeper!: Keeper;
  #sizes!: StoreSizes;
  #reception!: Reception;
  #removal!: PartRemoval;
  #jobs!: Jobs;
  #doors: Doors | undefined;
  #alerts: CloudAlerts | undefined;

  private constructor(options: CloudOptions) {
    const { log, storage = new NodeStorage(), now = Date.now } = options;
    this.#options = options;
    this.#storage = storage;
    this.#now = now;
    this.#log = new SeldomLog(log, this.counters);
    this.#lifecycle = new Lifecycle({
      onProblem: (problem, name) => log.error({ in: name, error: problem.message }, 'does not close'),
    });
  }

  /** Opens the inbox and the stores, then the doors. */
  static async start(options: CloudOptions): Promise<Cloud> {
    checkAccess(options.access ?? { host: '127.0.0.1' });
    const cloud = new Cloud(options);
    await cloud.#start(() => cloud.#openDoors());
    cloud.#jobs.start();
    return cloud;
  }

  /** Without doors, and jobs only when they are asked for: nothing new is taken, what is in the inbox is stored. */
  static async startWithoutDoors(options: CloudOptions): Promise<Cloud> {
    const cloud = new Cloud(options);
    await cloud.#start();
    return cloud;
  }

  get httpPort(): number {
    return this.#doors!.httpPort;
  }

  get mqttPort(): number {
    return this.#doors!.mqtt.port;
  }

  /** undefined: there is no such door. */
  get viamPort(): number | undefined {
    return this.#doors!.viamPort;
  }

  /** Where a gateway in this process delivers to, in plain text, by a key of its own. */
  get innerAddress(): string {
    return this.#doors!.innerAddress;
  }

  /** Where doors hand in. */
  get reception(): Reception {
    return this.#reception;
  }

  /** Another certificate for what connects from now on. */
  renew(tls: NonNullable<Access['tls']>): void {
    this.#doors!.renew(tls);
    this.#alerts?.certificate(tls.certificate);
  }

  stages(): StageStatus[] {
    return this.#stages.status();
  }

  deadLetters(stage: string): Promise<DeadLetterView[] | undefined> {
    return this.#stages.deadLetters(stage);
  }

  async retryDeadLetters(stage: string): Promise<{ stored: number; left: number } | undefined> {
    return this.#stages.get(stage)?.retryDeadLetters();
  }

  attachStage(stage: string): Promise<{ missed: number } | undefined> {
    return this.#stages.attach(stage);
  }

  jobs(): JobStatus[] {
    return this.#jobs.status();
  }

  /** Resolves to what was done. @throws what stood in the way */
  runJob(name: string, date?: string): Promise<string> {
    return this.#reserves.upkeep.lend(() => this.#jobs.run(name, date));
  }

  volumes(): Volumes {
    const { free, isFull, isFilling } = this.#keeper;
    return {
      inbox: this.#inbox.bytes,
      stores: this.#sizes.bytes,
      free,
      isFull,
      isFilling,
      names: this.#intake.nameBytes,
      mqttDropped: this.#doors!.mqtt.sessions.dropped,
      alerts: [...(this.#options.alerts?.standing ?? [])].map(({ kind, subject }) => ({ kind, subject })),
      isBrokerConnected: this.#doors!.isBrokerConnected,
    };
  }

  /** Resolves to true when every stage has all that was acknowledged until now, to false after `patience` ms. */
  caughtUp(patience: number): Promise<boolean> {
    return this.#stages.caughtUp(patience);
  }

  /** Moves the time series' rows of closed days to files now, and removes what is too old, as is done every minute. */
  compact(): Promise<void> {
    return this.#stages.timeSeries.look(true);
  }

  /** Builds the time series anew from the raw files; `/stages` tells how far it is. */
  rebuild(): Promise<void> {
    return this.#stages.timeSeries.rebuild();
  }

  /** Removes all that there is of a device, for good. */
  deletePart(appId: string, part: string): Promise<Removed> {
    return this.#reserves.upkeep.lend(() => this.#removal.remove(appId, part));
  }

  /** Closes the doors, lets what has come in become durable, closes the stages. */
  close(): Promise<void> {
    return this.#lifecycle.close();
  }

  /** @param last what is opened behind all that stores */
  async #start(last?: () => Promise<void>): Promise<void> {
    const { directory } = this.#options;
    const storage = this.#storage;
    // Each stage reads an arrival that cannot be read, and there may be many: those differ by their number alone.
    const onProblem = ({ message }: Error) =>
      this.#log.write(
        'error',
        { error: message },
        'the inbox has a problem',
        `the inbox: ${message.replace(/\d+/g, '…')}`,
      );
    await mkdir(join(directory, 'state'), { recursive: true });
    await this.#lifecycle.start('the lock', async () => {
      const lock = await lockDirectory(directory);
      return { close: () => lock.release() };
    });
    this.#reserves = new Reserves({ directory, storage, onProblem });
    // A disk that others have filled up has no room for what a start writes.
    await this.#reserves.upkeep.lend(async () => {
      await this.#open(onProblem);
      await last?.();
    });
    await this.#reserves.refill();
  }

  async #open(onProblem: (problem: Error) => void): Promise<void> {
    const { directory } = this.#options;
    const lifecycle = this.#lifecycle;
    const storage = this.#storage;
    const now = this.#now;
    const shared = { directory: join(directory, 'inbox'), storage, onProblem };
    const inbox = await lifecycle.start('the inbox', () => LogInbox.open({ ...shared, wall: now }));
    this.#inbox = inbox;
    this.#intake = await lifecycle.start('the intake', () => Intake.open({ ...shared, inbox }));
    this.#stages = await Stages.open({
      cloud: this.#options,
      inbox,
      storage,
      lifecycle,
      log: this.#log,
      now,
      reserves: this.#reserves,
      onProblem,
      // Stages begin before the doors.
      publish: (topic, payload) => this.#doors?.mqtt.publish(topic, payload),
    });
    await this.#openObjects();
    await this.#watch();
    const days = await this.#limitDays();
    const asJson = new Set(this.#options.rawAsJson);
    this.#reception = new Reception({
      intake: this.#intake,
      keeper: this.#keeper,
      owed: new Owed({ end: () => inbox.end, stored: () => storedHere(this.#stages.runners, now()) }),
      asJson: (appId) => asJson.has(appId),
      counters: this.counters,
      traffic: this.traffic,
      log: this.#log,
      now,
    });
    await this.#openJobs(days);
  }

  async #openJobs(days: DayLimit | undefined): Promise<void> {
    const { directory, log, objects: server } = this.#options;
    const storage = this.#storage;
    const stages = this.#stages;
    const objects = this.#objects;
    const buckets = await openBuckets(storage, directory, server);
    await this.#lifecycle.start('the buckets', () => ({
      close: () => {
        buckets.data.close();
        buckets.metadata.close();
      },
    }));
    const { timeSeries, live } = stages;
    this.#removal = new PartRemoval({ directory, storage, timeSeries, objects, buckets, live });
    this.#jobs = await openJobs({
      cloud: this.#options,
      inbox: this.#inbox,
      stages,
      buckets,
      objects: await this.#lifecycle.start(
        'the retention of objects',
        () => new ObjectRetention({ objects, now: this.#now, log }),
      ),
      days,
      storage,
      lifecycle: this.#lifecycle,
      now: this.#now,
    });
  }

  async #openObjects(): Promise<void> {
    const { directory } = this.#options;
    this.#objects = await this.#lifecycle.start('the objects', () =>
      ObjectStore.open({
        directory: join(directory, 'objects'),
        storage: this.#storage,
        index: new ObjectIndex(join(directory, 'state', 'objects.db')),
      }),
    );
  }

  /** Over the disk and the stages, before anything is taken. */
  async #watch(): Promise<void> {
    const { directory, log, reserve, inboxBytes: mostBytes, alerts, access } = this.#options;
    this.#alerts = alerts && new CloudAlerts(alerts);
    const told = this.#alerts;
    await this.#lifecycle.start('its alerts', () => ({ close: () => told?.close() }));
    told?.certificate(access?.tls?.certificate);
    this.#keeper = await this.#lifecycle.start(
      'the keeper',
      () =>
        new Keeper({
          inbox: this.#inbox,
          runners: this.#stages.runners,
          storage: this.#storage,
          directory,
          log,
          now: this.#now,
          reserves: this.#reserves,
          looked: (disk, stages) => told?.looked(disk, stages),
          ...(mostBytes !== undefined && { mostBytes }),
          ...(reserve !== undefined && { reserve }),
        }),
    );
    await this.#keeper.look();
    this.#sizes = await this.#lifecycle.start(
      'the sizes of stores',
      () =>
        new StoreSizes({
          storage: this.#storage,
          directory,
          looked: (bytes) => this.#reserves.fit([...bytes.values()].reduce((sum, of) => sum + of, 0)),
          log,
        }),
    );
  }

  /** undefined: days are kept. */
  async #limitDays(): Promise<DayLimit | undefined> {
    const { directory, log, dayBytes: mostBytes, timeZone = 'UTC' } = this.#options;
    if (mostBytes === undefined) return undefined;
    const calendar = new Calendar(timeZone);
    const today = () => calendar.day(this.#now());
    const objects = this.#objects;
    const limit = await this.#lifecycle.start(
      'the limit of days',
      () => new DayLimit({ storage: this.#storage, directory, objects, mostBytes, today, log }),
    );
    // Nobody waits for it: there may be files of years.
    void limit.look();
    return limit;
  }

  async #openDoors(): Promise<void> {
    this.#doors = await Doors.open({
      cloud: this.#options,
      operated: this,
      reception: this.#reception,
      keeper: this.#keeper,
      stages: this.#stages,
      objects: this.#objects,
      storage: this.#storage,
      lifecycle: this.#lifecycle,
      log: this.#log,
      now: this.#now,
      reserves: this.#reserves,
    });
    const address = Buffer.from(JSON.stringify({ http: this.#doors.innerAddress }));
    await this.#storage.replace(doorsPath(this.#options.directory), address);
  }
}
