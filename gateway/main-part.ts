/**
 * The main part itself: its resources, those of the parts that are connected, and what it captures.
 *
 * What comes in: the machine's plan, what the link tells of parts. What goes out: the graph of all resources; blocks and
 * files in the outbox; the main part among the parts. What holds: a machine without components of its own captures
 * nothing and is no part.
 */
import { randomBytes } from 'node:crypto';
import { type Clock, systemClock } from '@sluice/common/clock';
import type { Logger } from 'pino';
import type { MachinePlan } from '../modules/config/machine';
import type { Problem } from '../modules/config/problems';
import { type Declared, MainCapture } from './capture/main-capture';
import { failuresOf, statusOf } from './capture/own-part';
import type { LinkServer } from './link/link-server';
import type { PartState } from './link/part-state';
import type { Outbox } from './outbox/outbox';
import { LinkResources } from './resources/link-resources';
import { OwnResources } from './resources/own-resources';
import { ResourceGraph } from './resources/resource-graph';
import { remoteOf } from './settings';
import { DialledMachines } from './viam/dialled-machines';

export interface MainPartOptions {
  /** Its name. */
  main: string;
  plan: MachinePlan;
  outbox: Pick<Outbox, 'events' | 'declare' | 'append' | 'skip' | 'binary' | 'collectorOf' | 'prune'>;
  link: LinkServer;
  log: Logger;
  /** `problems` is otherwise than it was. */
  changed(): void;
  clock?: Clock;
}

/** ms between two reports of itself, and a share of them for each stream: of many they take their time. */
const reportEvery = 1_000;
const reportShare = 2;
/** ms that a sync which somebody asked for waits for what is being captured. */
const sealPatience = 2_000;

export class MainPart {
  readonly graph: ResourceGraph;
  readonly #options: MainPartOptions;
  readonly #clock: Clock;
  readonly #capture: MainCapture;
  readonly #own: OwnResources;
  readonly #parts: LinkResources;
  readonly #machines: DialledMachines;
  #plan: MachinePlan;
  #state: PartState | undefined;
  #problems: Problem[] = [];
  #cancelReport: (() => void) | undefined;
  readonly #ends: (() => void)[] = [];

  constructor(options: MainPartOptions) {
    const { main, plan, outbox, link, log, clock = systemClock } = options;
    this.#options = options;
    this.#clock = clock;
    this.#plan = plan;
    this.graph = new ResourceGraph({
      clock,
      onProblem: (error) => log.error({ error: error.message }, 'a listener of the resources failed'),
    });
    this.#own = new OwnResources({ graph: this.graph, log, clock, changed: () => options.changed() });
    this.#parts = new LinkResources({
      graph: this.graph,
      call: (part, request) => link.call(part, request),
      remoteOf: (part) => remoteOf(this.#plan, part)?.name,
      failed: (part, error) =>
        log.debug({ part, error: error.message }, 'a part did not say which resources it has'),
      clock,
    });
    this.#machines = new DialledMachines({ graph: this.graph, log, clock });
    const counter = (link.known.get(main)?.boot.counter ?? 0) + 1;
    const boot = { counter, random: randomBytes(4).readUInt32LE() };
    this.#capture = new MainCapture({
      main,
      boot,
      graph: this.graph,
      outbox,
      clock,
      log,
      forgotten: (stream) => {
        if (this.#state) link.forgetLocal(this.#state, stream);
      },
    });
    this.#follow();
    if (link.known.has(main)) this.#appear();
  }

  /** What is wrong with its own resources, the machines that it dials, and its collectors. */
  get problems(): Problem[] {
    return [...this.#own.problems, ...this.#machines.problems, ...this.#problems];
  }

  /** Takes a plan; resolves when its own resources are built or have failed. */
  async configure(plan: MachinePlan): Promise<void> {
    this.#plan = plan;
    const { dataManager, resources } = plan;
    const { collectors, paths } = allCollectors(plan);
    this.#machines.configure(plan.remotes);
    this.#capture.configure(dataManager.syncInterval);
    for (const state of this.#options.link.known.values()) this.#parts.told(state);
    await this.#own.apply(resources);
    this.#problems = this.#capture.apply(collectors).map(
      ({ index, message }): Problem => ({
        severity: 'error',
        code: 'no-source',
        path: paths[index] ?? '$',
        message,
      }),
    );
    if (collectors.length > 0) this.#appear();
    this.#options.changed();
  }

  /** There is another outbox behind the one that it was given: what that one did not make durable goes to this one. */
  moved(): void {
    this.#capture.moved();
  }

  /** Its streams, when the boot is its own. */
  declared(part: string): ReadonlyMap<number, Declared> | undefined {
    return part === this.#options.main && this.#state ? this.#capture.declared : undefined;
  }

  /** Closes every open block; resolves when what was captured is durable, within a bounded time. */
  seal(): Promise<void> {
    return this.#capture.seal(sealPatience);
  }

  /** Ends all capture; what was captured is durable, within a bounded time. */
  async close(): Promise<void> {
    this.#cancelReport?.();
    const isDelivered = await this.#capture.close();
    this.#report();
    const { outbox, main } = this.#options;
    // Nothing of this boot is lost: the next one need not settle it.
    if (isDelivered && this.#state) await outbox.prune(main, []);
    for (const end of this.#ends) end();
    this.#machines.close();
    await this.#own.close();
  }

  #follow(): void {
    const { link, outbox } = this.#options;
    const capture = this.#capture;
    this.#ends.push(
      link.events.on('changed', (state) => this.#parts.told(state)),
      outbox.events.on('durable', ({ states }) => capture.durable(states)),
      outbox.events.on('failed', () => capture.failed()),
      outbox.events.on('relieved', () => capture.relieved()),
    );
  }

  /** From now on it is a part among the parts. */
  #appear(): void {
    if (this.#state) return;
    const { link, main } = this.#options;
    this.#state = link.openLocal(main, {
      boot: this.#capture.boot,
      clock: { offset: this.#capture.offset, source: 'gateway', roundTrip: 0 },
      remote: 'this machine',
      firmware: `node ${process.versions.node}`,
      chip: process.arch,
    });
    this.#reportLater();
  }

  #reportLater(): void {
    const delay = Math.max(reportEvery, reportShare * this.#capture.declared.size);
    this.#cancelReport = this.#clock.after(delay, () => {
      this.#report();
      this.#reportLater();
    });
  }

  #report(): void {
    if (!this.#state) return;
    const { streams, losses, details } = statusOf(this.#capture);
    const status = { streams, losses, ledger: true, details };
    this.#options.link.toldLocal(this.#state, status, failuresOf(this.#capture));
  }
}

/** Those of its own resources, then of the Viam machines that it dials; with the place of each. */
function allCollectors({ collectors, paths, remotes }: MachinePlan) {
  const dialled = remotes.filter(({ dial }) => dial);
  return {
    collectors: [...collectors, ...dialled.flatMap((remote) => remote.collectors)],
    paths: [...paths, ...dialled.flatMap((remote) => remote.collectors.map(() => remote.path))],
  };
}
