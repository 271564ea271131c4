/** The IoT platform in one process: doors, inbox, stages, stores. See README.md for what holds. */
import { mkdir } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { type Access, Audit, anybody, checkAccess, type Principal } from '@sluice/common/access';
import type { Alerts } from '@sluice/common/alerts';
import { asError } from '@sluice/common/errors';
import { renewServer } from '@sluice/common/http';
import { Lifecycle } from '@sluice/common/lifecycle';
import { lockDirectory } from '@sluice/common/lock';
import { NodeStorage, type Storage } from '@sluice/common/storage';
import { certificateFor } from '@sluice/common/tls';
import type { Served } from '@sluice/common/viam';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { isLoopback } from '../proto/loopback';
import { CloudAlerts } from './cloud-alerts';
import { BlockDoor, type BlocksAnswer, type Sender } from './doors/blocks';
import { BrokerDoor, type BrokerOptions } from './doors/broker';
import { Counters } from './doors/counters';
import { FileDoor } from './doors/files';
import { openHttpDoor } from './doors/http';
import type { Incoming } from './doors/messages';
import { MqttDoor } from './doors/mqtt';
import { MqttSessions } from './doors/mqtt-sessions';
import type { DeadLetterView, Volumes } from './doors/operated';
import { withoutPaths } from './doors/operation';
import type { Arrival, MessageArrival } from './inbox/arrival';
import { LogInbox } from './inbox/inbox';
import { Intake } from './inbox/intake';
import type { JobStatus } from './jobs/jobs';
import { Jobs } from './jobs/jobs';
import { type ObjectsOptions, openBuckets, openPlatformJobs } from './jobs/platform-jobs';
import { SeriesJob, seriesJobs } from './jobs/series-job';
import { Keeper } from './keeper';
import { checkMessage, type Refusal, type Topic } from './message/message';
import { Questions } from './query/questions';
import { DeadLetters } from './stages/dead-letters';
import { type RunnerOptions, StageRunner, type StageStatus } from './stages/runner';
import type { Stage } from './stages/stage';
import { DayLimit } from './stores/day-limit';
import { Functions, type FunctionsOptions } from './stores/functions/functions';
import { InfluxDb, type InfluxOptions } from './stores/influxdb/influxdb';
import { retentionDays } from './stores/influxdb/server';
import { Live } from './stores/live/live';
import type { MongoOptions } from './stores/mongodb/mongodb';
import { ObjectIndex } from './stores/objects/object-index';
import { ObjectStore } from './stores/objects/object-store';
import { Calendar } from './stores/raw-files/calendar';
import { RawFiles } from './stores/raw-files/raw-files';
import { removeDays } from './stores/raw-files/read-day';
import { rawArrivals } from './stores/time-series/rebuild';
import { TimeSeries } from './stores/time-series/time-series';
import { type DataServiceOptions, dataService } from './viam/data';
import { Removal } from './viam/data/removal';
import { ViamDoor, type ViamDoorOptions } from './viam/door';
import { Machines } from './viam/machines/machines';

export interface CloudOptions {
  /** Absolute. Holds `data/` (raw files), `objects/`, `inbox/` and `state/`. */
  directory: string;
  /** 0 takes any free port. */
  httpPort: number;
  mqttPort: number;
  /** Viam's door; left out: there is none. */
  viam?: ViamOptions;
  log: Logger;
  access?: Access;
  /** IANA name of the zone of calendar days. Default UTC. */
  timeZone?: string;
  /** Projects whose blocks become JSON lines in the raw files. */
  rawAsJson?: readonly string[];
  /** Bytes of the disk that new arrivals leave to the stages. Default 256 MiB. */
  reserve?: number;
  /** Bytes of the inbox above which the stage that is furthest behind is detached. Default 4 GiB. */
  inboxBytes?: number;
  /** Bytes of the time series' files: above them the oldest go. Default: as many as there are. */
  seriesBytes?: number;
  /** Bytes of raw files, their copies here and objects: above them the oldest days go. Default: as many as there are. */
  dayBytes?: number;
  /** A broker whose pipeline topic is taken from, beside the door of our own. */
  broker?: BrokerOptions;
  /** An object store for what is copied every night. Default: directories of this machine. */
  objects?: ObjectsOptions;
  /** A gateway whose functions are called for what arrives. */
  functions?: Pick<FunctionsOptions, 'url' | 'authorization'>;
  /** A server that gets every message as a point, beside the time series of this cloud. */
  influxdb?: InfluxOptions;
  /** A server that gets every message as a document. */
  mongodb?: MongoOptions;
  /** Milliseconds between two messages of a device's latest values. Default: there are none. */
  liveInterval?: number;
  /** Where what somebody should look at is told. Default: nowhere. */
  alerts?: Alerts;
  storage?: Storage;
  now?: () => number;
}

