/** What the gateway knows of a part: its session, its last status, and the ledger of what will never come. */
import type { WallMilliseconds } from '@sluice/common/clock';
import { bootText } from '../../modules/block/boot-text';
import type { link } from '../../proto/link.js';
import type { StreamState } from '../outbox/streams';
import { Devices, type Seen } from './devices';
import { limits } from './limits';
import type { Boot, Session } from './session';

export interface ConfigurationProblem {
  severity: 'error' | 'warning';
  code: string;
  path: string;
  message: string;
}

/** Readings of one stream of the boot, as the part's last status named them. */
export interface StreamReport {
  captured: number;
  acknowledged: number;
  overwritten: number;
  discarded: number;
  stored: number;
  missed: number;
  late: number;
  failed: number;
  refused: number;
}

/** Readings that will never come. */
export interface LossEntry {
  boot: string;
  /** -1: several. */
  stream: number;
  cause: string;
  readings: number;
  /** True: at least so many. What was captured after a boot's last status is not known. */
  atLeast: boolean;
  /** Where it is not known, how many there can have been. */
  atMost?: number;
  /** Wall milliseconds of the first and the last of them. */
  start: number;
  end: number;
}

/** ms between two notes of a part that it lives, while it has no session (modules/device/lifetime). */
const noteEvery = 600_000;

const counters = [
  'captured',
  'acknowledged',
  'overwritten',
  'discarded',
  'stored',
  'missed',
  'late',
  'failed',
  'refused',
] as const;

/** A boot that is over, and of which the part may still hold blocks. */
interface EndedBoot {
  boot: Boot;
  /** As its last status named them. */
  streams: [number, StreamReport][];
  /** Wall milliseconds of its last connection or its end, and when the next boot began. */
  since: number;
  until: number;
}

/** Stamps of a stream that went back to the clock. */
export interface ClockCorrection {
  at: WallMilliseconds;
  stream: number;
  /** Milliseconds by which they had been ahead. */
  ahead: number;
}

export interface Kept {
  name: string;
  since: number;
  asleepUntil?: number | undefined;
  boot: { counter: number; random: number };
  firmware: string;
  chip: string;
  statusAt: number;
  losses: LossEntry[];
  forgotten: number;
  streams: [number, StreamReport][];
  clock?: PartState['clock'];
  over?: EndedBoot[];
  corrections?: ClockCorrection[];
  seen?: Seen[];
}

/** Why a part has no session, or why somebody who says to be it gets none. */
export interface Refusal {
  /** Of a refusal (Session), or `closed`. */
  code: string;
  /** For people. */
  detail: string;
  /** From where, without the port. */
  address: string;
  /** Wall milliseconds of the first and the last of it in a row. */
  since: number;
  at: number;
  count: number;
}

/** What is known of a part when its session begins. */
export type Opening = Pick<Session, 'boot' | 'clock' | 'remote' | 'firmware' | 'chip'>;

export class PartState {
  connected = false;
  /** Wall milliseconds of the last connection or its end. */
  since = 0;
  /** Wall milliseconds until which the part said that it sleeps. */
  asleepUntil: number | undefined;
  remote = '';
  boot = { counter: 0, random: 0 };
  resetReason = '';
  firmware = '';
  chip = '';
  clock?: { offset: number; source: 'gateway' | 'sntp'; roundTrip: number };
  /** Why its last session ended; undefined while it has one. */
  endedBy: string | undefined;
  configuration?: { revision: string; applied: boolean; problems: ConfigurationProblem[] };
  statusAt = 0;
  /** JSON of the device's own: heap, flash, network. */
  details = '';
  readonly streams = new Map<number, StreamReport>();
  /** Newest last, bounded. */
  readonly losses: LossEntry[] = [];
  /** Entries that the bounded ledger could not keep. */
  forgotten = 0;
  /** Newest last, bounded. */
  readonly corrections: ClockCorrection[] = [];
  /** Boots that are over and not settled yet, the oldest first. */
  private readonly over: EndedBoot[] = [];
  private session?: Opening;

  constructor(
    readonly name: string,
    readonly devices = new Devices(),
  ) {}

  opened(session: Opening, begin: link.IBegin, wall: WallMilliseconds): void {
    const { boot } = session;
    const resetReason = begin.resetReason ?? '';
    if (bootText(boot) !== bootText(this.boot)) {
      const { boot: over, streams, since } = this;
      const until = this.endOf(boot, begin, session.clock?.offset ?? wall);
      this.over.push({ boot: over, streams: [...streams], since, until });
      if (this.over.length > limits.retainedBoots + 1) this.over.shift();
      this.streams.clear();
      this.boot = { counter: boot.counter, random: boot.random };
    }
    this.session = session;
    this.endedBy = undefined;
    this.connected = true;
    this.since = wall;
    this.asleepUntil = undefined;
    this.remote = session.remote;
    this.resetReason = resetReason.slice(0, limits.name);
    this.firmware = session.firmware;
    this.chip = session.chip;
    this.clock = session.clock;
  }

