/**
 * Everything that is captured on this device.
 *
 * In: collector plans and where their sources are. Out: `streams`, with their rings, for whoever delivers them.
 * Holds: a plan that did not change goes on untouched; one that cannot run is a problem by its path and stops no
 * other; one whose resource is absent waits for it; what a removed stream still holds is handed over.
 */
import { releaseShared } from '../block/integer-encoder';
import { newEncoder } from '../block/new-encoder';
import type { BootId } from '../block/types';
import { findMethodOf } from '../config/methods';
import { type CapturePlan, type CollectorPlan, isSameCapture, isSameIdentity } from '../config/plan';
import { type Problem, Problems } from '../config/problems';
import { ResourceAbsent } from '../resources/absent-resource';
import type { Source } from '../resources/source';
import type { FlashLog } from '../ring/flash-log';
import { leastTarget, type Ring } from '../ring/ring';
import { Collector, periodRun, type Stream } from './collector';
import { Scheduler, type SchedulerOptions } from './scheduler';

/** Ended streams that are still listed at most, so that their last counts can be read. */
const mostEnded = 8;

export interface CaptureOptions extends Pick<SchedulerOptions, 'clock' | 'timer' | 'failed'> {
  boot: BootId;
  log: FlashLog;
}

/** @throws ResourceAbsent when the resource may come yet, another Error when it has no such source */
export type FindSource = (plan: CollectorPlan) => Source;

/** A plan whose resource is absent, and where it stands. */
interface Waiting {
  readonly plan: CollectorPlan;
  readonly path: string;
}

export class Capture {
  private readonly boot: BootId;
  private readonly log: FlashLog;
  private readonly scheduler: Scheduler;
  /** Removed or changed: their rings are closed but may still hold blocks. */
  private ended: Collector[] = [];
  private nextStream = 0;
  /** There only while a resource is absent. */
  declare private waiting?: Waiting[];

  constructor({ clock, timer, failed, boot, log }: CaptureOptions) {
    this.boot = boot;
    this.log = log;
    this.scheduler = new Scheduler({ clock, timer, failed, flash: log });
  }

  /** Those that run and those that ended but are not delivered yet, in order of their numbers. */
  get streams(): readonly Stream[] {
    return [...this.ended, ...this.running].sort((a, b) => a.number - b.number);
  }

  /** The one of them with the least number above this. Without a list of them: it is asked for in the middle of an answer. */
  streamAfter(number: number): Stream | undefined {
    let next = nearest(this.ended, number, undefined);
    for (const { collectors } of this.scheduler.groups) next = nearest(collectors, number, next);
    return next;
  }

  /** Of those that ended and are still listed. */
  get endedCount(): number {
    return this.ended.length;
  }

  /** How many of those that run these plans would end. @param stays whether a resource, by its name, is left alone */
  endsBy(plans: readonly CollectorPlan[], stays: (resource: string) => boolean): number {
    let count = 0;
    for (const { collectors } of this.scheduler.groups)
      for (const { plan } of collectors) if (!plans.includes(plan) || !stays(plan.identity.resource)) count++;
    return count;
  }

  private get running(): Collector[] {
    return this.scheduler.collectors;
  }

  /** The plan of a stream that runs, when it is the same. */
  same(wanted: CollectorPlan): CollectorPlan | undefined {
    for (const { collectors } of this.scheduler.groups)
      for (const { plan } of collectors) if (isSame(plan, wanted) && isSameCapture(plan, wanted)) return plan;
    return undefined;
  }

  /** ms by which the next reading is overdue; 0 when none is. */
  get overdue(): number {
    return this.scheduler.overdue;
  }

  /** Whether a block is not delivered yet. */
  get backlog(): boolean {
    return this.streams.some(({ ring }) => ring.oldest < ring.next);
  }

  /** Whether a reading is still on the device. */
  get holds(): boolean {
    const holds = ({ encoder, ring }: Stream) => encoder.held > 0 || ring.oldest < ring.next;
    return this.streams.some(holds);
  }

