/** The main part's process: configuration, link, capture directory, sync, API. See README.md for what holds. */
import { createHash } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { homedir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { type Access, checkAccess } from '@sluice/common/access';
import { systemClock } from '@sluice/common/clock';
import { followNames, openAuthority } from '@sluice/common/tls';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { bootText } from '../modules/block/boot-text';
import { type MachinePlan, parseMachine, type RemotePlan } from '../modules/config/machine';
import { isLoopback } from '../proto/loopback';
import { DiskGuard, diskOf } from './disk-guard';
import { LinkServer } from './link/link-server';
import { type Listener, listen } from './link/listener';
import type { PartConfiguration } from './link/session';
import type { Item } from './outbox/items';
import { Outbox } from './outbox/outbox';
import type { StreamState } from './outbox/streams';
import { takeAnswer } from './page-api/device-status';
import type { PageExtension } from './page-api/extension';
import { Feed } from './page-api/feed';
import { Live } from './page-api/live';
import { Metrics } from './page-api/metrics';
import { ReadModel } from './page-api/read-model';
import { openApi } from './page-api/server';
import type { GatewayTally, StateView } from './page-api/state';
import { Watch } from './page-api/watch';
import {
  captureFileBytes,
  changedAtStartOnly,
  diskSettings,
  remoteOf,
  report,
  syncSettings,
} from './settings';
import { destinationTypes } from './sync/destinations';
import { Sync } from './sync/sync';

export interface GatewayOptions {
  /** The machine's Viam configuration, JSON. */
  configuration: string;
  /** The main part's name. */
  main: string;
  /** Holds the certificate authority. */
  directory: string;
  /** `tls: false` serves `ws:`, to loopback only. */
  link: { host: string; port: number; tls: boolean };
  api: Access & { port: number };
  cloud: { address: string; appId: string; key?: string };
  /** Where the page's built files lie. */
  page: string;
  log: Logger;
  /** A part's own Viam configuration, when the gateway holds it. */
  partConfiguration?(part: string): string | undefined;
  /** What the composition adds to the page's API. */
  extension?: PageExtension;
}

/** The name of our cloud's block door among the destinations. */
const ourCloud = 'cloud';

export class Gateway {
  readonly #options: GatewayOptions;
  readonly #outbox: Outbox;
  readonly #link: LinkServer;
  readonly #live = new Live({ now: () => systemClock.wall() });
  readonly #model: ReadModel;
  readonly #watch: Watch;
  readonly #feed: Feed;
  readonly #sync: Sync<Item>;
  readonly #diskGuard: DiskGuard<Item>;
  /** Of the configuration that each part was given last. */
  readonly #revisions = new Map<string, string>();
  #plan: MachinePlan;
  #listener: Listener | undefined;
  #endFollowing: (() => void) | undefined;
  #api: FastifyInstance | undefined;

  private constructor(options: GatewayOptions, plan: MachinePlan, outbox: Outbox, path: string) {
    this.#options = options;
    this.#plan = plan;
    this.#outbox = outbox;
    const { log, cloud, main } = options;
    this.#link = new LinkServer({
      directory: outbox,
      log: log.child({ in: 'link' }),
      parts: {
        secret: (part) => this.#remote(part)?.secret || undefined,
        configuration: (part) => this.#partConfiguration(part),
      },
    });
    this.#watch = new Watch({
      connected: () => this.#link.connected.map(({ part, boot }) => ({ part, boot: bootText(boot) })),
      call: (part, request) => this.#link.call(part, request),
      answered: (part, answer) => {
        const state = this.#link.known.get(part);
        if (state && bootText(state.boot) === answer.boot) takeAnswer(state, answer);
        this.#model.counted(part);
      },
      flash: (part, slice) => this.#model.flash(part, slice),
      clock: systemClock,
    });
    this.#model = new ReadModel({
      main,
      known: this.#link.known,
      streams: (part, boot) => outbox.streams(part, boot),
      tally: (stream) => tallyOf(stream as StreamState),
      answered: (part) => this.#watch.latest(part),
      silentSince: (part) => this.#watch.silentSince(part),
      extension: (part) => options.extension?.shown(part),
      sync: () => this.#sync.state,
      files: () => ({ waiting: outbox.waitingItems, failed: outbox.failedItems }),
      wall: () => systemClock.wall(),
    });
    this.#feed = new Feed({
      live: this.#live,
      model: this.#model,
      watch: () => this.#watch.begin(),
      clock: systemClock,
    });
    this.#showConfiguration();
    this.#follow();
    this.#sync = new Sync({
      source: {
        complete: () => outbox.complete(),
        waiting: (destination) => outbox.waiting(destination),
        delivered: (item, destination) => outbox.delivered(item, destination),
        setAside: (item, destination, reason) => outbox.setAside(item, destination, reason),
        describe: (item) => relative(path, item.file.path),
      },
      destinations: [
        destinationTypes['block-door'].open<Item>(ourCloud, {
          ...cloud,
          main,
          read: (item) => outbox.read(item),
          remote: ({ metadata }) => this.#remote(metadata.part)?.name,
        }),
      ],
      settings: syncSettings(plan),
      clock: systemClock,
      log: log.child({ in: 'sync' }),
    });
    this.#diskGuard = new DiskGuard({
      files: {
        list: () => [...outbox.failed(), ...outbox.waiting()].sort((a, b) => a.begun - b.begun),
        bytes: () => outbox.bytes,
        discard: (item) => outbox.discard(item),
      },
      disk: () => diskOf(path),
      settings: diskSettings(plan),
      clock: systemClock,
      log: log.child({ in: 'disk' }),
    });
  }

  /** @throws when the capture directory is in use, or a port is taken. */
  static async start(options: GatewayOptions): Promise<Gateway> {
    const { api, link, log } = options;
    checkAccess(api);
    checkLink(link);
    const plan = parseMachine(options.configuration);
    report(plan, log);
    const path = resolve(plan.dataManager.captureDir ?? join(homedir(), '.viam', 'capture'));
    const outbox = await Outbox.open({
      path,
      destinations: [ourCloud],
      maximumFileBytes: captureFileBytes(plan, log),
      onProblem: (file, error) => log.error({ file, error: error.message }, 'the outbox'),
    });
    const gateway = new Gateway(options, plan, outbox, path);
    try {
      await gateway.#open();
    } catch (error) {
      await gateway.close();
      throw error;
    }
    return gateway;
  }

  get apiPort(): number {
    return (this.#api!.server.address() as AddressInfo).port;
  }

  get linkPort(): number {
    return this.#listener!.port;
  }

  /** Takes a new configuration: settings at once, parts as far as something changes for them. */
  configure(text: string): void {
    const before = this.#plan;
    this.#plan = parseMachine(text);
    report(this.#plan, this.#options.log);
    for (const attribute of changedAtStartOnly(before, this.#plan)) {
      this.#options.log.warn({ attribute }, 'configuration: takes effect when the gateway starts again');
    }
    this.#showConfiguration();
    this.#sync.configure(syncSettings(this.#plan));
    this.#diskGuard.configure(diskSettings(this.#plan));
    for (const part of this.#link.known.keys()) {
      const [old, now] = [remoteOf(before, part), this.#remote(part)];
      const given = this.#revisions.get(part);
      if (!now || old?.secret !== now.secret) this.#link.revoke(part);
      else if (this.#partConfiguration(part)?.revision !== given) this.#link.configure(part);
    }
  }

  /** What is known, as the API shows it: to be read at once, it goes on changing. */
  state(): StateView {
    return this.#model.state();
  }

  /** Stops taking blocks, lets what was acknowledged be written, gives up uploads under way (they come again). */
  async close(): Promise<void> {
    this.#endFollowing?.();
    await this.#listener?.close();
    this.#diskGuard.close();
    await this.#sync.close();
    this.#feed.close();
    await this.#api?.close();
    await this.#outbox.close();
  }

  async #open(): Promise<void> {
    const { api, link, directory, page } = this.#options;
    const { host, port } = link;
    const tls = link.tls ? await openAuthority(directory) : undefined;
    this.#listener = await listen({ server: this.#link, host, port, ...(tls ? { tls } : {}) });
    if (tls) this.#followNames();
    this.#api = await openApi({
      access: api,
      port: api.port,
      page,
      feed: this.#feed,
      metrics: new Metrics(() => this.state(), this.#link.counters),
      state: () => this.state(),
      sync: () => this.#sync.sync(),
      problem: () => this.#outbox.problem,
      extension: this.#options.extension,
    });
    this.#sync.start();
    this.#diskGuard.start();
  }

  /** Parts pin the authority: a certificate by it for the names that this machine has now needs nobody's doing. */
  #followNames(): void {
    const { directory, log } = this.#options;
    this.#endFollowing = followNames(
      async () => {
        this.#listener!.renew(await openAuthority(directory));
        log.info({}, 'certificate renewed: this machine has other names or addresses');
      },
      (error) => log.warn({ error: error.message }, 'certificate not renewed'),
    );
  }

  /** The read model follows what happens; durable blocks are acknowledged first. */
  #follow(): void {
    this.#link.events.on('changed', ({ name }) => this.#model.told(name));
    const { events } = this.#outbox;
    events.on('durable', ({ blocks }) => {
      for (const { state, entry } of blocks) {
        const { known, offset, bytes, end } = entry;
        this.#live.add(state.metadata, { known, offset }, bytes, end);
        this.#model.counted(state.metadata.part);
      }
    });
    events.on('settled', ({ item }) => this.#model.counted(item.metadata.part));
    events.on('gone', ({ collector }) => this.#model.counted(collector.part));
  }

  #showConfiguration(): void {
    const { remotes, problems } = this.#plan;
    this.#model.configured(
      remotes.map(({ partNames }) => partNames),
      problems,
    );
  }

  #remote(part: string): RemotePlan | undefined {
    return remoteOf(this.#plan, part);
  }

  #partConfiguration(name: string): PartConfiguration | undefined {
    const remote = this.#remote(name);
    if (!remote) return undefined;
    const part = this.#options.partConfiguration?.(name) ?? '';
    const { additions } = remote;
    const digest = createHash('sha256').update(JSON.stringify([part, additions]));
    const revision = digest.digest('hex').slice(0, 16);
    this.#revisions.set(name, revision);
    return { revision, part, additions };
  }
}

function checkLink({ host, tls }: GatewayOptions['link']): void {
  if (!tls && !isLoopback(host)) {
    throw new Error(
      `parts would send their data in the clear to ${host}: without TLS the link serves loopback only`,
    );
  }
}

/** Of a stream's collector, for our cloud. */
function tallyOf({ collector }: StreamState): GatewayTally {
  const { received, delivered, setAside, deleted, stored } = collector.destinations[ourCloud]!;
  return {
    received: received.readings,
    uploaded: delivered.readings,
    setAside: setAside.readings,
    deleted: deleted.readings,
    stored: stored.readings,
  };
}
