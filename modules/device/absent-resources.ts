/**
 * Tries again what could not be built: a chip, a bus, a driver, and what depends on them.
 *
 * In: the resources that are absent. Out: each that comes, told at once. Holds: one try a turn of the event loop, so that
 * no reading waits for several; pauses of 1 s that double up to a minute, and begin anew when one came.
 */
import type Timer from 'timer';
import { CallError } from '../../proto/call-error';
import { resourceName } from '../config/plan';
import { type Problem, Problems } from '../config/problems';
import type { AbsentResource } from '../resources/absent-resource';
import type { ResourceSet } from '../resources/resource-set';

/** ms until the first try, and between two at most. */
const firstPause = 1_000;
const longestPause = 60_000;

export interface AbsentResourcesOptions {
  timer: Pick<typeof Timer, 'set' | 'clear'>;
  clock: { now(): number };
  resources: ResourceSet;
  /** They are there now, with these problems of their attributes. Called from a timer. */
  came(names: string[], problems: Problem[]): void;
}

/** As a status tells it. */
export interface AbsentStatus {
  resource: string;
  why: string;
}

export class AbsentResources {
  private readonly options: AbsentResourcesOptions;
  private timer: Timer | undefined;
  private pause = firstPause;
  /** Of the next one to be tried in this round. */
  private index = 0;
  private found = new Problems();
  /** Those that came and are not told yet. */
  private names: string[] = [];
  /** Monotonic ms of the next try. */
  private next = 0;

  constructor(options: AbsentResourcesOptions) {
    this.options = options;
    this.schedule(firstPause);
  }

  /** What is absent, and in how many ms that is tried again. */
  get status(): { resources: AbsentStatus[]; next_try: number } {
    const { resources, clock } = this.options;
    return {
      resources: (resources.absent ?? []).map(({ plan: { api, name }, fault }) => ({
        resource: resourceName(api, name),
        why: fault.message,
      })),
      next_try: Math.max(0, this.next - clock.now()),
    };
  }

  /**
   * Tries one at once because it is asked for, after those before it, on which it may depend.
   * @throws CallError when it is absent still
   */
  demand(name: string): void {
    const { resources } = this.options;
    const wanted = resources.absentOf(name);
    if (!wanted) return;
    for (const absent of resources.absent!.slice()) {
      this.retry(absent);
      if (absent === wanted) break;
    }
    // The collectors begin in a turn of their own: the call has its own need of stack.
    if (this.names.length > 0) this.schedule(0);
    const left = resources.absentOf(name);
    if (left && !left.entry) throw new CallError('failed', `absent: ${left.fault.message}`);
  }

  close(): void {
    if (this.timer !== undefined) this.options.timer.clear(this.timer);
    this.timer = undefined;
  }

  private schedule(ms: number): void {
    const { timer, clock } = this.options;
    this.close();
    this.next = clock.now() + ms;
    this.timer = timer.set(() => this.step(), ms);
  }

  private step(): void {
    this.timer = undefined;
    const { absent } = this.options.resources;
    if (this.names.length > 0) {
      if (absent) this.schedule(0);
      this.tell();
    } else if (!absent || this.index >= absent.length) {
      this.index = 0;
      this.schedule(this.pause);
      this.pause = Math.min(2 * this.pause, longestPause);
    } else {
      if (!this.retry(absent[this.index]!)) this.index++;
      this.schedule(0);
    }
  }

  private retry(absent: AbsentResource): boolean {
    const { name } = absent.plan;
    const there = this.options.resources.retry(absent, this.found);
    if (there) this.names.push(name);
    return there;
  }

  private tell(): void {
    const { names, found } = this;
    this.names = [];
    this.found = new Problems();
    this.pause = firstPause;
    this.options.came(names, found.list);
  }
}
