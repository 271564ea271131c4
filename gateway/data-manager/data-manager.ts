/**
 * The data management service of the main part: what is captured goes to the outbox, from there to every destination,
 * and to MongoDB beside; README.md has each attribute.
 */
import { join, relative } from 'node:path';
import type { Clock } from '@sluice/common/clock';
import type { Storage } from '@sluice/common/storage';
import type { Logger } from 'pino';
import { type Deletable, type Disk, DiskGuard, type DiskGuardSettings, diskOf } from '../disk-guard';
import type { Item } from '../outbox/items';
import type { Outbox } from '../outbox/outbox';
import type { Destination } from '../sync/destination';
import type { SyncSettings, SyncState } from '../sync/destination-sync';
import { Sync } from '../sync/sync';
import { AdditionalPaths, type AdditionalPathsSettings } from './additional-paths';
import { CaptureDirectories } from './capture-directories';
import { CaptureLimit } from './capture-limit';
import type { CurrentOutbox } from './current-outbox';
import { LagWatch } from './lag-watch';
import { MongoCopy, type MongoSettings } from './mongo-copy';
import { SelectiveSync } from './selective-sync';

export interface DataManagerSettings {
  sync: SyncSettings;
  disk: DiskGuardSettings;
  additionalPaths: AdditionalPathsSettings;
  mongo?: MongoSettings;
  /** A sensor's name. */
  selectiveSyncer?: string;
  /** Of a capture file; undefined: the outbox's own. */
  maximumFileBytes?: number;
}

export interface DataManagerOptions {
  settings: DataManagerSettings;
  /** The main part's name. */
  main: string;
  /** Absolute. */
  captureDirectory: string;
  /** Bytes that it takes at most, whatever room its disk has. Default: as its disk has room. */
  captureLimit?: number;
  /** Where it remembers former capture directories. */
  home: string;
  /** Of all destinations. */
  destinationNames: readonly string[];
  /** @param ownerOf in which capture directory an item is */
  destinations(ownerOf: (item: Item) => Outbox): Destination<Item>[];
  /** What the main calls a part; undefined: it is the main itself. */
  remote(part: string): string | undefined;
  /** A sensor's readings, within a bounded time. @throws when there is none */
  readings(sensor: string): Promise<unknown>;
  /** The capture directory's disk was looked at. */
  looked?(disk: Disk): void;
  /** A destination's sync is otherwise than it was. */
  synced?(destinations: Sync<Item>['destinations']): void;
  clock: Clock;
  log: Logger;
  /** What is captured is kept on it. Default: this machine's disk. */
  storage?: Storage;
  /** Of what others keep in a capture directory, as in `OutboxOptions`. */
  checkKept?(data: unknown): void;
}

export class DataManager {
  readonly sync: Sync<Item>;
  readonly #options: DataManagerOptions;
  readonly #directories: CaptureDirectories;
  readonly #additional: AdditionalPaths;
  readonly #selective: SelectiveSync;
  readonly #diskGuard: DiskGuard<Item>;
  readonly #captureLimit: CaptureLimit<Item> | undefined;
  readonly #lagWatch: LagWatch;
  #interval: number;
  #mongo: { settings: MongoSettings; copy: MongoCopy } | undefined;
  readonly #endFollowing: () => void;