  /**
   * Makes the running collectors those of the plans. For those that go on `find` is not asked.
   * @param rebuilt names of resources whose drivers were built anew, so that their sources are no longer good
   */
  apply(
    { collectors, paths }: CapturePlan,
    find: FindSource,
    rebuilt: ReadonlySet<string> = new Set(),
  ): Problem[] {
    const problems = new Problems();
    for (const collector of this.running) {
      const { plan } = collector;
      const wanted = collectors.find((other) => isSame(other, plan));
      if (!wanted || rebuilt.has(plan.identity.resource) || !isSameCapture(wanted, plan)) this.end(collector);
    }
    if (this.waiting) this.waiting = undefined;
    const { running } = this;
    collectors.forEach((plan, index) => {
      if (!running.some((collector) => isSame(collector.plan, plan)))
        this.begin(plan, paths.at(index) ?? '$', find, problems);
    });
    this.forget();
    return problems.list;
  }

  /** Begins those whose resources were absent, and are not any more. */
  resume(find: FindSource): Problem[] {
    const problems = new Problems();
    const { waiting = [] } = this;
    this.waiting = undefined;
    for (const { plan, path } of waiting) this.begin(plan, path, find, problems);
    return problems.list;
  }

  /** Lets go of memory that the next encoding takes again: for whoever needs it for a moment. */
  release(): void {
    releaseShared();
  }

  /**
   * Closes every open block that is not empty, one a turn so that no tick waits long; then calls `done`.
   * @param sparing leaves open what would fill the index of its ring with short blocks
   */
  seal(done?: () => void, sparing = false): void {
    this.forget();
    this.scheduler.seal(sparing ? this.running.filter(isShortWelcome) : this.running, done);
  }

  /** Stops; what is staged is sealed into the rings. */
  close(): void {
    for (const collector of this.running) this.end(collector);
    this.scheduler.close();
  }

  private begin(plan: CollectorPlan, path: string, find: FindSource, problems: Problems): void {
    let source: Source | undefined;
    try {
      source = find(plan);
    } catch (error) {
      if (!(error instanceof ResourceAbsent)) problems.error('no-source', path, messageOf(error));
      else if (this.waiting) this.waiting.push({ plan, path });
      else this.waiting = [{ plan, path }];
      return;
    }
    const { resource, method } = plan.identity;
    if (source.kind !== findMethodOf(resource, method)?.kind) {
      problems.error(
        'no-source',
        path,
        `the driver gives ${source.kind} readings, which ${method} does not have`,
      );
      return;
    }
    const number = this.nextStream;
    let ring: Ring | undefined;
    try {
      ring = this.log.openRing({ stream: number, quota: plan.quota });
      this.nextStream++;
      const period = this.scheduler.periodOf(periodRun(plan));
      const encoder = newEncoder(source.kind, {
        boot: this.boot,
        stream: number,
        period,
        target: this.targetOf(plan, source),
        sink: ring,
      });
      const collector = new Collector(plan, source, encoder, ring);
      this.scheduler.add(collector, period);
    } catch (error) {
      ring?.close('discard');
      problems.error('build-failed', path, messageOf(error));
    }
  }

  /**
   * Bytes of a full block. A sync seals all open blocks before it sends them: without flash they must have room in RAM
   * at once, but a record that a smaller block does not hold would be refused.
   */
  private targetOf({ target }: CollectorPlan, { kind }: Source): number {
    return this.log.inRam && kind !== 'record' ? Math.min(leastTarget, target) : target;
  }

  private end(collector: Collector): void {
    this.scheduler.remove(collector);
    collector.encoder.seal();
    collector.retire();
    collector.ring.close('handover');
    this.ended.push(collector);
  }

  /** Lets go of ended streams: those delivered long enough ago to have been reported, the oldest first. */
  private forget(): void {
    const { ended } = this;
    let surplus = ended.length - mostEnded;
    if (surplus <= 0) return;
    this.ended = ended.filter(({ ring }) => ring.oldest < ring.next || surplus-- <= 0);
  }
}

/** Whether two plans are of the same stream. */
function isSame(a: CollectorPlan, b: CollectorPlan): boolean {
  return a === b || isSameIdentity(a.identity, b.identity);
}

/** The one with the least number above this, of these and `found`. */
function nearest(
  collectors: readonly Collector[],
  above: number,
  found: Collector | undefined,
): Collector | undefined {
  let next = found;
  for (let index = 0; index < collectors.length; index++) {
    const collector = collectors[index]!;
    const { number } = collector;
    if (number > above && (next === undefined || number < next.number)) next = collector;
  }
  return next;
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function isShortWelcome({ ring }: Collector): boolean {
  return ring.hasRoomForShort;
}