  /**
   * Wall milliseconds at which the boot before was over at the latest. A board that was restarted lived until then;
   * one that was switched on may have been off for days: it lived until its session ended or its last note, and for
   * no more than the time to its next one.
   * @param begun when the next boot began
   */
  private endOf(next: Boot, { resetReason = '', previousUptime }: link.IBegin, begun: number): number {
    const wasOff = resetReason === '' || /power|brown|unknown/i.test(resetReason!);
    const isNext = this.boot.counter + 1 === next.counter;
    if (!wasOff || !isNext || this.connected || typeof previousUptime !== 'number') return begun;
    if (previousUptime > 0 && this.clock === undefined) return begun;
    const noted = (this.clock?.offset ?? 0) + previousUptime;
    return Math.min(begun, Math.max(this.since, previousUptime > 0 ? noted : 0) + noteEvery);
  }

  /**
   * Of boots that are over and of which the part keeps nothing: what the last status named as captured, and nobody
   * has, is lost. What was captured after it, until the next boot began, is not known: at most one reading a period
   * since the last that came.
   * @param received the streams of a boot, as far as they were received
   */
  settle(retained: Boot[], received: (boot: Boot) => ReadonlyMap<number, StreamState>): void {
    const kept = new Set(retained.map(bootText));
    for (const over of this.over.filter(({ boot }) => !kept.has(bootText(boot)))) {
      this.over.splice(this.over.indexOf(over), 1);
      this.loseRest(over, received(over.boot));
    }
  }

  private loseRest(over: EndedBoot, received: ReadonlyMap<number, StreamState>): void {
    const reports = new Map(over.streams);
    for (const [stream, { metadata, readings: came, end: last }] of received) {
      const { captured = 0, overwritten = 0, discarded = 0 } = reports.get(stream) ?? {};
      const readings = Math.max(0, captured - overwritten - discarded - came);
      const start = Number.isFinite(last) ? last : over.since;
      const end = Math.max(start, over.until);
      const atMost = Math.floor(((end - start) * metadata.period.denominator) / metadata.period.numerator);
      if (Math.max(readings, atMost) === 0) continue;
      const bounds = { readings, atLeast: true, atMost: Math.max(readings, atMost) };
      this.lose({ boot: bootText(over.boot), stream, cause: 'reboot', ...bounds, start, end });
    }
  }

  onStatus(status: link.IStatus, wall: WallMilliseconds): void {
    this.statusAt = wall;
    this.clock = this.session?.clock;
    this.details = (status.details ?? '').slice(0, limits.details);
    for (const report of (status.streams ?? []).slice(0, limits.streams)) {
      const read = Object.fromEntries(counters.map((name) => [name, report[name] ?? 0]));
      this.streams.set(report.stream ?? 0, read as unknown as StreamReport);
    }
    const offset = this.clock?.offset ?? 0;
    if (!status.ledger) return;
    const boot = bootText(this.boot);
    const before = this.losses.filter((loss) => loss.boot !== boot);
    this.losses.splice(0, this.losses.length, ...before);
    for (const loss of (status.losses ?? []).slice(0, limits.ledger)) {
      const span = { start: (loss.start ?? 0) + offset, end: (loss.end ?? 0) + offset };
      const cause = (loss.cause ?? '').slice(0, limits.name);
      const { stream = 0, readings = 0 } = loss;
      this.lose({ boot, stream: stream!, cause, readings: readings!, atLeast: false, ...span });
    }
  }

  corrected(correction: ClockCorrection): void {
    this.corrections.push(correction);
    if (this.corrections.length > limits.corrections) this.corrections.shift();
  }

  /** A boot that was taken for over goes on: it is another device's, and has lost nothing. */
  isBack(boot: Boot): void {
    const rest = this.losses.filter((loss) => loss.cause !== 'reboot' || loss.boot !== bootText(boot));
    this.losses.splice(0, this.losses.length, ...rest);
  }

  /** Streams of the boot have ended, and all of them has arrived. */
  forget(ended: number[]): void {
    for (const stream of ended) this.streams.delete(stream);
  }

  /** What outlives the gateway's process: who it was, its last report, and what was lost. */
  toJSON(): Kept {
    const { name, since, asleepUntil, boot, firmware, chip, statusAt, losses, forgotten, over, clock } = this;
    const { corrections } = this;
    const streams = [...this.streams];
    const { seen } = this.devices;
    return {
      name,
      since,
      asleepUntil,
      boot,
      firmware,
      chip,
      statusAt,
      losses,
      forgotten,
      streams,
      over,
      clock,
      corrections,
      seen,
    };
  }

  static restore(kept: Kept): PartState {
    const state = new PartState(kept.name, new Devices(kept.seen));
    const { since, asleepUntil, boot, firmware, chip, statusAt, forgotten, clock } = kept;
    Object.assign(state, { since, asleepUntil, boot, firmware, chip, statusAt, forgotten, clock });
    state.losses.push(...kept.losses);
    state.over.push(...(kept.over ?? []));
    state.corrections.push(...(kept.corrections ?? []));
    for (const [stream, report] of kept.streams) state.streams.set(stream, report);
    return state;
  }

  /** @param reason code of a refusal, or `closed` */
  ended(wall: WallMilliseconds, reason: string): void {
    this.endedBy = reason;
    this.connected = false;
    this.since = wall;
    this.session = undefined;
  }

  private lose(loss: LossEntry): void {
    this.losses.push(loss);
    if (this.losses.length <= limits.losses) return;
    this.losses.shift();
    this.forgotten++;
  }
}
