/**
 * Makes room when the disk is full (specification, "Automatic data deletion details"): while capture is enabled, the
 * disk is used to 90 % or more, and the capture directory is at least half of what is used, every Nth file goes, the
 * oldest first counted, those that were set aside as well. Only complete files of ours are ever deleted, and each one is
 * counted.
 */
import { statfs } from 'node:fs/promises';
import { type Clock, repeat } from '@sluice/common/clock';
import type { Logger } from 'pino';

export interface DiskGuardSettings {
  captureDisabled: boolean;
  /** Share of the disk in use from which on files are deleted. Default 0.9. */
  diskThreshold?: number;
  /** Share of what is in use that the capture directory must be. Default 0.5. */
  directoryThreshold?: number;
  /** Default 5: every fifth file. */
  everyNth?: number;
}

/** What somebody may delete for want of room. */
export interface Deletable<File> {
  /** Oldest first. */
  list(): readonly File[];
  /** Of everything that is ours on the disk, also what may not be deleted. */
  bytes(): number;
  /** Resolves to whether it went: not what is being delivered by now. */
  discard(file: File): Promise<boolean>;
}

export interface DiskGuardOptions<File> {
  files: Deletable<File>;
  disk(): Promise<Disk>;
  /** Told of each look. */
  looked?(disk: Disk): void;
  settings: DiskGuardSettings;
  clock: Clock;
  log: Logger;
}

/** Bytes. */
export interface Disk {
  used: number;
  total: number;
}

const period = 30_000;

/** The disk on which `path` lies; what only root may still use counts as used. */
export async function diskOf(path: string): Promise<Disk> {
  const { bsize, blocks, bavail } = await statfs(path);
  return { used: (blocks - bavail) * bsize, total: blocks * bsize };
}

export class DiskGuard<File> {
  readonly #options: DiskGuardOptions<File>;
  #settings: DiskGuardSettings;
  #end: (() => void) | undefined;

  constructor(options: DiskGuardOptions<File>) {
    this.#options = options;
    this.#settings = options.settings;
  }

  start(): void {
    const { clock, log } = this.#options;
    this.#end = repeat(
      clock,
      period,
      () => this.check(),
      ({ message: error }) => log.error({ error }, 'the disk could not be looked at'),
    );
  }

  configure(settings: DiskGuardSettings): void {
    this.#settings = settings;
  }

  /** @returns files deleted */
  async check(): Promise<number> {
    const { files, disk, looked, log } = this.#options;
    const { captureDisabled, diskThreshold = 0.9, directoryThreshold = 0.5, everyNth = 5 } = this.#settings;
    const { used, total } = await disk();
    looked?.({ used, total });
    if (captureDisabled) return 0;
    if (used < diskThreshold * total) return 0;
    const captured = files.bytes();
    if (captured < directoryThreshold * used) {
      log.warn(
        { used, total, captured },
        'the disk is nearly full, and it is not the capture directory that fills it',
      );
      return 0;
    }
    const victims = files.list().filter((_, index) => (index + 1) % everyNth === 0);
    let deleted = 0;
    for (const file of victims) if (await files.discard(file)) deleted++;
    log.warn({ used, total, captured, deleted }, `the disk is full: every ${everyNth}th file was deleted`);
    return deleted;
  }

  close(): void {
    this.#end?.();
  }
}