export interface ViamOptions {
  /** 0 takes any free port. */
  port: number;
  /** Path of the machines that are served. */
  machines: string;
  /** Directory of the authority that certificates of machines are by. */
  authority?: string;
}

/** Failures and refusals are logged at most this often, in milliseconds. */
const logInterval = 10_000;
/** Milliseconds that a question waits for what was acknowledged before it. */
const questionPatience = 1_000;
/** Milliseconds between batches of the stores of this machine: each costs some syncs, and one of raw files some a file. */
const storePause = 250;
/** Bytes of a batch of raw files: the more there are, the fewer files are opened and synced for them. */
const rawBatch = 4 << 20;

/** Of a door on loopback, for this machine's own programs: users as everywhere, in plain text. */
const insideOf = ({ users }: Access) => (users ? { users } : {});

/** Messages that are on their way to the disk at once, of those that came together. */
const togetherAtOnce = 1_000;

/** Milliseconds that the nightly copy waits for raw files to be written. */
const jobPatience = 60_000;

/** Where a cloud that runs says at which address its HTTP door is. */
export function doorsPath(directory: string): string {
  return join(directory, 'state', 'doors.json');
}

export interface Stored {
  stored: number;
  duplicates: number;
}

/** What became of messages that came together. */
export interface Received extends Stored {
  /** By their places in what came. */
  refused: { index: number; refusal: Refusal }[];
}

export class Cloud {
  readonly counters = new Counters();
  readonly #options: CloudOptions;
  readonly #now: () => number;
  readonly #lifecycle: Lifecycle;
  readonly #logged = new Map<string, number>();
  #inbox!: LogInbox;
  #intake!: Intake;
  #keeper!: Keeper;
  #blockDoor!: BlockDoor;
  #timeSeries!: TimeSeries;
  #runners: StageRunner[] = [];
  /** How stores are filled again from raw files, by stage. Functions are not: they are for what happens now. */
  readonly #refills = new Map<string, (runner: StageRunner) => Promise<unknown>>();
  #live: Live | undefined;
  #mqtt!: MqttDoor;
  #viam: ViamDoor | undefined;
  #broker: BrokerDoor | undefined;
  #http!: FastifyInstance;
  /** For programs on this machine, where the door for others is not on loopback. */
  #inner!: FastifyInstance;
  #jobs!: Jobs;
  #alerts: CloudAlerts | undefined;

