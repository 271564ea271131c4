/** The main part's process: configuration, link, outbox, sync, page, put together. See README.md for what holds. */
import { homedir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { type Access, Audit, checkAccess } from '@sluice/common/access';
import { systemClock } from '@sluice/common/clock';
import { Lifecycle } from '@sluice/common/lifecycle';
import type { Storage } from '@sluice/common/storage';
import { followNames, openAuthority } from '@sluice/common/tls';
import type { Logger } from 'pino';
import { isLoopback } from '../proto/loopback';
import { cloudUpload } from './cloud-upload';
import { ConfiguredParts } from './configured-parts';
import { DiskGuard, diskOf } from './disk-guard';
import { LinkServer } from './link/link-server';
import { type Listener, listen } from './link/listener';
import { type MachinePlan, readMachine } from './machine/machine';
import { MainPart } from './main-part';
import type { Item } from './outbox/items';
import { Outbox } from './outbox/outbox';
import type { PageExtension } from './page-api/extension';
import { Page } from './page-api/page';
import type { StateView } from './page-api/state';
import { captureFileBytes, changedAtStartOnly, diskSettings, report, syncSettings } from './settings';
import { destinationTypes } from './sync/destinations';
import { Sync } from './sync/sync';
import { DataManagerResource } from './viam/data-manager';
import { ViamDoor } from './viam-door';

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
  /** Where Viam's clients are listened to; undefined: nowhere. */
  viam?: { host: string; port: number };
  /** Where the page's built files lie. */
  page: string;
  log: Logger;
  /** What the outbox keeps its files on. Default: this machine's file system. */
  storage?: Storage;
  /** A part's own Viam configuration, when the gateway holds it. */
  partConfiguration?(part: string): string | undefined;
  /** What the composition adds to the page's API. */
  extension?: PageExtension;
}

/** The name of our cloud's block door among the destinations. */
const ourCloud = 'cloud';

