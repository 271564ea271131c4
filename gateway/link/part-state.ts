/** What the gateway knows of a part: its session, its last status, and the ledger of what will never come. */
import type { link } from '../../proto/link.js';
import type { StreamState } from '../capture-directory/stream-state';
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
  /** Wall milliseconds of the first and the last of them. */
  start: number;
  end: number;
}

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

export class PartState {
  connected = false;
  /** Wall milliseconds of the last connection or its end. */
  since = 0;
  remote = '';
  boot = { counter: 0, random: 0 };
  resetReason = '';
  firmware = '';
  chip = '';
  clock?: { offset: number; source: 'gateway' | 'sntp'; roundTrip: number };
  configuration?: { revision: string; applied: boolean; problems: ConfigurationProblem[] };
  statusAt = 0;
  /** JSON of the device's own: heap, flash, network. */
  details = '';
  readonly streams = new Map<number, StreamReport>();
  /** Newest last, bounded. */
  readonly losses: LossEntry[] = [];
  /** Entries that the bounded ledger could not keep. */
  forgotten = 0;
  private session?: Session;

  constructor(readonly name: string) {}

  /** @param before the streams of the boot that was known so far, as far as they were received */
  opened(
    session: Session,
    before: ReadonlyMap<number, StreamState>,
    resetReason: string,
    wall: number,
  ): void {
    const { counter, random } = session.boot;
    if (counter !== this.boot.counter || random !== this.boot.random) this.beginBoot(session.boot, before);
    this.session = session;
    this.connected = true;
    this.since = wall;
    this.remote = session.remote;
    this.resetReason = resetReason.slice(0, limits.name);
    this.firmware = session.firmware;
    this.chip = session.chip;
    this.clock = session.clock;
  }

  /**
   * What the last status of the boot before named as captured, and nobody has, is lost; possibly more. What has come
   * since that status is not.
   */
  private beginBoot(
    boot: { counter: number; random: number },
    received: ReadonlyMap<number, StreamState>,
  ): void {
    const before = bootText(this.boot);
    for (const [stream, { captured, overwritten, discarded }] of this.streams) {
      const state = received.get(stream);
      const readings = captured - overwritten - discarded - (state?.readings ?? 0);
      if (readings <= 0) continue;
      const end = Math.max(this.statusAt, state?.end ?? 0);
      const start = Math.min(
        end,
        state !== undefined && Number.isFinite(state.end) ? state.end : this.statusAt,
      );
      this.lose({ boot: before, stream, cause: 'reboot', readings, atLeast: true, start, end });
    }
    this.streams.clear();
    this.boot = { counter: boot.counter, random: boot.random };
  }

  onStatus(status: link.IStatus, wall: number): void {
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

  ended(wall: number): void {
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

function bootText(boot: { counter: number; random: number }): string {
  return `${boot.counter}-${boot.random.toString(16).padStart(8, '0')}`;
}
