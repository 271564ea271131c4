/**
 * Everything that people and monitoring see of the gateway, put together: the read model and what keeps it up to date,
 * the parts asked while somebody looks, the events, the figures, the HTTP server.
 *
 * What comes in: what happens on the link and in the outbox. What goes out: HTTP. What holds: it changes nothing of
 * either, and whatever it does wrong is reported and hurts neither.
 */
import { access } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Access } from '@sluice/common/access';
import type { Alerts } from '@sluice/common/alerts';
import type { Clock } from '@sluice/common/clock';
import { type GuardOptions, renewServer } from '@sluice/common/http';
import type { FastifyInstance } from 'fastify';
import { bootText } from '../../modules/block/boot-text';
import type { LinkServer } from '../link/link-server';
import type { Outbox } from '../outbox/outbox';
import type { StreamState } from '../outbox/streams';
import type { SyncState } from '../sync/destination-sync';
import { takeAnswer } from './device-status';
import type { PageExtension } from './extension';
import { Feed } from './feed';
import { type HealthSources, healthOf } from './health';
import { History, type HistoryCloud, HistoryError } from './history';
import { Live } from './live';
import { Metrics, type MetricsSources } from './metrics';
import type { FormerStream } from './part-model';
import { ReadModel } from './read-model';
import { openApi } from './server';
import type { FilesView, GatewayTally, HistoryView, StateView } from './state';
import { Watch } from './watch';

export interface PageOptions {
  /** The main part's name. */
  main: string;
  /** Where the gateway logs, for people. */
  log: string;
  outbox: Pick<
    Outbox,
    | 'collectorsOf'
    | 'events'
    | 'problem'
    | 'streams'
    | 'waiting'
    | 'waitingItems'
    | 'failedItems'
    | 'unread'
    | 'bytes'
    | 'logBytes'
  >;
  link: LinkServer;
  sync: {
    state(): SyncState;
    destinations(): { name: string; state: SyncState }[];
    sync(): Promise<unknown>;
  };
  /** As `MetricsSources.mongo`. */
  mongo: MetricsSources['mongo'];
  /** The disk that the outbox is on. */
  disk: HealthSources['disk'];
  /** Of the main part itself, where it captures: its streams and collectors of files. */
  ownStreams(part: string): ReadonlyMap<number, Shown> | undefined;
  /** The destination whose account is shown. */
  destination: string;
  /** Where that destination is asked for what was before. */
  cloud(): HistoryCloud;
  /** What the main calls a part; undefined: by its name. */
  remote(part: string): string | undefined;
  /** What somebody should look at; undefined: nobody looks after it. */
  alerts?: Alerts | undefined;
  clock: Clock;
  /** What the composition adds. */
  extension?: PageExtension | undefined;
}

const noAlerts: readonly [] = [];

/** A stream, or a collector of files, with its account. */
type Shown = Pick<StreamState, 'metadata' | 'collector'>;

export interface PageAddress {
  access: Access;
  /** 0: any free one. */
  port: number;
  /** Where the page's built files lie. */
  files: string;
  /** Told of every request that was refused. */
  audit: GuardOptions['audit'];
}

export class Page {
  readonly #options: PageOptions;
  /** Wall milliseconds. */
  readonly #started: number;
  readonly #live: Live;
  readonly #model: ReadModel;
  readonly #watch: Watch;
  readonly #feed: Feed;
  readonly #history: History;
  #server: FastifyInstance | undefined;
  /** Why the last commit failed, as long as none has worked since. */
  #failure: Error | undefined;