  private constructor(options: DataManagerOptions, directories: CaptureDirectories) {
    this.#options = options;
    this.#directories = directories;
    const { settings, main, clock, log, readings } = options;
    this.#additional = new AdditionalPaths({
      outbox: directories,
      settings: settings.additionalPaths,
      main,
      captureDirectories: () => directories.paths,
      clock,
      log: log.child({ in: 'additional paths' }),
    });
    const selective = { read: readings, clock, log: log.child({ in: 'sync' }) };
    this.#selective = new SelectiveSync(selective, settings.selectiveSyncer);
    this.sync = this.#makeSync();
    this.#interval = settings.sync.interval;
    this.#lagWatch = this.#makeLagWatch();
    this.#diskGuard = this.#makeDiskGuard();
    const { captureLimit: limit } = options;
    if (limit !== undefined)
      this.#captureLimit = new CaptureLimit({
        limit,
        files: this.#deletable(),
        clock,
        log: log.child({ in: 'capture directory' }),
      });
    this.#setMongo(settings.mongo);
    this.#endFollowing = this.outbox.events.on('durable', ({ blocks }) => {
      for (const { state, entry } of blocks) {
        const { metadata } = state;
        // A part's own streams are its own data manager's.
        if (metadata.owner !== 'main' && metadata.part !== main) continue;
        const { known, offset, bytes, readings: count } = entry;
        this.#mongo?.copy.add({ metadata, mapping: { known, offset }, bytes }, count);
      }
    });
  }

  /** @throws when the capture directory is in use, or cannot be read */
  static async open(options: DataManagerOptions): Promise<DataManager> {
    const { captureDirectory, home, log, clock, storage, checkKept } = options;
    const { maximumFileBytes } = options.settings;
    const directories = await CaptureDirectories.open({
      outbox: {
        path: captureDirectory,
        destinations: options.destinationNames,
        ...(maximumFileBytes !== undefined && { maximumFileBytes }),
        ...(storage !== undefined && { storage }),
        ...(checkKept && { checkKept }),
        clock,
        onProblem: (file, error) => log.error({ file, error: error.message }, 'the outbox'),
      },
      record: join(home, 'capture-directories.json'),
      log,
    });
    return new DataManager(options, directories);
  }

  /** Where what is captured goes. */
  get outbox(): CurrentOutbox {
    return this.#directories.current;
  }

  /** Documents for MongoDB; undefined: none is configured. */
  get mongo(): MongoCopy['counters'] | undefined {
    return this.#mongo?.copy.counters;
  }

  /** That of the capture directory. */
  disk(): Promise<Disk> {
    return diskOf(this.#directories.path);
  }

  /** Where what is captured lies. */
  get captureDirectory(): string {
    return this.#directories.path;
  }

  /** As `CaptureDirectories.account`. */
  account(): ReturnType<CaptureDirectories['account']> {
    return this.#directories.account();
  }

  /** As `CaptureDirectories.moveTo`. */
  moveTo(captureDirectory: string, moved: () => void): Promise<void> {
    return this.#directories.moveTo(captureDirectory, moved);
  }

  start(): void {
    this.sync.start();
    this.#diskGuard.start();
    this.#captureLimit?.start();
    this.#lagWatch.start();
  }

  configure(settings: DataManagerSettings): void {
    this.#additional.configure(settings.additionalPaths);
    this.#selective.configure(settings.selectiveSyncer);
    this.sync.configure(settings.sync);
    this.#interval = settings.sync.interval;
    this.#diskGuard.configure(settings.disk);
    this.#directories.limitFiles(settings.maximumFileBytes);
    this.#setMongo(settings.mongo);
  }

  /** Goes on with these destinations, as `Sync.follow`; what each of them has settled stays settled, by its name. */
  async deliverTo(open: DataManagerOptions['destinations']): Promise<void> {
    const destinations = open((item) => this.#directories.ownerOf(item));
    const names = destinations.map(({ name }) => name);
    await this.sync.follow(destinations, async () => {
      const { destinations: before } = this.#directories.current.outbox;
      if (names.join() !== before.join()) await this.#directories.configure(names);
    });
  }

  /** Syncs now; resolves when all that had come is settled or has failed. */
  syncNow(): Promise<SyncState> {
    return this.sync.sync();
  }

  /** Gives up deliveries under way (they come again), lets what was acknowledged be written. */
  async close(): Promise<void> {
    this.#endFollowing();
    this.#diskGuard.close();
    this.#captureLimit?.close();
    this.#lagWatch.close();
    await this.sync.close();
    await this.#mongo?.copy.close();
    await this.#directories.close();
  }

  #makeSync(): Sync<Item> {
    const { settings, destinations, synced, clock, log } = this.#options;
    const directories = this.#directories;
    return new Sync<Item>({
      source: {
        complete: async () => {
          await Promise.all([this.#additional.look(), this.#selective.ask()]);
          await directories.current.outbox.complete();
        },
        waiting: (destination) => directories.waiting(destination),
        delivered: (item, destination) => directories.delivered(item, destination),
        setAside: (item, destination, reason) => directories.setAside(item, destination, reason),
        describe: (item) => (item.type === 'file' ? item.key : relative(directories.path, item.file.path)),
      },
      destinations: destinations((item) => directories.ownerOf(item)),
      settings: settings.sync,
      gate: () => this.#selective.mayGo,
      // Not while it is made.
      ...(synced && { onChange: () => this.sync && synced(this.sync.destinations) }),
      clock,
      log: log.child({ in: 'sync' }),
    });
  }

  #makeLagWatch(): LagWatch {
    const { clock, log } = this.#options;
    return new LagWatch({
      destinations: () =>
        this.sync.destinations.filter(({ state }) => !state.disabled).map(({ name }) => name),
      waiting: (destination) => this.#directories.waiting(destination),
      mayGo: () => this.#selective.mayGo,
      interval: () => this.#interval,
      clock,
      log: log.child({ in: 'sync' }),
    });
  }

  #makeDiskGuard(): DiskGuard<Item> {
    const { settings, looked, clock, log } = this.#options;
    const directories = this.#directories;
    return new DiskGuard<Item>({
      files: this.#deletable(),
      disk: () => diskOf(directories.path),
      ...(looked && { looked }),
      settings: settings.disk,
      clock,
      log: log.child({ in: 'disk' }),
    });
  }

  #deletable(): Deletable<Item> {
    const directories = this.#directories;
    return {
      // Data outside of the capture directory is not touched, and nothing that is being delivered.
      list: () =>
        [...directories.currentItems()]
          .filter((item) => item.type !== 'file' && !this.sync.isDelivering(item))
          .sort((a, b) => a.begun - b.begun),
      bytes: () => directories.current.bytes,
      // Each takes a commit, in which the sync may come to others of the list.
      discard: async (item) => {
        if (item.file.gone || this.sync.isDelivering(item)) return false;
        await directories.ownerOf(item).discard(item);
        return true;
      },
    };
  }

  #setMongo(settings: MongoSettings | undefined): void {
    const before = this.#mongo;
    if (JSON.stringify(before?.settings) === JSON.stringify(settings)) return;
    this.#mongo = undefined;
    void before?.copy.close();
    if (settings === undefined) return;
    const { remote, clock, log } = this.#options;
    const mongo = {
      settings,
      copy: new MongoCopy({ settings, remote, clock, log: log.child({ in: 'MongoDB' }) }),
    };
    this.#mongo = mongo;
    mongo.copy.ready().catch((error: Error) => {
      log.error({ error: error.message }, 'configuration: mongo_capture_config.uri is of no use');
      if (this.#mongo === mongo) this.#mongo = undefined;
    });
  }
}
