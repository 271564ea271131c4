/**
 * The gateway's end of every link: who is connected, one live session a part, acknowledgements.
 *
 * What comes in: connections of any transport. What goes out: durable blocks in the capture directory,
 * acknowledgements, what is known of each part. What holds: an acknowledgement means durable; a part that has
 * not proved its secret learns and changes nothing.
 */
import { randomBytes } from 'node:crypto';
import { type Clock, systemClock } from '@sluice/common/clock';
import { Events } from '@sluice/common/events';
import { bootText } from '../../modules/block/boot-text';
import type { PartName } from '../../modules/config/part-name';
import { CallError } from '../../proto/call-error';
import type { link } from '../../proto/link.js';
import type { Boot } from '../outbox/streams';
import { toBoot } from './boot';
import type { CallRequest } from './calls';
import type { Connection, Directory, Parts } from './connection';
import { limits, retryAfter } from './limits';
import { type ConfigurationProblem, type Kept, type Opening, PartState } from './part-state';
import { Refusals } from './refusals';
import { Session, type SessionHost } from './session';

export interface LinkLogger {
  info(fields: object, message: string): void;
  /** What passes, or what a peer did wrong. */
  warn(fields: object, message: string): void;
  /** What somebody has to look at. */
  error(fields: object, message: string): void;
}

export interface LinkServerOptions {
  directory: Directory;
  parts: Parts;
  log: LinkLogger;
  clock?: Clock;
  /** Source of nonces. Default: the system's. */
  random?: (bytes: number) => Uint8Array<ArrayBuffer>;
}

export interface LinkEvents {
  /** Somebody who says to be this part is not let in: for the first time in a row, or for another reason. */
  refused: string;
  /** Something about a part has changed: connected, status, configuration, losses. */
  changed: PartState;
}

const savePeriod = 10_000;

export class LinkServer implements SessionHost {
  /** Every part that has ever proved itself. */
  readonly known = new Map<PartName, PartState>();
  readonly counters = {
    sessions: 0,
    blocks: 0,
    readings: 0,
    duplicates: 0,
    /** By code: see Session. */
    refusals: {} as Record<string, number>,
  };
  /** Who says to be a part and was not let in. */
  readonly refusals = new Refusals();
  readonly events: Events<LinkEvents>;
  readonly directory: Directory;
  readonly parts: Parts;
  readonly clock: Clock;
  readonly random: (bytes: number) => Uint8Array<ArrayBuffer>;
  /** Stands in for the secret of a part that does not exist. */
  readonly noSecret: string;
  /** Sessions whose transport is paused until the directory has room, those that have waited longest first. */
  readonly heldBack = new Set<Session>();
  readonly #live = new Map<string, Session>();
  readonly #all = new Set<Session>();
  /** Why no part is let in. */
  #held: string | undefined;
  /** Refusals of the current period that were met, so that nobody fills the disk with log. */
  #refusedLately = 0;
  #refusalsSince = Number.NEGATIVE_INFINITY;
  #cancelSave?: () => void;
  readonly #options: LinkServerOptions;

