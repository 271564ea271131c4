/**
 * Wall time by SNTP, as often as the network allows.
 *
 * In: time servers, a network that is up. Out: offsets to the clock, an hour apart.
 * Holds: one request at a time; a failure is tried again a minute later, with the next server; while no time is known,
 * as soon as a server bears it, and once somebody else has answered. The SDK's client takes an answer from anybody, so
 * one that is no time, or far from the time that was known, sets nothing by itself.
 */
import type SNTP from 'sntp';
import type Timer from 'timer';
import type { Clock } from './clock';
import type { Log } from './log';

const refreshInterval = 3_600_000;
const retryInterval = 60_000;
/** ms between two requests, at least (RFC 4330, section 10). */
const leastInterval = 15_000;
/** ms in which an answer comes where the network works. */
const usualAnswer = 2_000;
/** The SDK's client gives whole seconds, rounded down: half a second on average, as much to either side. */
const halfSecond = 500;
/** What the SDK makes of a time stamp of 0, by which a server says that it does not know (RFC 4330, section 4): Unix seconds. */
const unknownTime = 2 ** 32 - 2_208_988_800;
/** ms by which an answer may differ from the time that was known. One beyond counts when the next says the same. */
const largestJump = 60_000;

export interface TimeSyncOptions {
  clock: Clock;
  sntp: typeof SNTP;
  timer: Pick<typeof Timer, 'set' | 'clear'>;
  servers: readonly string[];
  /** The wall clock that certificates are checked by, Unix seconds. */
  time: { set(seconds: number): void };
  log: Log;
}

export class TimeSync {
  private readonly options: TimeSyncOptions;
  private client: SNTP | undefined;
  private timer: Timer | undefined;
  private index = 0;
  private up = false;
  /** Monotonic ms: of the last request, and before which nobody's answer brings about another. */
  private askedAt = 0;
  private patientUntil = 0;
  /** The offset of an answer that was too far away, once there was one. */
  declare private doubted: number | undefined;

  constructor(options: TimeSyncOptions) {
    this.options = options;
  }

  /** The network has come or gone. */
  network(up: boolean): void {
    this.up = up;
    this.stop();
    if (up) this.ask();
  }

  /** Somebody was reached, so what nobody answered until now may be answered. */
  reached(): void {
    const { clock } = this.options;
    const now = clock.now();
    if (!this.up || clock.wall.source !== 'unknown') return;
    if (now < this.patientUntil || now - this.askedAt < usualAnswer) return;
    this.patientUntil = now + leastInterval;
    this.stop();
    this.ask();
  }

  close(): void {
    this.network(false);
  }

  private ask(): void {
    const { servers, sntp, clock } = this.options;
    const started = clock.now();
    this.askedAt = started;
    const host = servers[this.index % servers.length]!;
    try {
      this.client = new sntp({ host }, (message, value) => {
        if (message === sntp.time) {
          this.client = undefined;
          this.answered(host, value as number, clock.now() - started);
        } else if (message === sntp.error) {
          this.client = undefined;
          this.failed(host, String(value));
        }
      });
    } catch (error) {
      this.failed(host, error instanceof Error ? error.message : String(error));
    }
  }

  private answered(host: string, seconds: number, waited: number): void {
    const { clock, time } = this.options;
    const offset = seconds * 1000 + halfSecond - clock.now();
    if (this.isFar(offset)) {
      this.doubted = offset;
      this.failed(host, `${Math.round((offset - clock.wall.offset) / 1000)} s from the time that was known`);
      return;
    }
    // Of a long wait for a lost packet's repetition only the last exchange counts, and that is not told: cap it.
    const uncertainty = halfSecond + Math.min(waited, 5_000) / 2;
    if (seconds === unknownTime || !clock.setWall('sntp', offset, uncertainty)) {
      this.failed(host, `${seconds} s since 1970 is not the time`);
      return;
    }
    time.set(seconds);
    this.later(refreshInterval);
  }

  private isFar(offset: number): boolean {
    const { wall } = this.options.clock;
    if (wall.source === 'unknown' || Math.abs(offset - wall.offset) <= largestJump) return false;
    return this.doubted === undefined || Math.abs(offset - this.doubted) > largestJump;
  }

  private failed(host: string, reason: string): void {
    this.options.log.repeating('sntp', () => `time server ${host}: ${reason}`);
    this.index++;
    this.later(this.options.clock.wall.source === 'unknown' ? leastInterval : retryInterval);
  }

  private later(delay: number): void {
    if (!this.up) return;
    this.timer = this.options.timer.set(() => {
      this.timer = undefined;
      this.ask();
    }, delay);
  }

  private stop(): void {
    this.client?.close();
    this.client = undefined;
    if (this.timer !== undefined) this.options.timer.clear(this.timer);
    this.timer = undefined;
  }
}
