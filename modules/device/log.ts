/**
 * The one logger of the device.
 *
 * In: lines. Out: the debugger's console, and the last lines for the status.
 * Holds: bounded memory; what repeats itself is written at most once a minute a key, with the number left out.
 * Secrets are never passed to it.
 */

export type LogLevel = 'error' | 'warning' | 'info';

/** Lines kept for the status. */
const mostKept = 8;
/** Characters of a message. */
const longestMessage = 160;
/** ms between two lines of the same key. */
const repeatInterval = 60_000;
/** Keys remembered; beyond that the least recently written is forgotten. */
const mostKeys = 32;

export class Log {
  private readonly clock: { now(): number };
  private readonly write: (text: string) => void;
  private readonly lines: string[] = [];
  /** What repeats itself: keys, ms of their last lines, and how often since. The least recently written first. */
  private readonly keys: string[] = [];
  private readonly times: number[] = [];
  private readonly left: number[] = [];

  constructor(clock: { now(): number }, write: (text: string) => void) {
    this.clock = clock;
    this.write = write;
  }

  /** The last lines with their time since boot, the oldest first. */
  get recent(): readonly string[] {
    return this.lines;
  }

  error(message: string): void {
    this.add('error', message);
  }

  warning(message: string): void {
    this.add('warning', message);
  }

  info(message: string): void {
    this.add('info', message);
  }

  /**
   * What may come with every reading: written at most once a minute.
   * @param describe is asked only when the line is written
   */
  repeating(key: string, describe: () => string, level: LogLevel = 'error'): void {
    const { keys, times, left } = this;
    const now = this.clock.now();
    const index = keys.indexOf(key);
    if (index >= 0 && now - times[index]! < repeatInterval) {
      left[index]!++;
      return;
    }
    const before = index < 0 ? 0 : left[index]!;
    const forgotten = index < 0 && keys.length >= mostKeys ? 0 : index;
    if (forgotten >= 0) for (const list of [keys, times, left]) list.splice(forgotten, 1);
    keys.push(key);
    times.push(now);
    left.push(0);
    this.add(
      level,
      before > 0 ? `${describe()} (and ${before} times since the last line of this)` : describe(),
    );
  }

  private add(level: LogLevel, text: string): void {
    const message = text.length > longestMessage ? `${text.slice(0, longestMessage - 1)}…` : text;
    if (this.lines.length >= mostKept) this.lines.shift();
    const line = `${level}: ${message}`;
    this.lines.push(`${Math.round(this.clock.now() / 1000)} s ${line}`);
    this.write(`${line}\n`);
  }
}
