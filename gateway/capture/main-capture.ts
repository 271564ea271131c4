/**
 * Everything that is captured on the main part.
 *
 * What comes in: collector plans, the graph that they read from. What goes out: blocks and files in the outbox; for the
 * page, what a part says of its streams. What holds: a plan that did not change goes on untouched; what a collector that
 * was taken away still holds is delivered; one that fails stops no other.
 */
import type { Clock } from '@sluice/common/clock';
import type { Logger } from 'pino';
import type { CaptureFileMetadata } from '../../modules/block/file';
import type { BootId, Period } from '../../modules/block/types';
import type { ReadingRange } from '../../modules/config/methods';
import { type CollectorPlan, identityKey, isSameCapture, periodOf } from '../../modules/config/plan';
import type { Collector as Collected } from '../outbox/account';
import type { Outbox } from '../outbox/outbox';
import type { StreamState } from '../outbox/streams';
import { findCaptured } from '../resources/methods';
import { apiOf } from '../resources/resource';
import type { ResourceGraph } from '../resources/resource-graph';
import { BinaryCollector } from './binary-collector';
import { type BinaryStore, binaryStore } from './binary-store';
import type { Collector, CollectorCounts } from './collector';
import { Delivery } from './delivery';
import { OwnStream } from './own-stream';
import { Scheduler } from './scheduler';
import { TabularCollector } from './tabular-collector';

export interface MainCaptureOptions {
  /** The main part's name. */
  main: string;
  boot: BootId;
  graph: ResourceGraph;
  outbox: Pick<Outbox, 'declare' | 'append' | 'skip' | 'binary' | 'collectorOf'>;
  clock: Clock;
  log: Logger;
  /** A stream has ended, and all of it is durable. */
  forgotten(stream: number): void;
}

/** What of a plan cannot be captured here, by its place in the list. */
export interface CaptureProblem {
  index: number;
  message: string;
}

/** What the page shows of a stream, or of a collector of files. */
export interface Declared {
  readonly metadata: CaptureFileMetadata;
  /** Where its readings have gone. */
  readonly collector: Collected;
}

/** ms of an open block at most: what a crash of this process costs. */
const longestOpen = 6_000;
/** ms by which the wall clock may wander before it is followed: it is read in steps. */
const clockSteps = 20;
/** Bytes of blocks of one stream that wait for the outbox, at least. */
const leastQuota = 262_144;
/** Open blocks that are sealed in one turn of the event loop. */
const sealedAtOnce = 64;

export class MainCapture {
  readonly #options: MainCaptureOptions;
  readonly #scheduler: Scheduler;
  readonly #delivery: Delivery;
  readonly #store: BinaryStore;
  readonly #collectors = new Map<string, Collector>();
  readonly #declared = new Map<number, Declared>();
  readonly #ended = new Map<OwnStream, CollectorCounts>();
  readonly #origin: number;
  #offset: number;
  #nextStream = 0;
  #sealEvery = longestOpen;
  #cancelSeal: (() => void) | undefined;

  constructor(options: MainCaptureOptions) {
    const { clock, main, outbox } = options;
    this.#options = options;
    this.#origin = clock.now();
    this.#offset = clock.wall();
    this.#scheduler = new Scheduler(clock, () => this.now);
    const offset = () => this.offset;
    this.#delivery = new Delivery({ outbox, clock, offset });
    this.#store = binaryStore({ main, offset, outbox });
    this.#sealLater();
  }

