/** What the gateway knows of a part: its session, its last status, and the ledger of what will never come. */
import type { WallMilliseconds } from '@sluice/common/clock';
import { bootText } from '../../modules/block/boot-text';
import type { CaptureFileMetadata } from '../../modules/block/file';
import type { link } from '../../proto/link.js';
import type { Boot, StreamState } from '../outbox/streams';
import { Devices, type Seen } from './devices';
import { limits } from './limits';
import type { Session } from './session';

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
  /** How many the gateway had of it at that moment. */
  received?: number;
}

/** What a stream captures, the same over all boots. */
export type StreamName = Pick<CaptureFileMetadata, 'owner' | 'resource' | 'method' | 'parameters'>;

/** Streams of a boot, by number, as far as they were received. */
type Received = ReadonlyMap<number, Pick<StreamState, 'metadata' | 'readings'>>;

/** Readings that will never come. */
export interface LossEntry {
  boot: string;
  /** -1: several. */
  stream: number;
  /** Kept with the loss: its stream may be forgotten before it. */
  name?: StreamName;
  cause: string;
  readings: number;
  /** True: at least so many. What was captured after a boot's last status is not known. */
  atLeast: boolean;
  /** Where it is not known, how many there can have been. */
  atMost?: number;
  /** Wall milliseconds of the first and the last of them. */
  start: WallMilliseconds;
  end: WallMilliseconds;
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
  /** Those of them that had ended, with nothing left. */
  ended?: number[];
  /** Wall milliseconds of its last connection or its end, and when the next boot began. */
  since: WallMilliseconds;
  until: WallMilliseconds;
  /** It had handed over all that it captured. */
  handedOver?: boolean;
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
  ended?: number[];
  handedOver?: boolean;
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
  since: WallMilliseconds;
  at: WallMilliseconds;
  count: number;
}

/** What is known of a part when its session begins. */
export type Opening = Pick<Session, 'boot' | 'clock' | 'remote' | 'firmware' | 'chip'>;

export class PartState {
  connected = false;
  /** Wall milliseconds of the last connection or its end. */
  since = 0;
  /** Wall milliseconds until which the part said that it sleeps. */
  asleepUntil: WallMilliseconds | undefined;
  /** Its boot was about to end, by its own will, when everything of it had been handed over. */
  handedOver = false;
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
  /** Of these, those that a whole report named no more: they have ended, and nothing is left of them. */
  readonly #gone = new Set<number>();
  /** What the report at hand has named. */
  readonly #named = new Set<number>();
  /** Newest last, bounded. */
  readonly losses: LossEntry[] = [];
  /** Entries that the bounded ledger could not keep. */
  forgotten = 0;
  /** Readings of all losses since this process began to know the part: at least, and at most. */
  readonly lost = { readings: 0, atMost: 0 };
  /** Those of them that a restart of the part has lost. */
  readonly lostAtReboot = { readings: 0, atMost: 0 };
  /** Newest last, bounded. */
  readonly corrections: ClockCorrection[] = [];
  /** Boots that are over and not settled yet, the oldest first. */
  readonly #over: EndedBoot[] = [];
  #session?: Opening;

  constructor(
    readonly name: string,
    readonly devices = new Devices(),
  ) {}

  opened(session: Opening, begin: link.IBegin, wall: WallMilliseconds): void {
    const { boot } = session;
    const resetReason = begin.resetReason ?? '';
    if (bootText(boot) !== bootText(this.boot)) {
      const { boot: over, streams, since, handedOver } = this;
      const until = this.#endOf(boot, begin, session.clock?.offset ?? wall);
      this.#over.push({
        boot: over,
        streams: [...streams],
        ended: [...this.#gone],
        since,
        until,
        handedOver,
      });
      if (this.#over.length > limits.retainedBoots + 1) this.#over.shift();
      this.streams.clear();
      this.#gone.clear();
      this.#named.clear();
      // What the boot before told of itself is not this one's.
      this.details = '';
      this.statusAt = 0;
      this.boot = { counter: boot.counter, random: boot.random };
    }
    this.#session = session;
    this.handedOver = false;
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
  #endOf(next: Boot, { resetReason = '', previousUptime }: link.IBegin, begun: number): number {
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
    for (const over of this.#over.filter(({ boot }) => !kept.has(bootText(boot)))) {
      this.#over.splice(this.#over.indexOf(over), 1);
      this.#loseRest(over, received(over.boot));
    }
  }

