/** The main part's process: configuration, link, outbox, sync, page, put together. See README.md for what holds. */
import { type Access, Audit, checkAccess, type Users } from '@sluice/common/access';
import type { Alerts } from '@sluice/common/alerts';
import { systemClock } from '@sluice/common/clock';
import { Lifecycle } from '@sluice/common/lifecycle';
import type { Storage } from '@sluice/common/storage';
import { followNames, openAuthority } from '@sluice/common/tls';
import type { Logger } from 'pino';
import { isLoopback } from '../proto/loopback';
import { type ConfigurationAnswer, configurationNews, problemNews } from './configuration-news';
import { ConfiguredDataManager, type Givers } from './configured-data-manager';
import { ConfiguredParts } from './configured-parts';
import type { DataManager } from './data-manager/data-manager';
import { type OurCloud, ourCloud } from './destinations';
import { GatewayAlerts } from './gateway-alerts';
import { LinkServer } from './link/link-server';
import { type Listener, listen } from './link/listener';
import type { ConfigurationProblem } from './link/part-state';
import { type MachinePlan, readMachine } from './machine/machine';
import { MainPart } from './main-part';
import type { PageExtension } from './page-api/extension';
import { Page } from './page-api/page';
import type { StateView } from './page-api/state';
import { report } from './settings';
import { DataManagerResource } from './viam/data-manager';
import { ViamDoor } from './viam-door';

/** Ours. */
export interface GatewayCloud extends OurCloud {
  readKey?: string;
}

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
  /** `readKey`: of one who may read there, for the page's history; default: `key`. */
  cloud: GatewayCloud;
  /** Where Viam's clients are listened to; undefined: nowhere. */
  viam?: { host: string; port: number; users?: Users };
  /** Where the page's built files lie. */
  page: string;
  /** Where what somebody should look at is told. Default: nowhere. */
  alerts?: Alerts;
  log: Logger;
  /** Where that logger writes, for people. Default: the standard output. */
  logPlace?: string;
  /** Bytes that the capture directory takes at most. Default: as its disk has room. */
  captureLimit?: number;
  /** What the outbox keeps its files on. Default: this machine's file system. */
  storage?: Storage;
  /** A part's own Viam configuration, when the gateway holds it. */
  partConfiguration?(part: string): string | undefined;
  /** A part has answered to the configuration that it was given. */
  configured?(part: string, answer: ConfigurationAnswer): void;
  /** Something of what this machine does itself cannot be done as configured; it is logged too. */
  problem?(problem: ConfigurationProblem): void;
  /** What the composition adds to the page's API. */
  extension?: PageExtension;
}

/** Milliseconds in which a part says that it will. */
const restartDeadline = 2_000;

