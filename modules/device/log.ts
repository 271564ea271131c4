/**
 * The one logger of the device.
 *
 * In: lines. Out: the debugger's console, and the last lines for the status.
 * Holds: bounded memory; what repeats itself is written at most once a minute a key, with the number left out.
 * Secrets are never passed to it.
 */

export type LogLevel = 'error' | 'warning' | 'info';

export interface LogLine {
  time: number;
  level: LogLevel;
  message: string;
}

/** Lines kept for the status. */
const KEPT = 8;
/** Characters of a line. */
const LONGEST = 160;
/** ms between two lines of the same key. */
const INTERVAL = 60_000;
/** Keys remembered; beyond that the least recently written is forgotten. */
const KEYS = 64;

export class Log {
  private readonly clock: { now(): number };
  private readonly write: (text: string) => void;
  private readonly lines: LogLine[] = [];
  private readonly repeated = new Map<string, { time: number; left: number }>();

  constructor(clock: { now(): number }, write: (text: string) => void) {
    this.clock = clock;
    this.write = write;
  }

  /** The last lines, the oldest first. */
  get recent(): readonly LogLine[] {
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
   * A fault that may come with every reading: written at most once a minute.
   * @param describe is asked only when the line is written
   */
  repeating(key: string, describe: () => string): void {
    const now = this.clock.now();
    const entry = this.repeated.get(key);
    if (entry && now - entry.time < INTERVAL) {
      entry.left++;
      return;
    }
    const left = entry?.left ?? 0;
    this.repeated.delete(key);
    if (this.repeated.size >= KEYS) this.repeated.delete(this.repeated.keys().next().value!);
    this.repeated.set(key, { time: now, left: 0 });
    this.add(
      'error',
      left > 0 ? `${describe()} (and ${left} times since the last line of this)` : describe(),
    );
  }

  private add(level: LogLevel, text: string): void {
    const message = text.length > LONGEST ? `${text.slice(0, LONGEST - 1)}…` : text;
    if (this.lines.length >= KEPT) this.lines.shift();
    this.lines.push({ time: this.clock.now(), level, message });
    this.write(`${level}: ${message}\n`);
  }
}