  #loseRest(over: EndedBoot, received: ReadonlyMap<number, StreamState>): void {
    const reports = new Map(over.streams);
    for (const [stream, { metadata, readings: came, end: last }] of received) {
      if (over.ended?.includes(stream)) continue;
      const { captured = 0, overwritten = 0, discarded = 0 } = reports.get(stream) ?? {};
      const readings = Math.max(0, captured - overwritten - discarded - came);
      const start = Number.isFinite(last) ? last : over.since;
      const end = Math.max(start, over.until);
      const unknown = over.handedOver
        ? 0
        : Math.floor(((end - start) * metadata.period.denominator) / metadata.period.numerator);
      const atMost = Math.max(readings, unknown);
      if (atMost === 0) continue;
      const bounds = { readings, atLeast: true, atMost };
      const named = nameOf(metadata);
      this.#lose({ boot: bootText(over.boot), stream, ...named, cause: 'reboot', ...bounds, start, end });
    }
  }

  /** @param received of the boot, at this moment */
  onStatus(status: link.IStatus, wall: WallMilliseconds, received: Received = new Map()): void {
    this.statusAt = wall;
    this.clock = this.#session?.clock;
    this.details = (status.details ?? '').slice(0, limits.details);
    for (const report of (status.streams ?? []).slice(0, limits.streams)) {
      const read = Object.fromEntries(counters.map((name) => [name, report[name] ?? 0]));
      const came = received.get(report.stream ?? 0)?.readings;
      const counted = came === undefined ? read : { ...read, received: came };
      this.streams.set(report.stream ?? 0, counted as unknown as StreamReport);
      this.#named.add(report.stream ?? 0);
      this.#gone.delete(report.stream ?? 0);
    }
    if ((status.streams ?? []).length === 0) this.#endReport();
    const offset = this.clock?.offset ?? 0;
    if (!status.ledger) return;
    const boot = bootText(this.boot);
    const names = new Map<number, Named>();
    for (const { boot: of, stream, name } of this.losses)
      if (of === boot && name !== undefined) names.set(stream, { name });
    this.#takeBack((loss) => loss.boot === boot);
    for (const loss of (status.losses ?? []).slice(0, limits.ledger)) {
      const span = { start: (loss.start ?? 0) + offset, end: (loss.end ?? 0) + offset };
      const cause = (loss.cause ?? '').slice(0, limits.name);
      const stream = loss.stream ?? 0;
      const metadata = received.get(stream)?.metadata;
      const named = metadata ? nameOf(metadata) : names.get(stream);
      this.#lose({ boot, stream, ...named, cause, readings: loss.readings ?? 0, atLeast: false, ...span });
    }
  }

  /** A report tells of all streams that run or have something left, some a message, and ends with a message of none. */
  #endReport(): void {
    if (this.#named.size === 0) return;
    for (const stream of this.streams.keys()) if (!this.#named.has(stream)) this.#gone.add(stream);
    this.#named.clear();
  }

  corrected(correction: ClockCorrection): void {
    this.corrections.push(correction);
    if (this.corrections.length > limits.corrections) this.corrections.shift();
  }

  /** A boot that was taken for over goes on: it is another device's, and has lost nothing. */
  isBack(boot: Boot): void {
    this.#takeBack((loss) => loss.cause === 'reboot' && loss.boot === bootText(boot));
  }

  /** Streams of the boot have ended, and all of them has arrived. */
  forget(ended: number[]): void {
    for (const stream of ended) {
      this.streams.delete(stream);
      this.#gone.delete(stream);
    }
  }

  /** What outlives the gateway's process: who it was, its last report, and what was lost. */
  toJSON(): Kept {
    const { name, since, asleepUntil, boot, firmware, chip, statusAt, losses, forgotten, clock } = this;
    const over = this.#over;
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
      ended: [...this.#gone],
      handedOver: this.handedOver,
    };
  }

  static restore(kept: Kept): PartState {
    const state = new PartState(kept.name, new Devices(kept.seen));
    const { asleepUntil, boot, firmware, chip, statusAt, forgotten, clock, handedOver = false } = kept;
    // Of a part that was connected to the end `since` is when it came: it was there at its last status.
    const since = Math.max(kept.since, statusAt);
    Object.assign(state, { since, asleepUntil, boot, firmware, chip, statusAt, clock, handedOver });
    for (const loss of kept.losses) state.#lose(loss);
    state.forgotten = forgotten;
    state.#over.push(...(kept.over ?? []));
    state.corrections.push(...(kept.corrections ?? []));
    for (const [stream, report] of kept.streams) state.streams.set(stream, report);
    for (const stream of kept.ended ?? []) state.#gone.add(stream);
    return state;
  }

  /** @param reason code of a refusal, or `closed` */
  ended(wall: WallMilliseconds, reason: string): void {
    this.endedBy = reason;
    this.connected = false;
    this.since = wall;
    this.#session = undefined;
  }

  #takeBack(isVoid: (loss: LossEntry) => boolean): void {
    const rest: LossEntry[] = [];
    for (const loss of this.losses) {
      if (isVoid(loss)) this.#count(loss, -1);
      else rest.push(loss);
    }
    this.losses.splice(0, this.losses.length, ...rest);
  }

  #count({ cause, readings, atMost = readings }: LossEntry, sign: 1 | -1): void {
    for (const sum of cause === 'reboot' ? [this.lost, this.lostAtReboot] : [this.lost]) {
      sum.readings += sign * readings;
      sum.atMost += sign * atMost;
    }
  }

  #lose(loss: LossEntry): void {
    this.#count(loss, 1);
    this.losses.push(loss);
    if (this.losses.length <= limits.losses) return;
    this.losses.shift();
    this.forgotten++;
  }
}

type Named = Pick<LossEntry, 'name'>;

/** Many losses are kept: one whose name is very long is kept by its number alone. */
function nameOf({ owner, resource, method, parameters }: StreamName): Named {
  const name = { owner, resource, method, parameters };
  return JSON.stringify(name).length > limits.lossName ? {} : { name };
}