  constructor(options: LinkServerOptions) {
    this.#options = options;
    this.events = new Events((problem, event) =>
      options.log.error({ error: problem.message, event }, 'a listener of the link failed'),
    );
    this.directory = options.directory;
    this.parts = options.parts;
    this.clock = options.clock ?? systemClock;
    this.random = options.random ?? ((bytes) => new Uint8Array(randomBytes(bytes)));
    for (const kept of (this.directory.kept as Kept[] | undefined) ?? []) {
      this.known.set(kept.name, PartState.restore(kept));
    }
    this.noSecret = Buffer.from(this.random(32)).toString('base64');
    this.directory.events.on('durable', ({ states, blocks }) => {
      const sessions = new Set<Session>();
      for (const { state, entry } of blocks)
        this.#live.get(state.metadata.part)?.durable(state, entry.bytes.length);
      for (const state of states) {
        const session = this.#live.get(state.metadata.part);
        if (session === undefined) continue;
        session.durable(state, 0);
        sessions.add(session);
      }
      for (const session of sessions) session.acknowledge();
    });
    this.directory.events.on('relieved', () => this.#release());
    this.directory.events.on('corrected', ({ state: { metadata }, ahead }) => {
      const { part, stream, boot } = metadata;
      options.log.warn(
        { part, stream, boot: bootText(boot), ahead },
        'stamps were ahead of the clock: put right',
      );
      const known = this.known.get(part);
      if (known === undefined) return;
      known.corrected({ at: this.clock.wall(), stream, ahead });
      this.events.emit('changed', known);
    });
    this.directory.events.on('failed', (error) => {
      options.log.error({ error: error.message }, 'blocks could not be written; parts keep them');
      for (const session of [...this.#live.values()]) session.drain('storage', retryAfter.storage);
      this.#release();
    });
  }

  /** A transport has a new connection; it hands messages to `receive` and its end to `lost`. */
  accept(connection: Connection): Session {
    const session = new Session(this, connection);
    this.#all.add(session);
    this.counters.sessions++;
    if (this.#held !== undefined) session.drain(this.#held, retryAfter.drain);
    return session;
  }

  /** A transport could not take a connection (no file descriptor, for one); it goes on listening. */
  acceptFailed(error: Error): void {
    this.counters.refusals.accept = (this.counters.refusals.accept ?? 0) + 1;
    this.#options.log.warn({ error: error.message }, 'a connection could not be accepted');
  }

  isConnected(part: PartName): boolean {
    return this.#live.get(part)?.state === 'open';
  }

  get connected(): Session[] {
    return [...this.#live.values()].filter(({ state }) => state === 'open');
  }

  /** Calls a method of a part's resource. @throws CallError */
  async call(part: PartName, request: CallRequest): Promise<unknown> {
    const session = this.#live.get(part);
    if (session?.state !== 'open') throw new CallError('disconnected', `${part} is not connected`);
    return session.call(request);
  }

  /** The configuration of a part has changed: it gets it now if it is connected, else when it comes. */
  configure(part: PartName): void {
    const configuration = this.parts.configuration(part);
    if (configuration !== undefined) this.#live.get(part)?.configure(configuration);
  }

  /** A part was removed or its secret changed: its session ends. */
  revoke(part: PartName): void {
    this.#live.get(part)?.refuse('revoked');
  }

  /**
   * The main part's own place among the parts: it captures in this process, and has no session. What its boot before
   * held and nobody has is lost.
   */
  openLocal(part: string, opening: Opening): PartState {
    const state = this.known.get(part) ?? new PartState(part);
    this.known.set(part, state);
    state.opened(opening, {}, this.clock.wall());
    state.settle([], (boot) => this.directory.streams(part, boot));
    this.directory.prune(part, [opening.boot]).catch((error: Error) => {
      this.#options.log.warn({ part, error: error.message }, 'earlier boots stay remembered');
    });
    this.#save();
    this.events.emit('changed', state);
    return state;
  }

  /** The main part tells of itself. */
  toldLocal(state: PartState, status: link.IStatus, problems: ConfigurationProblem[]): void {
    state.onStatus(status, this.clock.wall(), this.directory.streams(state.name, state.boot));
    state.configuration = { revision: '', applied: true, problems };
    this.#saveLater();
    this.events.emit('changed', state);
  }

  /** A stream of the main part has ended, and all of it is durable. */
  forgetLocal(state: PartState, stream: number): void {
    state.forget([stream]);
    this.directory.forget(state.name, state.boot, [stream]).catch((error: Error) => {
      this.#options.log.warn({ part: state.name, error: error.message }, 'an ended stream stays remembered');
    });
  }

  /** Tells every part to come back later, and closes. */
  close(): void {
    this.hold('the gateway is stopping');
  }

  /**
   * Tells every part to come back later, and lets none in.
   * @returns what lets them in again
   */
  hold(reason: string): () => void {
    if (this.#held === undefined) this.#save();
    this.#held = reason;
    for (const session of [...this.#all]) session.drain(reason, retryAfter.drain);
    return () => {
      this.#held = undefined;
      this.#save();
    };
  }

  // What sessions report.

  /** @returns whether the session may go on: not when another device has the part */
  takeOver(session: Session): boolean {
    const before = this.#live.get(session.part);
    const { part, boot, address } = session;
    const wall = this.clock.wall();
    const devices = this.known.get(part)?.devices;
    const rival = devices?.rivalOf(boot, address, before?.boot, wall);
    if (devices?.areTwo(wall)) this.known.get(part)!.isBack(boot);
    if (rival !== undefined) {
      const detail = devices!.problem(part, wall)!;
      this.#options.log.warn(
        { part, remote: session.remote, boot: bootText(boot), holder: rival.address },
        detail,
      );
      session.refuse('duplicate-part', `another device at ${rival.address} is ${part}`, retryAfter.rival);
      this.events.emit('changed', this.known.get(part)!);
      return false;
    }
    this.#live.set(session.part, session);
    if (before === undefined || before === session) return true;
    this.#options.log.info({ part: session.part, remote: session.remote }, 'a new session takes over');
    before.close();
    return true;
  }

  /** @param retained the earlier boots of which the part still holds blocks */
  opened(session: Session, retained: Boot[], begin: link.IBegin): void {
    const { part } = session;
    const state = this.known.get(part) ?? new PartState(part);
    this.known.set(part, state);
    const wall = this.clock.wall();
    state.devices.arrived(session.boot, session.address, wall);
    state.opened(session, begin, wall);
    this.refusals.admitted(part);
    const others = state.devices.boots(wall);
    const living = state.devices.areTwo(wall) ? [...retained, ...others] : retained;
    state.settle(living, (boot) => this.directory.streams(part, boot));
    this.#options.log.info({ part, remote: session.remote, boot: bootText(session.boot) }, 'connected');
    // Of another device that has the same name what is durable must not come twice.
    this.directory.prune(part, [session.boot, ...retained, ...others]).catch((error: Error) => {
      this.#options.log.warn({ part, error: error.message }, 'earlier boots stay remembered');
    });
    this.#saveLater();
    this.events.emit('changed', state);
  }

  onStatus(session: Session, status: link.IStatus): void {
    const retained = (status.retained ?? []).slice(0, limits.retainedBoots).map(toBoot);
    this.#change(session, (state) => {
      const wall = this.clock.wall();
      state.onStatus(status, wall, this.directory.streams(session.part, session.boot));
      const living = state.devices.areTwo(wall) ? [...retained, ...state.devices.boots(wall)] : retained;
      state.settle(living, (boot) => this.directory.streams(session.part, boot));
    });
  }

  /** The part sleeps, and is back in `wait` ms. */
  onRest(session: Session, wait: number): void {
    this.#change(session, (state) => {
      state.asleepUntil = this.clock.wall() + wait;
    });
  }

  /** The session's boot ends, and everything that it has captured is durable. */
  onHandedOver(session: Session): void {
    this.#change(session, (state) => {
      state.handedOver = true;
    });
  }

  /** Streams of the session's boot have ended, and all of them is durable. */
  forget(session: Session, ended: number[]): void {
    const { part, boot } = session;
    this.known.get(part)?.forget(ended);
    this.directory.forget(part, boot, ended).catch((error: Error) => {
      this.#options.log.warn({ part, error: error.message }, 'ended streams stay remembered');
    });
  }

  onConfigurationResult(session: Session, result: link.IConfigurationResult): void {
    const problems: ConfigurationProblem[] = (result.problems ?? [])
      .slice(0, limits.problems)
      .map((problem) => ({
        severity: problem.error ? 'error' : 'warning',
        code: (problem.code ?? '').slice(0, limits.name),
        path: (problem.path ?? '').slice(0, limits.resource),
        message: (problem.message ?? '').slice(0, limits.resource),
      }));
    this.#change(session, (state) => {
      state.configuration = { revision: result.revision ?? '', applied: result.applied ?? false, problems };
    });
  }

  refused(session: Session, code: string, message: string): void {
    this.counters.refusals[code] = (this.counters.refusals[code] ?? 0) + 1;
    const now = this.clock.now();
    if (now - this.#refusalsSince > limits.refusalPeriod) {
      const unlogged = this.#refusedLately;
      if (unlogged > limits.refusals)
        this.#options.log.warn({ unlogged: unlogged - limits.refusals }, 'more sessions were refused');
      this.#refusalsSince = now;
      this.#refusedLately = 0;
    }
    this.#noteRefusal(session, code, message);
    if (++this.#refusedLately > limits.refusals) return;
    const { part, remote } = session;
    this.#options.log.warn({ part, remote, code, detail: message }, 'session refused');
  }

  /** Of a part that is configured or known; made-up names leave nothing. */
  #noteRefusal({ part, address, state }: Session, code: string, message: string): void {
    if (part === '' || state === 'open') return;
    if (!this.known.has(part) && this.parts.secret(part) === undefined) return;
    const detail = message || code;
    if (this.refusals.add(part, { code, detail, address }, this.clock.wall()))
      this.events.emit('refused', part);
  }

  ended(session: Session): void {
    this.#all.delete(session);
    this.heldBack.delete(session);
    if (this.#live.get(session.part) !== session) return;
    this.#live.delete(session.part);
    const { part, remote, endedBy } = session;
    this.#change(session, (state) => state.ended(this.clock.wall(), endedBy));
    const asleep = this.known.get(part)?.asleepUntil !== undefined;
    const fields = { part, remote, reason: endedBy };
    if (asleep || this.#held !== undefined) this.#options.log.info(fields, 'disconnected');
    else this.#options.log.warn(fields, 'disconnected');
  }

  /** At most every ten seconds: a ledger that is a little old is still a lower bound. */
  #saveLater(): void {
    this.#cancelSave ??= this.clock.after(savePeriod, () => this.#save());
  }

  #save(): void {
    this.#cancelSave?.();
    this.#cancelSave = undefined;
    void this.directory.keep([...this.known.values()]);
  }

  #change(session: Session, action: (state: PartState) => void): void {
    const state = this.known.get(session.part);
    if (state === undefined) return;
    action(state);
    if (this.#held === undefined) this.#saveLater();
    this.events.emit('changed', state);
  }

  /** Takes a message of one after the other as long as there is room: who has more is behind all others. */
  #release(): void {
    for (const session of this.heldBack) if (this.directory.congested || !session.resume()) return;
  }
}