  /** Whole monotonic ms since the boot. */
  get now(): number {
    return Math.floor(this.#options.clock.now() - this.#origin);
  }

  /** Wall ms at the boot, as the clock has it now. */
  get offset(): number {
    const now = Math.round(this.#options.clock.wall() - (this.#options.clock.now() - this.#origin));
    if (Math.abs(now - this.#offset) > clockSteps) this.#offset = now;
    return this.#offset;
  }

  get boot(): BootId {
    return this.#options.boot;
  }

  /** By number: streams and collectors of files, those that have ended included while they hold anything. */
  get declared(): ReadonlyMap<number, Declared> {
    return this.#declared;
  }

  get collectors(): Iterable<Collector> {
    return this.#collectors.values();
  }

  /** Streams that have ended and are not delivered yet, with the last counts of their collectors. */
  get ended(): Iterable<[OwnStream, CollectorCounts]> {
    return this.#ended;
  }

  /** @param interval ms between two syncs: open blocks are closed as often, or each 6 s */
  configure(interval: number): void {
    this.#sealEvery = Math.max(1_000, Math.min(longestOpen, interval));
    this.#cancelSeal?.();
    this.#sealLater();
  }

  /** Makes the running collectors those of the plans. */
  apply(plans: readonly CollectorPlan[]): CaptureProblem[] {
    const problems: CaptureProblem[] = [];
    const wanted = new Map(plans.map((plan) => [identityKey(plan.identity), plan]));
    for (const [key, collector] of this.#collectors) {
      const plan = wanted.get(key);
      if (plan === undefined || !isSameCapture(plan, collector.plan)) this.#end(key, collector);
    }
    plans.forEach((plan, index) => {
      const key = identityKey(plan.identity);
      if (this.#collectors.has(key)) return;
      try {
        this.#begin(key, plan);
      } catch (error) {
        problems.push({ index, message: (error as Error).message });
      }
    });
    return problems;
  }

  /** The outbox tells; see its events. */
  durable(states: Iterable<StreamState>): void {
    this.#delivery.durable(states);
    for (const stream of this.#ended.keys()) if (!stream.isHolding) this.#forget(stream);
  }

  failed(): void {
    this.#delivery.failed();
  }

  relieved(): void {
    this.#delivery.relieved();
  }

  /** The outbox has become another one: streams are its from now on. */
  moved(): void {
    const states = this.#delivery.moved();
    for (const [number, { metadata }] of this.#declared) {
      const state = states.get(number);
      this.#declared.set(
        number,
        state ?? { metadata, collector: this.#options.outbox.collectorOf(metadata) },
      );
    }
  }

  /** Closes every open block. Resolves when all is durable, or after `patience` ms. */
  async seal(patience = 0): Promise<void> {
    let sealed = 0;
    for (const collector of [...this.#collectors.values()]) {
      if (!(collector instanceof TabularCollector)) continue;
      collector.stream?.seal();
      if (++sealed % sealedAtOnce === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    if (patience > 0) await this.#delivery.settled(patience);
  }

  /**
   * Captures no more; resolves when what was captured is durable, or after `patience` ms. Its figures stay.
   * @returns whether all is durable
   */
  async close(patience = 5_000): Promise<boolean> {
    this.#cancelSeal?.();
    this.#scheduler.close();
    for (const collector of this.#collectors.values()) collector.halt();
    await Promise.all([this.seal(patience), this.#filesStored(patience)]);
    this.#delivery.close();
    return !this.#delivery.isHolding;
  }

  /** Resolves when the files of every reading are durable, or after `patience` ms. */
  #filesStored(patience: number): Promise<void> {
    const storing = [...this.#collectors.values()].map((collector) =>
      collector instanceof BinaryCollector ? collector.stored : undefined,
    );
    return new Promise((resolve) => {
      const cancel = this.#options.clock.after(patience, resolve);
      void Promise.all(storing).then(() => {
        cancel();
        resolve();
      });
    });
  }

  #begin(key: string, plan: CollectorPlan): void {
    const { graph, log } = this.#options;
    const { resource, method, parameters } = plan.identity;
    const found = findCaptured(apiOf(resource), method);
    if (!found) throw new Error(`${method} of ${resource} cannot be captured here`);
    const { captured } = found;
    const period = periodRun(plan);
    const grid = this.#scheduler.gridOf(period);
    const request = captured.request(parameters);
    const told = { resource, method, parameters };
    const common = {
      plan,
      captured,
      graph,
      resource,
      method: found.method,
      request,
      now: () => this.now,
      tell: (message: string, repeated: number) =>
        log.warn({ ...told, repeated }, `not captured: ${message}`),
    };
    const collector =
      captured.kind === 'binary'
        ? this.#openBinary(
            plan,
            period,
            (number) => new BinaryCollector({ ...common, number, store: this.#store }),
          )
        : new TabularCollector({
            ...common,
            open: (range) => this.#openStream(plan, captured.kind, period, grid.origin, range),
            ended: (stream, counts) => this.#endStream(stream, counts),
          });
    this.#collectors.set(key, collector);
    this.#scheduler.add(collector, period);
  }

  #end(key: string, collector: Collector): void {
    this.#collectors.delete(key);
    this.#scheduler.remove(collector);
    collector.close();
    if (collector instanceof BinaryCollector) this.#declared.delete(collector.number);
  }

  #openBinary(
    plan: CollectorPlan,
    period: Period,
    make: (number: number) => BinaryCollector,
  ): BinaryCollector {
    const number = this.#nextStream++;
    // The page knows rows by a kind; of files it shows how many there are.
    const metadata = this.#metadata(plan, number, 'record', period, undefined);
    this.#declared.set(number, { metadata, collector: this.#options.outbox.collectorOf(metadata) });
    return make(number);
  }

  #openStream(
    plan: CollectorPlan,
    kind: string,
    period: Period,
    origin: number,
    range: ReadingRange | undefined,
  ): OwnStream {
    const number = this.#nextStream++;
    const stream = new OwnStream({
      metadata: this.#metadata(plan, number, kind as CaptureFileMetadata['kind'], period, range),
      quota: Math.max(leastQuota, plan.quota),
      origin,
      complete: (each) => this.#delivery.push(each),
    });
    this.#declared.set(number, this.#delivery.begin(stream));
    return stream;
  }

  #endStream(stream: OwnStream, counts: CollectorCounts): void {
    stream.seal();
    stream.hasEnded = true;
    this.#delivery.ended(stream);
    if (stream.isHolding) this.#ended.set(stream, counts);
    else this.#forget(stream);
  }

  #forget(stream: OwnStream): void {
    const { stream: number } = stream.metadata;
    this.#ended.delete(stream);
    this.#declared.delete(number);
    this.#options.forgotten(number);
  }

  #metadata(
    { identity, tags, retention }: CollectorPlan,
    stream: number,
    kind: CaptureFileMetadata['kind'],
    period: Period,
    range: ReadingRange | undefined,
  ): CaptureFileMetadata {
    const { owner, resource, method, parameters } = identity;
    const { main: part, boot } = this.#options;
    return {
      part,
      boot,
      stream,
      owner,
      resource,
      method,
      parameters,
      kind,
      period,
      ...(range ? { range } : {}),
      tags,
      ...(retention ? { retention } : {}),
    };
  }

  #sealLater(): void {
    this.#cancelSeal = this.#options.clock.after(this.#sealEvery, () => {
      this.#sealLater();
      void this.seal();
    });
  }
}

/** The timer has whole milliseconds: what is asked beyond counts as missed. */
function periodRun({ frequency }: CollectorPlan): Period {
  const asked = periodOf(frequency);
  return asked.numerator < asked.denominator ? { numerator: 1, denominator: 1 } : asked;
}
