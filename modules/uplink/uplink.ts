/**
 * The uplink, to a gateway or to a broker as the address says: when to dial, when to sync.
 *
 * In: the network's state, the sync plan, rings. Out: sessions. Holds: at most one session. Whether the peer can be
 * reached is probed apart (`reach.ts`); only a peer that answered and took nothing is left alone for longer and
 * longer, up to an hour, and one that could not be reached meanwhile, or that has taken something, is new again.
 */

import type TCP from 'embedded:io/socket/tcp';
import config from 'mc/config';
import Timer from 'timer';
import { isSynced, type SyncPlan } from '../config/plan';
import { backoff } from './backoff';
import { BlockFrame, wholeFrame } from './block-frame';
import { Duty } from './duty';
import type { LinkSession, SessionOwner } from './link-session';
import { type Broker, brokerOf } from './mqtt/broker';
import { Deliveries } from './mqtt/deliveries';
import { MqttSession } from './mqtt/mqtt-session';
import { Reach, type ReachOwner } from './reach';
import { deliverables } from './reports';
import { Session } from './session';
import { type Address, AddressError, parseAddress } from './transport';
import type { UplinkControl, UplinkHost, Waiting } from './uplink-host';

/** ms between two statuses, and two with ledger and details. */
const statusPeriod = 60_000;
const ledgerPeriod = 300_000;
/** ms at most between two tries of a sync that fails, and of a connection on which nobody speaks. */
const longestRetry = 3_600_000;
const longestUnanswered = 10_000;
/** ms over which those come back that were cut off at the same moment. */
const spread = 500;
/**
 * ms after which a sync that goes on seals again when the next one would be due: a slow stream waits neither for a long
 * backlog nor for one message.
 */
const longestUnsealed = 60_000;
/** ms of silence after which the peer is sought beside the session; each session that ends so doubles it. */
const suspicious = 5_000;
/** ms between two looks whether a peer that takes nothing is still there. */
const watchPeriod = 10_000;
/** How a session ends that has met another device of the same name, and for how many ms that is told: as the gateway does. */
const rivalry = 'refused: duplicate-part';
const rivalryTime = 3_600_000;

/** The other end, and what every session with it needs. */
type Peer =
  | { address: Address; secret: string; frame: BlockFrame }
  | { address: Address; broker: Broker; deliveries: Deliveries };

export class Uplink implements UplinkControl, SessionOwner, ReachOwner {
  /** Why the last session ended. */
  lastEnd = '';
  /** Monotonic ms until which a peer that took nothing is left alone. */
  private resting: number | undefined;
  /** Syncs that were completed. */
  syncs = 0;
  private readonly host: UplinkHost;
  private readonly peer: Peer | undefined;
  private readonly reach: Reach | undefined;
  private duty: Duty | undefined;
  private session: LinkSession | undefined;
  private retry: Timer | undefined;
  /** Syncs that failed, and connections on which nobody spoke, since something was delivered or the peer was away. */
  private failures = 0;
  private unanswered = 0;
  /** What the session has come to. */
  private reached: 'nobody' | 'peer' | 'delivery' = 'nobody';
  private interval: Timer | undefined;
  private demanded = false;
  private syncing = false;
  /** Whether blocks are being closed for the sync, and when that began last. */
  private sealing = false;
  private sealedAt = Number.NEGATIVE_INFINITY;
  private statusAt = Number.NEGATIVE_INFINITY;
  private ledgerAt = Number.NEGATIVE_INFINITY;
  private ledgerCount = -1;
  private closed = false;
  /** Monotonic ms of the last refusal for another device of this name; there only once there was one. */
  declare private rivalAt?: number;

  constructor(host: UplinkHost) {
    this.host = host;
    try {
      this.peer = peerOf(host);
      if (this.peer !== undefined) this.reach = new Reach(this.peer.address, host.clock, this);
    } catch (error) {
      if (!(error instanceof AddressError)) throw error;
      host.log.error(error.message);
    }
  }

  start(): void {
    if (this.peer === undefined) return;
    this.planned(this.host.sync);
    if (this.host.network.up) this.reach!.seek(0);
  }

  get waiting(): Waiting | undefined {
    const { host, peer, reach, session, resting } = this;
    if (peer === undefined || session?.state === 'open') return undefined;
    const asleepUntil = this.duty?.asleepUntil;
    if (asleepUntil !== undefined) return { for: 'sync', until: asleepUntil, after: this.lastEnd };
    if (!host.network.up) return { for: 'network', until: host.network.next, after: this.lastEnd };
    if (session !== undefined) return { for: 'handshake', until: undefined, after: this.lastEnd };
    if (resting !== undefined) return { for: 'retry', until: resting, after: this.lastEnd };
    return { for: 'gateway', until: reach!.next, after: this.lastEnd };
  }

  get rivalled(): boolean {
    return this.rivalAt !== undefined && this.host.clock.now() - this.rivalAt < rivalryTime;
  }

  /** On demand: everything there is, also of streams whose sync is disabled. */
  sync(): void {
    this.demanded = true;
    this.sealedAt = Number.NEGATIVE_INFINITY;
    this.duty?.wake();
    if (this.session?.state === 'open') this.begin();
    else if (this.host.network.up && this.session === undefined) {
      this.stopRetry();
      this.reach?.seek(0);
    }
  }

  /** All that the boot has captured is acknowledged, and the boot ends. */
  handedOver(): void {
    if (this.session?.state === 'open') this.session.sendRest('handed over', 0);
  }

  close(): void {
    this.closed = true;
    this.stopRetry();
    this.reach?.stop();
    this.duty?.close();
    if (this.interval !== undefined) Timer.clear(this.interval);
    this.session?.close('closed');
  }

