/**
 * One timer for everything that the main part captures.
 *
 * What comes in: collectors. What goes out: ticks at their time. What holds: a tick is on the exact grid of its rate, as on
 * a device (modules/capture); after a stall each collector has one late tick, the rest are counted as missed.
 */
import type { Clock } from '@sluice/common/clock';
import { Grid, type Period } from '../../modules/capture/grid';
import { choosePhase } from '../../modules/capture/phase';
import { greatestCommonDivisor } from '../../modules/config/plan';
import type { Collector } from './collector';

/** Who is asked on one grid. */
interface RateGroup {
  readonly grid: Grid;
  readonly collectors: Set<Collector>;
}

/** ms between two looks at reads that hang. */
const expireEvery = 500;

export class Scheduler {
  readonly #clock: Clock;
  readonly #now: () => number;
  readonly #groups = new Map<string, RateGroup>();
  #cancel: (() => void) | undefined;
  #armed = Number.POSITIVE_INFINITY;
  #expireAt = 0;

  /** @param now whole monotonic ms since the boot */
  constructor(clock: Clock, now: () => number) {
    this.#clock = clock;
    this.#now = now;
  }

  /** The grid on which collectors of this period run; made when there is none. */
  gridOf(period: Period): Grid {
    return this.#groupOf(period).grid;
  }

  /** Runs a collector from the next tick of its grid on. */
  add(collector: Collector, period: Period): void {
    this.#groupOf(period).collectors.add(collector);
    this.#arm();
  }

  remove(collector: Collector): void {
    for (const [key, { collectors }] of this.#groups) {
      if (collectors.delete(collector) && collectors.size === 0) this.#groups.delete(key);
    }
    this.#arm();
  }

  close(): void {
    this.#groups.clear();
    this.#arm();
  }

  #groupOf({ numerator, denominator }: Period): RateGroup {
    const divisor = greatestCommonDivisor(numerator, denominator);
    const key = `${numerator / divisor}/${denominator / divisor}`;
    const known = this.#groups.get(key);
    if (known) return known;
    const now = this.#now();
    const period = { numerator: numerator / divisor, denominator: denominator / divisor };
    const others = [...this.#groups.values()].map(({ grid }) => grid);
    const group = {
      grid: new Grid(period, now + choosePhase(others, period, now)),
      collectors: new Set<Collector>(),
    };
    this.#groups.set(key, group);
    return group;
  }

  #wake(): void {
    this.#armed = Number.POSITIVE_INFINITY;
    const now = this.#now();
    for (const group of this.#groups.values()) if (group.grid.due <= now) run(group, this.#now());
    if (now >= this.#expireAt) {
      this.#expireAt = now + expireEvery;
      for (const { collectors } of this.#groups.values())
        for (const collector of collectors) collector.expire(now);
    }
    this.#arm();
  }

  #arm(): void {
    let next = this.#groups.size > 0 ? this.#expireAt : Number.POSITIVE_INFINITY;
    for (const { grid } of this.#groups.values()) if (grid.due < next) next = grid.due;
    if (next === this.#armed) return;
    this.#armed = next;
    this.#cancel?.();
    this.#cancel = undefined;
    if (next === Number.POSITIVE_INFINITY) return;
    this.#cancel = this.#clock.after(Math.max(1, next - this.#now()), () => this.#wake());
  }
}

/** The tick at hand, for all of a rate: they are asked in the same millisecond. */
function run({ grid, collectors }: RateGroup, now: number): void {
  const skipped = grid.skip(now);
  const tick = { ordinal: grid.ordinal, due: grid.due, requested: now };
  // Those that come by what a tick does run from the next one on.
  for (const collector of [...collectors]) collector.tick(skipped, tick);
  grid.advance();
}