export class Gateway {
  readonly #options: GatewayOptions;
  readonly #owned: Lifecycle;
  readonly #parts: ConfiguredParts;
  readonly #link: LinkServer;
  readonly #sync: Sync<Item>;
  readonly #diskGuard: DiskGuard<Item>;
  readonly #mainPart: MainPart;
  readonly #page: Page;
  /** What is being captured goes along. */
  readonly #syncAll = {
    state: () => this.#sync.state,
    destinations: () => this.#sync.destinations,
    sync: async () => {
      await this.#mainPart.seal();
      return this.#sync.sync();
    },
  };
  readonly #viam: ViamDoor | undefined;
  #plan: MachinePlan;
  #listener: Listener | undefined;

  private constructor(options: GatewayOptions, plan: MachinePlan, outbox: Outbox, path: string) {
    this.#options = options;
    this.#plan = plan;
    const { log, main, extension } = options;
    this.#owned = new Lifecycle({
      onProblem: (error, name) => log.error({ error: error.message, name }, 'not closed well'),
    });
    this.#parts = new ConfiguredParts(plan, (part) => options.partConfiguration?.(part));
    this.#link = new LinkServer({ directory: outbox, log: log.child({ in: 'link' }), parts: this.#parts });
    this.#sync = this.#makeSync(outbox, path);
    this.#diskGuard = this.#makeDiskGuard(outbox, path);
    const link = this.#link;
    this.#mainPart = new MainPart({
      main,
      plan,
      outbox,
      link,
      log: log.child({ in: 'main part' }),
      changed: () => this.#showConfiguration(),
    });
    this.#page = new Page({
      main,
      outbox,
      link,
      sync: this.#syncAll,
      disk: () => diskOf(path),
      destination: ourCloud,
      ownStreams: (part) => this.#mainPart.declared(part),
      clock: systemClock,
      extension,
    });
    const { viam } = options;
    this.#viam =
      viam && new ViamDoor({ ...options, viam, log: log.child({ in: 'viam' }) }, this.#mainPart.graph);
    this.#showConfiguration();
  }

  /** @throws when the capture directory is in use, or a port is taken; nothing goes on then. */
  static async start(options: GatewayOptions): Promise<Gateway> {
    const { api, link, log } = options;
    checkAccess(api);
    checkLink(link);
    const plan = readMachine(options.configuration);
    report(plan, log);
    const path = resolve(plan.dataManager.captureDir ?? join(homedir(), '.viam', 'capture'));
    const outbox = await Outbox.open({
      path,
      destinations: [ourCloud],
      maximumFileBytes: captureFileBytes(plan, log),
      ...(options.storage === undefined ? {} : { storage: options.storage }),
      onProblem: (file, error) => log.error({ file, error: error.message }, 'the outbox'),
    });
    const gateway = new Gateway(options, plan, outbox, path);
    await gateway.#open(outbox);
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

  /** Full names of all resources that can be called. */
  resourceNames(): string[] {
    return this.#mainPart.graph.names();
  }

  /** Takes a new configuration: settings at once, parts as far as something changes for them. */
  configure(text: string): void {
    const before = this.#plan;
    this.#plan = readMachine(text);
    report(this.#plan, this.#options.log);
    for (const attribute of changedAtStartOnly(before, this.#plan)) {
      this.#options.log.warn({ attribute }, 'configuration: takes effect when the gateway starts again');
    }
    this.#viam?.configure(text);
    this.#showConfiguration();
    this.#sync.configure(syncSettings(this.#plan));
    this.#diskGuard.configure(diskSettings(this.#plan));
    this.#parts.configure(this.#plan, this.#link);
    void this.#mainPart.configure(this.#plan);
  }

  /** Another certificate for the page. */
  renew(tls: NonNullable<Access['tls']>): void {
    this.#page.renew(tls);
  }

  /** What is known, as the API shows it: to be read at once, it goes on changing. */
  state(): StateView {
    return this.#page.state();
  }

  /** Stops taking blocks, lets what was acknowledged be written, gives up uploads under way (they come again). */
  close(): Promise<void> {
    return this.#owned.close();
  }

  /** What is opened last is closed first: no more blocks come while the sync ends, and the outbox outlives all. */
  async #open(outbox: Outbox): Promise<void> {
    const { api, page: files, log } = this.#options;
    const audit = new Audit((refusal: object, unsaid) =>
      log.warn({ ...refusal, unsaid }, 'the page refused'),
    );
    await this.#owned.start('the outbox', () => outbox);
    await this.#owned.start('the page', async () => {
      await this.#page.open({ access: api, port: api.port, files, audit: audit.note });
      return this.#page;
    });
    await this.#owned.start('the sync', () => started(this.#sync));
    await this.#owned.start('the disk guard', () => started(this.#diskGuard));
    await this.#owned.start('the main part', async () => {
      await this.#mainPart.configure(this.#plan);
      return this.#mainPart;
    });
    const viam = this.#viam;
    if (viam) await this.#owned.start("Viam's API", () => viam.open());
    await this.#owned.start('the link', () => this.#listen());
  }

  async #listen(): Promise<{ close(): Promise<void> }> {
    const { host, port, tls } = this.#options.link;
    const authority = tls ? await openAuthority(this.#options.directory) : undefined;
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

  #makeSync(outbox: Outbox, path: string): Sync<Item> {
    const { cloud, main, log } = this.#options;
    return new Sync({
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
          read: (item) => cloudUpload(outbox, item),
          remote: ({ metadata }) => this.#parts.remote(metadata.part)?.name,
        }),
      ],
      settings: syncSettings(this.#plan),
      clock: systemClock,
      log: log.child({ in: 'sync' }),
    });
  }

  #makeDiskGuard(outbox: Outbox, path: string): DiskGuard<Item> {
    return new DiskGuard({
      files: {
        list: () => [...outbox.failed(), ...outbox.waiting()].sort((a, b) => a.begun - b.begun),
        bytes: () => outbox.bytes,
        discard: (item) => outbox.discard(item),
      },
      disk: () => diskOf(path),
      settings: diskSettings(this.#plan),
      clock: systemClock,
      log: this.#options.log.child({ in: 'disk' }),
    });
  }

  /** For Viam's clients. */
  #dataManager(): DataManagerResource[] {
    const { configured, name } = this.#plan.dataManager;
    return configured ? [new DataManagerResource(name || 'data_manager', this.#syncAll)] : [];
  }

  #showConfiguration(): void {
    const { remotes, problems } = this.#plan;
    this.#mainPart.graph.put('data manager', this.#dataManager());
    this.#page.configured(
      remotes.map(({ partNames }) => partNames),
      [...problems, ...this.#mainPart.problems],
    );
  }
}

function started<T extends { start(): void }>(startable: T): T {
  startable.start();
  return startable;
}

function checkLink({ host, tls }: GatewayOptions['link']): void {
  if (!tls && !isLoopback(host)) {
    throw new Error(
      `parts would send their data in the clear to ${host}: without TLS the link serves loopback only`,
    );
  }
}