  private constructor(options: CloudOptions) {
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#lifecycle = new Lifecycle({
      onProblem: (problem, name) => options.log.error({ in: name, error: problem.message }, 'does not close'),
    });
  }

  /** Opens the inbox and the stores, then the doors. */
  static async start(options: CloudOptions): Promise<Cloud> {
    checkAccess(options.access ?? { host: '127.0.0.1' });
    const cloud = new Cloud(options);
    const timeSeries = await cloud.#start();
    await cloud.#openDoors(timeSeries);
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
    return (this.#http.server.address() as AddressInfo).port;
  }

  /** Where a gateway in this process delivers to, in plain text, by a key of its own. */
  get innerAddress(): string {
    const { tls } = this.#options.access ?? {};
    const { port } = this.#inner.server.address() as AddressInfo;
    return `${tls && this.#inner === this.#http ? 'https' : 'http'}://127.0.0.1:${port}`;
  }

  /** Another certificate for what connects from now on. */
  renew(tls: NonNullable<Access['tls']>): void {
    renewServer(this.#http, tls);
    this.#alerts?.certificate(tls.certificate);
    this.#mqtt.renew(tls);
    this.#viam?.renew(tls);
  }

  get mqttPort(): number {
    return this.#mqtt.port;
  }

  /** undefined: there is no such door. */
  get viamPort(): number | undefined {
    return this.#viam?.port;
  }

  stages(): StageStatus[] {
    return this.#runners.map((runner) => runner.status(this.#now()));
  }

  async deadLetters(stage: string): Promise<DeadLetterView[] | undefined> {
    const letters = await this.#runner(stage)?.deadLetters();
    return letters?.map(({ letter, arrival: { position, appId, devId, arrived }, reason }) => ({
      letter,
      position,
      app_id: appId,
      dev_id: devId,
      arrived: new Date(arrived).toISOString(),
      reason: withoutPaths(reason),
    }));
  }

  async retryDeadLetters(stage: string): Promise<{ stored: number; left: number } | undefined> {
    return this.#runner(stage)?.retryDeadLetters();
  }

  /** A stage that is detached goes on, and its store is filled with what it has missed from the raw files. */
  async attachStage(stage: string): Promise<{ missed: number } | undefined> {
    const runner = this.#runner(stage);
    const attached = await runner?.attach();
    if (runner !== undefined && attached !== undefined && attached.missed > 0)
      this.#refills
        .get(stage)?.(runner)
        .then(
          () => this.#options.log.info({ stage }, 'a stage has what it missed'),
          (error) =>
            this.#options.log.error({ stage, error: asError(error).message }, 'a stage is not filled'),
        );
    return attached;
  }

  jobs(): JobStatus[] {
    return this.#jobs.status();
  }

  /** Resolves to what was done. @throws what stood in the way */
  runJob(name: string, date?: string): Promise<string> {
    return this.#jobs.run(name, date);
  }

  volumes(): Volumes {
    const { free, isFull, isFilling } = this.#keeper;
    return {
      inbox: this.#inbox.bytes,
      free,
      isFull,
      isFilling,
      names: this.#intake.nameBytes,
      mqttDropped: this.#mqtt.sessions.dropped,
      alerts: [...(this.#options.alerts?.standing ?? [])].map(({ kind, subject }) => ({ kind, subject })),
      brokerConnections: this.#broker?.connected,
    };
  }

  /** Takes a message; the promise is kept when it is durable, and broken when it is not. */
  async receive(
    payload: Uint8Array,
    topic: Topic | undefined,
    sender: Principal = anybody,
  ): Promise<Stored | { refusal: Refusal }> {
    const { stored, duplicates, refused } = await this.receiveAll([{ payload, topic }], sender);
    return refused[0] ?? { stored, duplicates };
  }

  /** Takes messages that came together, in one commit; kept when they are durable, and broken when any is not. */
  async receiveAll(messages: readonly Incoming[], sender: Principal = anybody): Promise<Received> {
    const arrived = this.#now();
    const arrivals: MessageArrival[] = [];
    const refused: Received['refused'] = [];
    for (const [index, { payload, topic }] of messages.entries()) {
      const checked = checkMessage(payload, topic, arrived);
      if ('refusal' in checked) refused.push({ index, refusal: this.#refuse(checked.refusal, topic) });
      else if (!sender.mayWrite(checked.appId))
        refused.push({ index, refusal: this.#forbid(checked.appId, sender) });
      else arrivals.push({ kind: 'message', arrived, ...checked });
    }
    const count = arrivals.length;
    const stored = count === 0 ? 0 : await this.#taken(() => this.#intake.messages(arrivals), count);
    this.counters.stored += stored;
    this.counters.duplicates += count - stored;
    return { stored, duplicates: count - stored, refused };
  }

  /** Takes messages that belong together: all of them, or none. Kept and broken as `receiveAll`. */
  async receiveTogether(
    payloads: readonly Uint8Array[],
    sender: Principal = anybody,
  ): Promise<Stored | { refusal: Refusal; index: number }> {
    const arrived = this.#now();
    const arrivals: MessageArrival[] = [];
    for (const [index, payload] of payloads.entries()) {
      const checked = checkMessage(payload, undefined, arrived);
      if ('refusal' in checked) return { refusal: this.#refuse(checked.refusal, undefined), index };
      if (!sender.mayWrite(checked.appId)) return { refusal: this.#forbid(checked.appId, sender), index };
      arrivals.push({ kind: 'message', arrived, ...checked });
    }
    let stored = 0;
    for (let from = 0; from < arrivals.length; from += togetherAtOnce) {
      const some = arrivals.slice(from, from + togetherAtOnce);
      stored += await this.#taken(() => this.#intake.messages(some), some.length);
    }
    this.counters.stored += stored;
    this.counters.duplicates += arrivals.length - stored;
    return { stored, duplicates: arrivals.length - stored };
  }

  /** Takes a capture file's blocks; kept and broken as `receive`. A text says why the file is of no use. */
  async receiveBlocks(file: Uint8Array, sender: Sender): Promise<BlocksAnswer | string> {
    const { counters } = this;
    const answer = await this.#taken(() => this.#blockDoor.receive(file, sender));
    if (typeof answer === 'string') {
      counters.refusedFiles++;
      this.#log('warn', { reason: answer }, 'a capture file was refused');
      return answer;
    }
    counters.blocks += answer.blocks;
    counters.duplicateBlocks += answer.duplicates;
    counters.refusedBlocks += answer.refused.length;
    counters.stored += answer.readings;
    if (answer.refused.length > 0)
      this.#log('warn', { refused: answer.refused.slice(0, 10) }, 'blocks were refused');
    return answer;
  }

  /** Resolves to true when every stage has all that was acknowledged until now, to false after `patience` ms. */
  async caughtUp(patience: number): Promise<boolean> {
    const { end } = this.#inbox;
    const reached = await Promise.all(this.#runners.map((runner) => runner.reached(end, patience)));
    return reached.every(Boolean);
  }

  /** Moves the time series' rows of closed days to files now, and removes what is too old, as is done every minute. */
  compact(): Promise<void> {
    return this.#timeSeries.look(true);
  }

  /** Builds the time series anew from the raw files; `/stages` tells how far it is. */
  rebuild(): Promise<void> {
    return this.#timeSeries.rebuild();
  }

  /** Removes all that there is of a device, for good: rows, rollups and raw files. Resolves to the days of raw files. */
  async deletePart(appId: string, part: string): Promise<{ days: number }> {
    await this.#timeSeries.remove(appId, part);
    this.#live?.forget(appId, part);
    const { directory, storage = new NodeStorage() } = this.#options;
    return { days: await removeDays(storage, join(directory, 'data'), { appId, devId: part }) };
  }

  /** Closes the doors, lets what has come in become durable, closes the stages. */
  close(): Promise<void> {
    return this.#lifecycle.close();
  }

  async #start(): Promise<TimeSeries> {
    const { directory, log, now, reserve, inboxBytes, alerts, access } = this.#options;
    const { storage = new NodeStorage() } = this.#options;
    const lifecycle = this.#lifecycle;
    const onProblem = (problem: Error) => log.error({ error: problem.message }, 'the inbox has a problem');
    await mkdir(directory, { recursive: true });
    await lifecycle.start('the lock', async () => {
      const lock = await lockDirectory(directory);
      return { close: () => lock.release() };
    });
    const inboxDirectory = join(directory, 'inbox');
    this.#inbox = await lifecycle.start('the inbox', () =>
      LogInbox.open({ directory: inboxDirectory, storage, onProblem, ...(now && { wall: now }) }),
    );
    const inbox = this.#inbox;
    this.#intake = await lifecycle.start('the intake', () =>
      Intake.open({ inbox, storage, directory: inboxDirectory, onProblem }),
    );
    this.#blockDoor = new BlockDoor(this.#intake, this.#now);
    const timeSeries = await this.#startStages(storage, onProblem);
    this.#alerts = alerts && new CloudAlerts(alerts);
    const told = this.#alerts;
    await lifecycle.start('its alerts', () => ({ close: () => told?.close() }));
    told?.certificate(access?.tls?.certificate);
    this.#keeper = await lifecycle.start(
      'the keeper',
      () =>
        new Keeper({
          inbox,
          runners: this.#runners,
          storage,
          directory,
          log,
          now: this.#now,
          looked: (disk, stages) => told?.looked(disk, stages),
          ...(inboxBytes !== undefined && { mostBytes: inboxBytes }),
          ...(reserve !== undefined && { reserve }),
        }),
    );
    await this.#keeper.look();
    await this.#limitDays(storage);
    await this.#openJobs(storage, timeSeries);
    return timeSeries;
  }

  async #limitDays(storage: Storage): Promise<void> {
    const { directory, log, dayBytes: mostBytes, timeZone = 'UTC' } = this.#options;
    if (mostBytes === undefined) return;
    const calendar = new Calendar(timeZone);
    const today = () => calendar.day(this.#now());
    const limit = await this.#lifecycle.start(
      'the limit of days',
      () => new DayLimit({ storage, directory, mostBytes, today, log }),
    );
    await limit.look();
  }

  async #openJobs(storage: Storage, timeSeries: TimeSeries): Promise<void> {
    const { directory, log, objects, timeZone = 'UTC' } = this.#options;
    const now = this.#now;
    const buckets = await openBuckets(storage, directory, objects);
    const closeBuckets = () => {
      buckets.data.close();
      buckets.metadata.close();
    };
    await this.#lifecycle.start('the buckets', () => ({ close: closeBuckets }));
    const onProblem = (problem: string) => log.warn({ problem }, 'a job has a problem');
    const isWritten = async () => {
      const raw = this.#runner('raw-files')!;
      return (await raw.reached(this.#inbox.end, jobPatience)) || raw.status(now()).state === 'detached';
    };
    const shared = { directory, storage, timeZone, now };
    const { jobs, state } = await openPlatformJobs({ ...shared, buckets, isWritten, onProblem });
    const others = seriesJobs.map((name) => new SeriesJob(name, timeSeries));
    this.#jobs = await this.#lifecycle.start(
      'the jobs',
      () => new Jobs({ jobs, others, state, timeZone, log, now }),
    );
  }

  async #openDoors(timeSeries: TimeSeries): Promise<void> {
    const { directory, log, storage = new NodeStorage() } = this.#options;
    const { access = { host: '127.0.0.1' }, httpPort, mqttPort, broker } = this.#options;
    const lifecycle = this.#lifecycle;
    const onProblem = (problem: Error) =>
      log.error({ error: problem.message }, 'the MQTT door has a problem');
    const audit = new Audit((refusal: object, unsaid) => log.warn({ ...refusal, unsaid }, 'a door refused'))
      .note;
    const receive = async (messages: readonly Incoming[]) => void (await this.receiveAll(messages));
    const path = join(directory, 'state', 'mqtt-sessions.json');
    const sessions = await MqttSessions.open({ storage, path, onProblem });
    this.#mqtt = await lifecycle.start('the MQTT door', () =>
      MqttDoor.open({ ...access, port: mqttPort, sessions, receive, audit }),
    );
    if (broker !== undefined)
      this.#broker = await lifecycle.start('the broker’s door', () =>
        BrokerDoor.open({
          ...broker,
          receive: (payload, topic) => receive([{ payload, topic }]),
          onProblem: (problem) => this.#log('error', { error: problem.message }, 'the broker has a problem'),
        }),
      );
    const raw = {
      storage,
      directory: join(directory, 'data'),
      onProblem: (problem: string) => this.#log('warn', { problem }, 'a raw file is damaged'),
    };
    const objects = await lifecycle.start('the objects', () =>
      ObjectStore.open({
        directory: join(directory, 'objects'),
        storage,
        index: new ObjectIndex(join(directory, 'state', 'objects.db')),
      }),
    );
    const admit = (bytes: number) => this.#keeper.admit(bytes);
    const files = await lifecycle.start(
      'the file door',
      () => new FileDoor({ objects, admit, now: this.#now }),
    );
    const questions = await lifecycle.start('the questions', () =>
      Questions.open({
        timeSeries,
        directory: join(directory, 'state', 'questions'),
        now: this.#now,
        onProblem: (problem) => this.#log('error', { error: problem.message }, 'questions have a problem'),
      }),
    );
    const caughtUp = () => this.caughtUp(questionPatience);
    const { viam } = this.#options;
    if (viam !== undefined) {
      const data = this.#dataService({ questions, timeSeries, storage, objects, caughtUp });
      await this.#openViamDoor(viam, { objects, admit, audit, access, services: [data] });
    }
    const door = { cloud: this, questions: { questions, timeSeries, caughtUp }, raw, audit, files };
    this.#http = await lifecycle.start('the HTTP door', () =>
      openHttpDoor({ ...door, access, port: httpPort }),
    );
    this.#inner = isLoopback(access.host)
      ? this.#http
      : await lifecycle.start('the inner HTTP door', () =>
          openHttpDoor({ ...door, access: { ...insideOf(access), host: '127.0.0.1' }, port: 0 }),
        );
    const address = { http: this.innerAddress };
    await storage.replace(doorsPath(directory), Buffer.from(JSON.stringify(address)));
  }

  /** What Viam's clients ask for data. */
  #dataService({
    timeSeries,
    storage,
    ...of
  }: Pick<DataServiceOptions, 'questions' | 'objects' | 'caughtUp'> & {
    timeSeries: TimeSeries;
    storage: Storage;
  }): Served {
    const now = this.#now;
    const directory = join(this.#options.directory, 'data');
    return dataService({
      ...of,
      deletion: new Removal({ timeSeries, storage, directory, now }),
      now,
      onProblem: (problem) =>
        this.#log('error', { error: problem.message }, 'Viam’s data service has a problem'),
    });
  }

  async #openViamDoor(
    { port, machines: path, authority }: ViamOptions,
    shared: Pick<ViamDoorOptions, 'objects' | 'admit' | 'audit' | 'access' | 'services'>,
  ): Promise<void> {
    const { log } = this.#options;
    const onProblem = (problem: Error) =>
      this.#log('error', { error: problem.message }, 'the machines have a problem');
    this.#viam = await this.#lifecycle.start('Viam’s door', () =>
      ViamDoor.open({
        ...shared,
        port,
        machines: new Machines({ path, onProblem }),
        log,
        now: this.#now,
        receiveTogether: (lines, sender) => this.receiveTogether(lines, sender),
        ...(authority !== undefined && { certificate: (host) => certificateFor(authority, host) }),
      }),
    );
  }

  async #startStages(storage: Storage, onProblem: (problem: Error) => void): Promise<TimeSeries> {
    const { directory, log, timeZone = 'UTC', rawAsJson = [], seriesBytes } = this.#options;
    const { first } = this.#inbox;
    const asJson = new Set(rawAsJson);
    const rawFiles = await RawFiles.open({
      storage,
      directory: join(directory, 'data'),
      state: join(directory, 'state', 'raw-files.json'),
      timeZone,
      asJson: (appId) => asJson.has(appId),
      first,
      onProblem,
    });
    await this.#run(rawFiles, storage, onProblem, { pause: storePause, batchBytes: rawBatch });
    const timeSeries = await TimeSeries.open({
      directory: join(directory, 'state', 'time-series'),
      storage,
      first,
      raw: {
        storage,
        directory: join(directory, 'data'),
        stored: () => rawFiles.stored(),
        onProblem: (problem) => this.#log('warn', { problem }, 'a raw file is damaged'),
      },
      ...(seriesBytes !== undefined && { mostBytes: seriesBytes }),
      now: this.#now,
      onProblem: (problem) =>
        log.error({ error: problem.message, cause: problem.cause }, 'the time series has a problem'),
    });
    await this.#run(timeSeries, storage, onProblem, { pause: storePause });
    this.#refills.set(timeSeries.name, () => timeSeries.rebuild());
    await this.#startForwards(storage, onProblem);
    await this.#startLive(storage, onProblem);
    this.#timeSeries = timeSeries;
    return timeSeries;
  }

  async #startLive(storage: Storage, onProblem: (problem: Error) => void): Promise<void> {
    const { log, liveInterval: interval } = this.#options;
    if (interval === undefined) return;
    this.#live = new Live({
      end: this.#inbox.end,
      interval,
      // Stages begin before the doors.
      publish: (topic, payload) => (this.#mqtt as MqttDoor | undefined)?.publish(topic, payload),
      onProblem: (problem) => log.warn({ problem }, 'live values'),
    });
    await this.#run(this.#live, storage, onProblem);
  }

  /** Stages whose stores are elsewhere. */
  async #startForwards(storage: Storage, onProblem: (problem: Error) => void): Promise<void> {
    const { directory, functions, influxdb, mongodb } = this.#options;
    const shared = { storage, first: this.#inbox.first, onProblem };
    const state = (name: string) => join(directory, 'state', `${name}.json`);
    if (functions !== undefined) {
      const options = { ...shared, ...functions, state: state('functions') };
      await this.#run(await Functions.open(options), storage, onProblem);
    }
    if (influxdb !== undefined) {
      const options = { ...shared, server: influxdb, state: state('influxdb'), now: this.#now };
      await this.#run(await InfluxDb.open(options), storage, onProblem);
      this.#refills.set('influxdb', (runner) => runner.refill(this.#rawBatches(storage, retentionDays)));
    }
    if (mongodb !== undefined) {
      // Loaded only where it is wanted: the driver is large.
      const { MongoDb } = await import('./stores/mongodb/mongodb');
      await this.#run(
        await MongoDb.open({ ...shared, server: mongodb, state: state('mongodb') }),
        storage,
        onProblem,
      );
    }
  }

  /** What the raw files of so many days have. */
  async *#rawBatches(storage: Storage, days: number): AsyncGenerator<readonly Arrival[]> {
    const raw = {
      storage,
      directory: join(this.#options.directory, 'data'),
      onProblem: (problem: string) => this.#log('warn', { problem }, 'a raw file is damaged'),
    };
    const from = new Date(this.#now() - days * 86_400_000).toISOString().slice(0, 10);
    for await (const { arrivals } of rawArrivals(raw, { of: () => undefined }, from)) yield arrivals;
  }

  async #run(
    stage: Stage,
    storage: Storage,
    onProblem: (problem: Error) => void,
    pace: Pick<RunnerOptions, 'pause' | 'batchBytes'> = {},
  ): Promise<void> {
    const { directory, log } = this.#options;
    const deadLetters = await DeadLetters.open({
      directory: join(directory, 'state', 'dead-letters', stage.name),
      storage,
      onProblem,
    });
    const runner = await this.#lifecycle.start(
      `the stage ${stage.name}`,
      () => new StageRunner({ stage, inbox: this.#inbox, deadLetters, log, ...pace }),
    );
    this.#runners.push(runner);
  }

  #runner(stage: string): StageRunner | undefined {
    return this.#runners.find(({ name }) => name === stage);
  }

  #refuse(refusal: Refusal, topic: Topic | undefined): Refusal {
    const { kind, path, message } = refusal;
    this.counters[kind === 'identifiers' ? 'ignored' : 'invalid']++;
    this.#log('warn', { path, reason: message, topic }, 'a message was refused');
    return refusal;
  }

  #forbid(appId: string, { name }: Principal): Refusal {
    this.counters.ignored++;
    const message = `is no project of '${name}'`;
    this.#log('warn', { appId, user: name }, 'a message for another project was refused');
    return { kind: 'forbidden', path: '$.app_id', message };
  }

  /** @param count what failed when it fails */
  async #taken<T>(take: () => Promise<T>, count = 1): Promise<T> {
    try {
      this.#keeper.admit();
      return await take();
    } catch (error) {
      this.counters.failed += count;
      this.#log('error', { error: asError(error).message }, 'what arrived could not be kept');
      throw error;
    }
  }

  /** What comes often is logged now and then, with the counters. */
  #log(level: 'warn' | 'error', details: object, message: string): void {
    const now = performance.now();
    if (now - (this.#logged.get(message) ?? Number.NEGATIVE_INFINITY) < logInterval) return;
    this.#logged.set(message, now);
    this.#options.log[level]({ ...details, counters: { ...this.counters } }, message);
  }
}
