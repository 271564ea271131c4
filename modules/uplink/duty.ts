/**
 * The radio's hours, with `radio: "duty"`: on for syncs only.
 *
 * In: when a sync is due, how full the rings are, that a sync is complete. Out: a network that is woken and laid to
 * rest. Holds: capture goes on meanwhile; a wake that reaches nobody ends after `longest`, and the next comes when a
 * sync is due, never before `pause` has passed.
 */
import Timer from 'timer';
import { type DutyPlan, isSynced } from '../config/plan';
import type { LinkSession } from './link-session';
import type { UplinkHost } from './uplink-host';

/** ms between two looks. */
const period = 500;
/** ms for which the radio stays on after a sync: the report, calls and another configuration pass meanwhile. */
const linger = 1_500;
/** ms after which a wake is given up. */
const longest = 60_000;
/** ms that the radio is off at least after a wake that reached nobody. */
const pause = 300_000;

export class Duty {
  /** Monotonic ms of the next wake while the radio is off. */
  asleepUntil: number | undefined;
  private readonly host: UplinkHost;
  private readonly plan: DutyPlan;
  private readonly interval: number;
  private readonly session: () => LinkSession | undefined;
  private readonly timer: Timer;
  /** Monotonic ms: when the next sync is due, when this wake ends, before when no ring wakes. */
  private due: number;
  private end: number;
  private notBefore = 0;
  private complete = false;
  /** Whether the part has said that it leaves. */
  private told = false;

  /** @param interval ms between two syncs @param session the one at hand, if any */
  constructor(host: UplinkHost, plan: DutyPlan, interval: number, session: () => LinkSession | undefined) {
    this.host = host;
    this.session = session;
    this.plan = plan;
    this.interval = interval;
    const now = host.clock.now();
    this.due = now + interval;
    this.end = now + longest;
    this.timer = Timer.repeat(() => this.look(), period);
  }

  /** No session is wanted. */
  get leaves(): boolean {
    return this.told;
  }

  /** A sync is complete. */
  synced(): void {
    if (this.asleepUntil !== undefined || this.complete) return;
    this.complete = true;
    this.end = this.host.clock.now() + linger;
  }

  /** Something was delivered: more may follow. */
  progressed(): void {
    if (!this.complete) this.end = this.host.clock.now() + longest;
  }

  /** Somebody wants the network now. */
  wake(): void {
    const now = this.host.clock.now();
    this.complete = this.told = false;
    this.end = now + longest;
    // On the grid that began with the plan.
    while (this.due <= now) this.due += this.interval;
    if (this.asleepUntil === undefined) return;
    this.asleepUntil = undefined;
    this.host.network.wake();
  }

  /** The radio is on from now on, as without this. */
  close(): void {
    Timer.clear(this.timer);
    this.wake();
  }

  private look(): void {
    const now = this.host.clock.now();
    if (this.asleepUntil !== undefined) {
      if (now >= this.due || (now >= this.notBefore && this.fullest > this.plan.share)) this.wake();
    } else if (now >= this.end) this.rest(now);
  }

  private rest(now: number): void {
    const session = this.session();
    while (this.due <= now) this.due += this.interval;
    // A look later each: what was said goes out, so does the end of the connection.
    if (session?.state === 'open' && !this.told) {
      this.told = true;
      session.sendRest('asleep', this.due - now);
      return;
    }
    if (session !== undefined) {
      this.told = true;
      session.close('the radio rests');
      return;
    }
    if (!this.complete) this.notBefore = now + pause;
    this.asleepUntil = this.due;
    this.host.network.rest();
  }

  /** Of the rings that still fill and that a sync empties, the largest share of its quota that one holds. */
  private get fullest(): number {
    const { capture, sync } = this.host;
    let most = 0;
    for (const { plan, ring } of capture.streams)
      if (!ring.closed && isSynced(sync, plan)) most = Math.max(most, ring.bytes / ring.quota);
    return most;
  }
}