export class Gateway {
  readonly #options: GatewayOptions;
  readonly #owned: Lifecycle;
  readonly #parts: ConfiguredParts;
  readonly #link: LinkServer;
  readonly #data: ConfiguredDataManager;
  readonly #dataManager: DataManager;
  readonly #mainPart: MainPart;
  readonly #tellProblems: ReturnType<typeof problemNews>;
  readonly #page: Page;
  /** What is being captured goes along. */
  readonly #syncAll = {
    state: () => this.#dataManager.sync.state,
    account: () => this.#dataManager.account(),
    destinations: () => this.#dataManager.sync.destinations,
    sync: async () => {
      await this.#mainPart.seal();
      return this.#dataManager.syncNow();
    },
  };
  readonly #viam: ViamDoor | undefined;
  readonly #alerts: GatewayAlerts | undefined;
  /** Who gives the data manager what is captured. */
  readonly #givers: Givers = {
    hold: (reason) => this.#link.hold(reason),
    moved: () => this.#mainPart.moved(),
  };
  #plan: MachinePlan;
  #cloud: GatewayCloud;
  #listener: Listener | undefined;

  private constructor({ options, plan, parts, data, readings, news }: Opened) {
    this.#options = options;
    this.#plan = plan;
    this.#cloud = options.cloud;
    this.#parts = parts;
    this.#data = data;
    this.#dataManager = data.manager;
    const { outbox } = data.manager;
    const { log, logPlace = 'the standard output', main, extension, alerts } = options;
    this.#tellProblems = problemNews((problem) => {
      const { severity, path, code, message } = problem;
      log[severity === 'error' ? 'error' : 'warn']({ path, code }, `configuration: ${message}`);
      options.problem?.(problem);
    });
    this.#owned = new Lifecycle({
      onProblem: (error, name) => log.error({ error: error.message, name }, 'not closed well'),
    });
    this.#link = new LinkServer({ directory: outbox, log: log.child({ in: 'link' }), parts: this.#parts });
    const link = this.#link;
    this.#alerts = alerts && new GatewayAlerts({ alerts, link, clock: systemClock });
    news.alerts = this.#alerts;
    this.#alerts?.certificate(options.api.tls?.certificate);
    this.#mainPart = new MainPart({
      main,
      plan,
      outbox,
      link,
      log: log.child({ in: 'main part' }),
      changed: () => this.#showConfiguration(),
    });
    readings.of = async (sensor) => {
      const name = `rdk:component:sensor/${sensor}`;
      const { readings } = (await this.#mainPart.graph.call(name, 'GetReadings')) as { readings: unknown };
      return readings;
    };
    this.#page = new Page({
      main,
      log: logPlace,
      outbox,
      link,
      sync: this.#syncAll,
      mongo: () => data.manager.mongo,
      disk: () => data.manager.disk(),
      destination: ourCloud,
      cloud: () => ({ ...this.#cloud, key: this.#cloud.readKey ?? this.#cloud.key }),
      remote: (part) => this.#parts.remote(part)?.name,
      ownStreams: (part) => this.#mainPart.declared(part),
      alerts,
      clock: systemClock,
      extension,
    });
    const { viam } = options;
    this.#viam =
      viam && new ViamDoor({ ...options, viam, log: log.child({ in: 'viam' }) }, this.#mainPart.graph);
    this.#showConfiguration();
    const { configured } = options;
    if (configured) link.events.on('changed', configurationNews(configured));
  }

  /** @throws when the capture directory is in use, or a port is taken; nothing goes on then. */
  static async start(options: GatewayOptions): Promise<Gateway> {
    const { api, link, log } = options;
    checkAccess(api);
    checkLink(link);
    const plan = readMachine(options.configuration);
    report(plan, log);
    const parts = new ConfiguredParts(plan, (part) => options.partConfiguration?.(part));
    const readings: Opened['readings'] = {
      of: async () => {
        throw new Error('no resource is there yet');
      },
    };
    const news: Opened['news'] = { alerts: undefined };
    const data = await ConfiguredDataManager.open({
      ...options,
      plan,
      remote: (part) => parts.remote(part)?.name,
      readings: (sensor) => readings.of(sensor),
      looked: (disk) => news.alerts?.disk(disk),
      synced: (destinations) => news.alerts?.synced(destinations),
    });
    const gateway = new Gateway({ options, plan, parts, data, readings, news });
    await gateway.#open();
    return gateway;
  }

  get apiPort(): number {
    return this.#page.port;
  }

  get linkPort(): number {
    return this.#listener!.port;
  }

  /** Of Viam's API. */
  get viamPort(): number {
    return this.#viam!.port;
  }

  /** Has a part start again; it hands over what it has first. @throws CallError when it is not there */
  restartPart(part: string): Promise<unknown> {
    const request = { resource: '', method: 'Restart', arguments: {}, deadline: restartDeadline };
    return this.#link.call(part, request);
  }

  /** Full names of all resources that can be called. */
  resourceNames(): string[] {
    return this.#mainPart.graph.names();
  }

  /** Takes a new configuration: settings at once, parts as far as something changes for them. */
  configure(text: string): void {
    this.#plan = readMachine(text);
    report(this.#plan, this.#options.log);
    this.#viam?.configure(text);
    this.#data.configure(text, this.#plan, this.#givers);
    this.#showConfiguration();
    this.#parts.configure(this.#plan, this.#link);
    void this.#mainPart.configure(this.#plan);
  }

  /** Our cloud is elsewhere now, or knows this gateway by another key: what waits goes there. */
  reach(cloud: GatewayCloud): void {
    this.#cloud = cloud;
    this.#data.reach(cloud);
  }

  /** Another certificate for the page. */
  renew(tls: NonNullable<Access['tls']>): void {
    this.#page.renew(tls);
    this.#alerts?.certificate(tls.certificate);
  }

  /** What is known, as the API shows it: to be read at once, it goes on changing. */
  state(): StateView {
    return this.#page.state();
  }

  /** Stops taking blocks, lets what was acknowledged be written, gives up uploads under way (they come again). */
  async close(): Promise<void> {
    await this.#data.followed();
    await this.#owned.close();
  }

  /** What is opened last is closed first: no more blocks come while the sync ends, and the outbox outlives all. */
  async #open(): Promise<void> {
    const { api, page: files, log } = this.#options;
    const audit = new Audit((refusal: object, unsaid) =>
      log.warn({ ...refusal, unsaid }, 'the page refused'),
    );
    await this.#owned.start('its alerts', () => ({ close: () => this.#alerts?.close() }));
    await this.#owned.start('the data manager', () => this.#dataManager);
    await this.#owned.start('the page', async () => {
      await this.#page.open({ access: api, port: api.port, files, audit: audit.note });
      return this.#page;
    });
    const viam = this.#viam;
    if (viam) await this.#owned.start("Viam's API", () => viam.open());
    // Behind what holds the event loop up while it is opened: ticks would be missed meanwhile.
    await this.#owned.start('the main part', async () => {
      await this.#mainPart.configure(this.#plan);
      return this.#mainPart;
    });
    this.#dataManager.start();
    await this.#owned.start('the link', () => this.#listen());
  }

  async #listen(): Promise<{ close(): Promise<void> }> {
    const { host, port, tls } = this.#options.link;
    const authority = tls ? await openAuthority(this.#options.directory) : undefined;
    this.#alerts?.authority(authority?.authority.pem);
    const listener = await listen({
      server: this.#link,
      host,
      port,
      ...(authority ? { tls: authority } : {}),
    });
    this.#listener = listener;
    const endFollowing = tls ? this.#followNames(listener) : () => undefined;
    return {
      close: () => {
        endFollowing();
        return listener.close();
      },
    };
  }

  /** Parts pin the authority: a certificate by it for the names that this machine has now needs nobody's doing. */
  #followNames(listener: Listener): () => void {
    const { directory, log } = this.#options;
    return followNames(
      async () => {
        const identity = await openAuthority(directory);
        listener.renew(identity);
        this.#viam?.renew(identity);
        log.info({}, 'certificate renewed: this machine has other names or addresses');
      },
      (error) => log.warn({ error: error.message }, 'certificate not renewed'),
    );
  }

  /** For Viam's clients. */
  #dataManagers(): DataManagerResource[] {
    const { configured, name } = this.#plan.dataManager;
    return configured ? [new DataManagerResource(name || 'data_manager', this.#syncAll)] : [];
  }

  #showConfiguration(): void {
    const { remotes, problems } = this.#plan;
    this.#mainPart.graph.put('data manager', this.#dataManagers());
    const parts = remotes.filter(({ dial }) => !dial).map(({ partNames }) => partNames);
    this.#alerts?.configured(parts);
    const found = [...this.#data.problems, ...this.#mainPart.problems];
    this.#page.configured(
      remotes.map(({ partNames }) => partNames),
      [...problems, ...found],
    );
    this.#tellProblems(found);
  }
}

/** What a gateway is put together from. */
interface Opened {
  options: GatewayOptions;
  plan: MachinePlan;
  parts: ConfiguredParts;
  data: ConfiguredDataManager;
  /** Of a sensor; the resources come later than who asks for them. */
  readings: { of(sensor: string): Promise<unknown> };
  /** Who is told of disk and sync; it comes later than these. */
  news: { alerts: GatewayAlerts | undefined };
}

function checkLink({ host, tls }: GatewayOptions['link']): void {
  if (!tls && !isLoopback(host)) {
    throw new Error(
      `parts would send their data in the clear to ${host}: without TLS the link serves loopback only`,
    );
  }
}