  network(up: boolean): void {
    this.anew();
    this.stopRetry();
    this.reach?.stop();
    if (!up) this.session?.close('the network is down');
    else if (this.session === undefined) this.reach?.seek(0);
  }

  planned({ interval, duty }: SyncPlan): void {
    if (this.peer === undefined) return;
    this.duty?.close();
    this.duty = duty && new Duty(this.host, duty, interval, () => this.session);
    if (this.interval !== undefined) Timer.clear(this.interval);
    const period = Math.max(100, Math.min(interval, 0x7fffffff));
    this.interval = Timer.repeat(() => this.tick(), Math.round(period));
    this.tick();
  }

  wallSet(): void {
    this.session?.sendClock();
  }

  spoken(): void {
    if (this.reached === 'nobody') this.reached = 'peer';
  }

  opened(): void {
    this.host.log.info('connected');
    this.spoken();
    this.host.reached();
    this.ledgerCount = -1;
    this.begin();
  }

  progressed(): void {
    this.delivered();
    this.duty?.progressed();
    this.complete();
  }

  silent(silence: number): void {
    const { reach } = this;
    if (silence >= this.suspicion && !reach!.probes) reach!.seek(0);
  }

  ended(reason: string, retry: number): void {
    const { host, reached, reach } = this;
    this.session = undefined;
    this.syncing = false;
    this.lastEnd = reason;
    if (reason.startsWith(rivalry)) this.rivalAt = host.clock.now();
    if (this.closed || this.duty?.leaves) return;
    host.log.repeating('uplink', () => `uplink: ${reason}`);
    if (!host.network.up) return;
    let wait = Math.random() * spread;
    if (reached === 'peer') wait = backoff(this.failures++, longestRetry, Math.random());
    else if (reached === 'nobody') wait = backoff(this.unanswered++, longestUnanswered, Math.random());
    wait = Math.round(Math.max(wait, Math.min(retry, longestRetry)));
    if (wait <= spread) {
      reach!.seek(wait);
      return;
    }
    this.resting = host.clock.now() + wait;
    this.retry = Timer.set(() => {
      this.stopRetry();
      reach!.seek(0);
    }, wait);
    if (wait > watchPeriod) reach!.seek(watchPeriod, watchPeriod);
  }

  reachedAt(address: string, socket: TCP): void {
    const { session } = this;
    if (this.resting !== undefined) {
      // It is there, as it was when it took nothing.
      socket.close();
      this.reach!.seek(watchPeriod, watchPeriod);
      return;
    }
    if (session !== undefined) {
      if (session.silence >= this.suspicion) session.close('the peer is silent, and takes new connections');
      // It has spoken again, or the end of its session says to wait.
      if (this.session !== undefined || this.resting !== undefined || this.closed) {
        socket.close();
        return;
      }
    }
    this.dial(address, socket);
  }

  missed(): void {
    this.failures = this.unanswered = 0;
    if (this.resting === undefined) return;
    // Whoever took nothing is away: what comes back may be another.
    this.stopRetry();
    this.reach!.seek(0);
  }

  private tick(): void {
    if (this.session?.state === 'open') this.begin();
  }

  private dial(address: string, socket: TCP): void {
    const { host, peer, reach } = this;
    reach!.stop();
    this.reached = 'nobody';
    const reached = { ...peer!.address, reached: { address, socket } };
    try {
      if ('broker' in peer!) {
        peer.deliveries.restart(deliverables(host).map(({ ring }) => ring));
        this.session = new MqttSession(host, { ...peer.broker, address: reached }, peer.deliveries, this);
      } else this.session = new Session(host, reached, peer!.secret, peer!.frame, this);
    } catch (error) {
      socket.close();
      // Nothing but other settings helps.
      this.reached = 'peer';
      this.ended(error instanceof Error ? error.message : String(error), 0);
    }
  }

  /** Something went through: whatever fails from now on is new. */
  private delivered(): void {
    if (this.reached === 'delivery') return;
    this.reached = 'delivery';
    this.anew();
  }

  private anew(): void {
    this.failures = this.unanswered = 0;
    this.reach?.fresh();
  }

  private get suspicion(): number {
    return suspicious * 2 ** Math.min(this.failures, 3);
  }

  private complete(): void {
    if (!this.syncing || this.sealing || !this.session?.cursors.done) return;
    this.syncing = false;
    this.demanded = false;
    this.syncs++;
    this.delivered();
    this.report();
    this.duty?.synced();
  }

  /** Begins a sync, or takes a running one further. */
  private begin(): void {
    const now = this.host.clock.now();
    if (this.syncing && now - this.sealedAt < longestUnsealed) {
      this.aim();
      return;
    }
    // Connections that bring next to nothing on its way would make of each second a block, until none had a place, and
    // so would somebody who asks again and again.
    const sparing = this.syncing || !this.demanded;
    this.syncing = this.sealing = true;
    this.sealedAt = now;
    this.host.capture.seal(() => {
      this.sealing = false;
      this.aim();
    }, sparing);
  }

  private aim(): void {
    const { session, host } = this;
    if (session?.state !== 'open') return;
    const { demanded } = this;
    session.cursors.update(deliverables(host));
    session.cursors.aim(({ declaration: { plan } }) => demanded || isSynced(host.sync, plan));
    session.soon();
    this.complete();
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
    this.retry = this.resting = undefined;
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
  if (address.kind === 'mqtt')
    return { address, broker: brokerOf(host, address), deliveries: new Deliveries() };
  if (secret !== undefined) return { address, secret, frame: new BlockFrame(wholeFrame) };
  log.warning('no secret is set: readings stay on the device');
  return undefined;
}
