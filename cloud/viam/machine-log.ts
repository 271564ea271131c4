/** What machines log, in this program's log: bounded, so that one that is out of order does not fill the disk. */
import type { Plain } from '@sluice/common/viam/messages';
import type { Logger } from 'pino';

/** Entries of a machine in a window; what is beyond is counted. */
const mostEntries = 500;
/** Milliseconds. */
const windowLength = 10_000;
const longestMessage = 4_096;

interface Window {
  begun: number;
  entries: number;
}

export class MachineLog {
  readonly #log: Logger;
  readonly #now: () => number;
  readonly #windows = new Map<string, Window>();

  /** @param now milliseconds */
  constructor(log: Logger, now: () => number) {
    this.#log = log;
    this.#now = now;
  }

  /** @param machine one that there is: each has a window */
  take(machine: string, entries: readonly Plain[] = []): void {
    const window = this.#window(machine);
    for (const entry of entries) {
      if (++window.entries > mostEntries) continue;
      const { level, time, logger_name: logger, message, stack } = entry;
      this.#log[levelOf(level)](
        { machine, logger: short(logger), at: time, ...(stack !== '' && { stack: short(stack) }) },
        short(message),
      );
    }
  }

  #window(machine: string): Window {
    const now = this.#now();
    const window = this.#windows.get(machine);
    if (window !== undefined && now - window.begun < windowLength) return window;
    const leftOut = (window?.entries ?? 0) - mostEntries;
    if (leftOut > 0) this.#log.warn({ machine, leftOut }, 'a machine logs more than is kept');
    const next = { begun: now, entries: 0 };
    this.#windows.set(machine, next);
    return next;
  }
}

function levelOf(level: unknown): 'debug' | 'info' | 'warn' | 'error' {
  const name = String(level).toLowerCase();
  if (name === 'debug' || name === 'warn' || name === 'error') return name;
  return /^(fatal|panic|dpanic)$/.test(name) ? 'error' : 'info';
}

function short(text: unknown): string {
  return String(text ?? '').slice(0, longestMessage);
}
