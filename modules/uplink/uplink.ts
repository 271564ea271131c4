/**
 * The uplink, to a gateway or to a broker as the address says: when to dial, when to sync.
 *
 * In: the network's state, the sync plan, rings. Out: sessions. Holds: at most one session; a failure is followed
 * by a wait that grows to an hour, and by a fresh start when the network changes.
 */

import config from 'mc/config';
import Timer from 'timer';
import type { SyncPlan } from '../config/plan';
import { Backoff } from './backoff';
import { BlockFrame, wholeFrame } from './block-frame';
import type { LinkSession, SessionOwner } from './link-session';
import { type Broker, brokerOf } from './mqtt/broker';
import { Mappings } from './mqtt/mappings';
import { MqttSession } from './mqtt/mqtt-session';
import { deliverables } from './reports';
import { Session } from './session';
import { type Address, AddressError, parseAddress } from './transport';
import type { UplinkControl, UplinkHost } from './uplink-host';

/** ms between two statuses, and two with ledger and details. */
const statusPeriod = 60_000;
const ledgerPeriod = 300_000;

/** The other end, and what every session with it needs. */
type Peer =
  | { address: Address; secret: string; frame: BlockFrame }
  | { address: Address; broker: Broker; mappings: Mappings };

export class Uplink implements UplinkControl, SessionOwner {
  /** Why the last session ended. */
  lastEnd = '';
  /** Monotonic ms of the next attempt, while one is planned. */
  nextAttempt: number | undefined;
  /** Syncs that were completed. */
  syncs = 0;
  private readonly host: UplinkHost;
  private readonly backoff = new Backoff(Math.random);
  private readonly peer: Peer | undefined;
  private session: LinkSession | undefined;
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
    try {
      this.peer = peerOf(host);
    } catch (error) {
      if (!(error instanceof AddressError)) throw error;
      host.log.error(error.message);
    }
  }

  start(): void {
    if (this.peer === undefined) return;
    this.planned(this.host.sync);
    if (this.host.network.up) this.dial();
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

  network(up: boolean): void {
    this.backoff.reset();
    this.stopRetry();
    if (!up) this.session?.close('the network is down');
    else if (this.session === undefined) this.dial();
  }

  planned({ interval }: SyncPlan): void {
    if (this.peer === undefined) return;
    if (this.interval !== undefined) Timer.clear(this.interval);
    const period = Math.max(100, Math.min(interval, 0x7fffffff));
    this.interval = Timer.repeat(() => this.tick(), Math.round(period));
    this.tick();
  }

  wallSet(): void {
    this.session?.sendClock();
  }

  opened(): void {
    this.host.log.info('connected');
    this.ledgerCount = -1;
    this.report();
    this.begin();
  }

  progressed(): void {
    if (!this.syncing || !this.session?.cursors.done) return;
    this.syncing = false;
    this.demanded = false;
    this.syncs++;
    this.backoff.reset();
    this.report();
  }

  ended(reason: string, retry: number): void {
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

  private tick(): void {
    if (this.session?.state === 'open') this.begin();
  }

  private dial(): void {
    const { host, peer } = this;
    if (this.closed || this.session !== undefined || peer === undefined) return;
    this.stopRetry();
    try {
      if ('broker' in peer) {
        peer.mappings.keep(deliverables(host).map(({ ring }) => ring));
        this.session = new MqttSession(host, peer.broker, peer.mappings, this);
      } else this.session = new Session(host, peer.address, peer.secret, peer.frame, this);
    } catch (error) {
      this.ended(error instanceof Error ? error.message : String(error), 0);
    }
  }

  /** Begins a sync, or takes a running one further. */
  private begin(): void {
    if (this.syncing) {
      this.aim();
      return;
    }
    this.syncing = true;
    this.host.capture.seal(() => this.aim());
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

  private stopRetry(): void {
    if (this.retry !== undefined) Timer.clear(this.retry);
    this.retry = undefined;
    this.nextAttempt = undefined;
  }
}

/** @returns undefined when a setting is missing @throws AddressError */
function peerOf(host: UplinkHost): Peer | undefined {
  const { log, settings } = host;
  const { gateway, secret } = settings;
  if (gateway === undefined) {
    log.warning('no gateway is set: readings stay on the device');
    return undefined;
  }
  const address = parseAddress(gateway, config.insecure === true);
  if (!address.secure) log.warning('the link is not encrypted');
  if (address.kind === 'mqtt') return { address, broker: brokerOf(host, address), mappings: new Mappings() };
  if (secret !== undefined) return { address, secret, frame: new BlockFrame(wholeFrame) };
  log.warning('no secret is set: readings stay on the device');
  return undefined;
}