  constructor(options: PageOptions) {
    this.#options = options;
    const { main, log, outbox, link, sync, destination, clock, extension } = options;
    const wall = () => clock.wall();
    this.#started = wall();
    this.#live = new Live({ now: wall });
    this.#watch = new Watch({
      connected: () => link.connected.map(({ part, boot }) => ({ part, boot: bootText(boot) })),
      call: (part, request) => link.call(part, request),
      answered: (part, answer) => {
        const state = link.known.get(part);
        if (state && bootText(state.boot) === answer.boot)
          takeAnswer(state, answer, outbox.streams(part, state.boot));
        this.#model.counted(part);
      },
      flash: (part, slice) => this.#model.flash(part, slice),
      clock,
    });
    this.#model = new ReadModel({
      main,
      log,
      known: link.known,
      streams: (part, boot) => options.ownStreams(part) ?? outbox.streams(part, boot),
      former: (part) => formerOf(outbox, part),
      tally: (stream) => tallyOf(stream as Shown, destination),
      answered: (part) => this.#watch.latest(part),
      silentSince: (part) => this.#watch.silentSince(part),
      extension: (part) => extension?.shown(part),
      refusal: (part) => link.refusals.of(part, wall()),
      alerts: () => options.alerts?.view ?? noAlerts,
      sync: () => sync.state(),
      files: () => filesOf(outbox),
      wall,
    });
    const watch = () => this.#watch.begin();
    this.#history = new History({
      cloud: () => options.cloud(),
      streams: (part) => this.state().parts.find(({ name }) => name === part)?.streams ?? [],
      remote: (part) => options.remote(part),
      clock,
    });
    this.#feed = new Feed({ live: this.#live, model: this.#model, watch, clock });
    this.#follow();
  }

  /** @throws when it would be open to others without a key, or the port is taken */
  async open({ access: who, port, files, audit }: PageAddress): Promise<void> {
    const { link, outbox, sync, extension } = this.#options;
    const health = () => healthOf(this.#healthSources(files));
    this.#server = await openApi({
      access: who,
      port,
      page: files,
      feed: this.#feed,
      metrics: new Metrics({
        state: () => this.state(),
        health,
        flash: (part) => this.#watch.latest(part)?.status.flash,
        link: link.counters,
        logBytes: () => outbox.logBytes,
        alerts: () => this.#options.alerts?.standing ?? noAlerts,
        retries: () => sync.destinations().map(({ name, state }) => ({ name, retries: state.retries })),
        mongo: this.#options.mongo,
      }),
      health,
      state: () => this.state(),
      history: (part) => this.#historyOf(part),
      sync: () => sync.sync(),
      extension,
      audit,
    });
  }

  /** Another certificate for what connects from now on. */
  renew(tls: NonNullable<Access['tls']>): void {
    renewServer(this.#server!, tls);
  }

  get port(): number {
    return (this.#server!.server.address() as AddressInfo).port;
  }

  /** What is known, as the API shows it: to be read at once, it goes on changing. */
  state(): StateView {
    return this.#model.state();
  }

  /** @param parts configured, each with all names that it may come by */
  configured(parts: readonly (readonly string[])[], problems: StateView['problems']): void {
    this.#model.configured(parts, problems);
  }

  async close(): Promise<void> {
    this.#feed.close();
    await this.#server?.close();
  }

  #historyOf(part: string): Promise<HistoryView> {
    if (!this.state().parts.some(({ name }) => name === part))
      return Promise.reject(new HistoryError('there is no such part'));
    return this.#history.of(part, this.#started);
  }

  #healthSources(files: string): HealthSources {
    const { outbox, sync, clock, disk } = this.#options;
    return {
      outbox,
      failure: () => this.#failure,
      disk,
      destinations: () =>
        sync.destinations().map(({ name, state }) => ({
          name,
          state,
          oldest: outbox.waiting(name).next().value?.begun,
        })),
      state: () => this.state(),
      page: () =>
        access(join(files, 'index.html')).then(
          () => true,
          () => false,
        ),
      readers: () => this.#feed.listeners,
      started: this.#started,
      wall: () => clock.wall(),
    };
  }

  #follow(): void {
    const { outbox, link } = this.#options;
    link.events.on('changed', ({ name }) => this.#model.told(name));
    link.events.on('refused', (part) => this.#model.counted(part));
    outbox.events.on('failed', (error) => {
      this.#failure = error;
    });
    outbox.events.on('durable', ({ blocks }) => {
      this.#failure = undefined;
      for (const { state, entry } of blocks) {
        const { known, offset, bytes, end } = entry;
        this.#live.add(state.metadata, { known, offset }, bytes, end);
        this.#model.counted(state.metadata.part);
      }
    });
    outbox.events.on('settled', ({ item }) => this.#model.counted(item.metadata.part));
    outbox.events.on('gone', ({ collector }) => this.#model.counted(collector.part));
  }
}

function filesOf({
  waitingItems: waiting,
  failedItems: failed,
  unread,
}: Pick<Outbox, 'waitingItems' | 'failedItems' | 'unread'>): FilesView {
  const [unreadBecause] = unread;
  const counts = { waiting, failed, unread: unread.length };
  return unreadBecause === undefined ? counts : { ...counts, unreadBecause };
}

/** What is captured: files that somebody else has made belong to no stream. */
function formerOf(
  outbox: Pick<Outbox, 'collectorsOf'>,
  part: string,
): (FormerStream & Pick<Shown, 'collector'>)[] {
  const captured = outbox.collectorsOf(part).filter(({ resource }) => !resource.startsWith('rdk:service:'));
  return captured.map((collector) => ({ metadata: collector, collector }));
}

/** Of a stream's collector. */
function tallyOf({ collector }: Pick<Shown, 'collector'>, destination: string): GatewayTally {
  const { received, delivered, setAside, deleted, stored } = collector.destinations[destination]!;
  return {
    received: received.readings,
    uploaded: delivered.readings,
    setAside: setAside.readings,
    deleted: deleted.readings,
    stored: stored.readings,
  };
}
