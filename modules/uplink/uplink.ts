/**
 * The uplink to a gateway: when to dial, when to sync.
 *
 * In: the network's state, the sync plan, rings. Out: sessions. Holds: at most one session; a failure is followed
 * by a wait that grows to an hour, and by a fresh start when the network changes.
 */

import config from 'mc/config';
import Timer from 'timer';
import type { SyncPlan } from '../config/plan';
import type { UplinkControl, UplinkHost } from '../device/uplink-host';
import { Backoff } from './backoff';
import { deliverables } from './reports';
import { Secret } from './secret';
import { newFrame, Session } from './session';
import { type Address, AddressError, parseAddress } from './transport';

/** ms between two statuses, and two with ledger and details. */
const statusPeriod = 60_000;
const ledgerPeriod = 300_000;

export class Uplink implements UplinkControl {
  /** Why the last session ended. */
  lastEnd = '';
  /** Monotonic ms of the next attempt, while one is planned. */
  nextAttempt: number | undefined;
  /** Syncs that were completed. */
  syncs = 0;
  private readonly host: UplinkHost;
  private readonly backoff: Backoff;
  private readonly frame = newFrame();
  private readonly address: Address | undefined;
  private readonly secret: Secret | undefined;
  private session: Session | undefined;
  private retry: Timer | undefined;
  private interval: Timer | undefined;
  private demanded = false;
  private syncing = false;
  private statusAt = Number.NEGATIVE_INFINITY;
  private ledgerAt = Number.NEGATIVE_INFINITY;
  private ledgerCount = -1;
  private closed = false;

  constructor(host: UplinkHost) {
    this.host = host;
    this.backoff = new Backoff(Math.random);
    const { settings, log } = host;
    if (settings.gateway === undefined || settings.secret === undefined) {
      log.warning(
        `no ${settings.gateway === undefined ? 'gateway' : 'secret'} is set: readings stay on the device`,
      );
      return;
    }
    try {
      this.address = parseAddress(settings.gateway, config.insecure === true);
      this.secret = new Secret(settings.secret);
      if (!this.address.secure) log.warning('the link to the gateway is not encrypted');
    } catch (error) {
      if (!(error instanceof AddressError)) throw error;
      log.error(error.message);
    }
  }

  start(): void {
    if (this.address === undefined) return;
    const { host } = this;
    host.network.onChanged((up) => this.onNetwork(up));
    host.onSync((plan) => this.onPlan(plan));
    host.clock.onWall(() => this.session?.sendClock());
    this.onPlan(host.sync);
    if (host.network.up) this.dial();
  }

  /** On demand: everything there is, also of streams whose sync is disabled. */
  sync(): void {
    this.demanded = true;
    if (this.session?.state === 'open') this.begin();
    else if (this.host.network.up && this.session === undefined) this.dial();
  }

  close(): void {
    this.closed = true;
    this.stopRetry();
    if (this.interval !== undefined) Timer.clear(this.interval);
    this.session?.close('closed');
  }

  private onNetwork(up: boolean): void {
    this.backoff.reset();
    this.stopRetry();
    if (!up) this.session?.close('the network is down');
    else if (this.session === undefined) this.dial();
  }

  private onPlan(plan: SyncPlan): void {
    if (this.interval !== undefined) Timer.clear(this.interval);
    const period = Math.max(100, Math.min(plan.interval, 0x7fffffff));
    this.interval = Timer.repeat(() => this.tick(), Math.round(period));
    if (this.session?.state === 'open') this.begin();
  }

  private tick(): void {
    if (this.session?.state === 'open') this.begin();
  }

  private dial(): void {
    if (this.closed || this.session !== undefined) return;
    this.stopRetry();
    const { host, address, secret, frame } = this;
    if (address === undefined || secret === undefined) return;
    try {
      this.session = new Session({
        host,
        secret,
        address,
        frame,
        opened: () => this.opened(),
        progressed: () => this.progressed(),
        ended: (reason, retry) => this.ended(reason, retry),
      });
    } catch (error) {
      this.ended(error instanceof Error ? error.message : String(error), 0);
    }
  }

  private opened(): void {
    this.host.log.info('connected to the gateway');
    this.ledgerCount = -1;
    this.report();
    this.begin();
  }

  /** Begins a sync, or takes a running one further. */
  private begin(): void {
    const { host } = this;
    if (this.syncing) {
      this.aim();
      return;
    }
    this.syncing = true;
    host.capture.seal(() => this.aim());
  }

  private aim(): void {
    const { session, host } = this;
    if (session?.state !== 'open') return;
    const { demanded } = this;
    const { disabled } = host.sync;
    session.cursors.update(deliverables(host));
    session.cursors.aim(
      ({ declaration: { plan } }) => demanded || !disabled || plan.identity.owner === 'main',
    );
    session.soon();
    this.progressed();
  }

  private progressed(): void {
    if (!this.syncing || !this.session?.cursors.done) return;
    this.syncing = false;
    this.demanded = false;
    this.syncs++;
    this.backoff.reset();
    this.report();
  }

  private report(): void {
    const { host, session } = this;
    const now = host.clock.now();
    const { count } = host.flashLog.ledger;
    const ledger = count !== this.ledgerCount || now - this.ledgerAt >= ledgerPeriod;
    if (!ledger && now - this.statusAt < statusPeriod) return;
    this.statusAt = now;
    if (ledger) {
      this.ledgerAt = now;
      this.ledgerCount = count;
    }
    session?.sendStatus(ledger);
  }

  private ended(reason: string, retry: number): void {
    this.session = undefined;
    this.syncing = false;
    this.lastEnd = reason;
    if (this.closed) return;
    const { host } = this;
    host.log.repeating('uplink', () => `uplink: ${reason}`);
    if (!host.network.up) return;
    const wait = Math.max(this.backoff.next(), Math.min(retry, 3_600_000));
    this.nextAttempt = host.clock.now() + wait;
    this.retry = Timer.set(() => this.dial(), wait);
  }

  private stopRetry(): void {
    if (this.retry !== undefined) Timer.clear(this.retry);
    this.retry = undefined;
    this.nextAttempt = undefined;
  }
}
