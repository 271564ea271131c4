/** The NOR flash of a device: its image file, its timing, its faults (host-sim/xs/flash.c). */
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import type { Partition } from './manifest/partitions';

export interface FlashOptions {
  /** How long operations take: `none` (default), `typical`, or `worst` of the data sheets of usual chips. */
  timing?: 'none' | 'typical' | 'worst';
  /** Erases a sector bears before some of its bits stay 0. */
  endurance?: number;
  /** Instead of the manifest's partition table: label → bytes, whole sectors. */
  partitions?: Record<string, number>;
}

/** Winbond W25Q32JV: sector erase 45 ms typical, 400 ms at most; page program 0.4 and 3 ms; reads at 80 MHz dual. */
const timings = {
  none: [0, 0, 0, 0],
  typical: [45_000, 400, 60, 0.2],
  worst: [400_000, 3000, 120, 0.1],
};

const sector = 4096;

export class FlashImage {
  readonly #regions: { label: string; offset: number; size: number }[];
  readonly #pending: string[] = [];
  readonly #options: FlashOptions;
  readonly #send: (line: string) => void;

  constructor(
    /** The raw image; beside it `<path>.wear` counts each sector's erases (u32). */
    readonly path: string,
    partitions: readonly Partition[],
    options: FlashOptions,
    send: (line: string) => void,
  ) {
    this.#options = options;
    this.#send = send;
    let offset = 0;
    this.#regions = options.partitions
      ? Object.entries(options.partitions).map(([label, size]) => {
          const region = { label, offset, size };
          offset += size;
          return region;
        })
      : partitions.map(({ label, offset, size }) => ({ label, offset, size }));
    const size = Math.max(sector, ...this.#regions.map((region) => region.offset + region.size));
    if (!existsSync(path)) writeFileSync(path, Buffer.alloc(Math.ceil(size / sector) * sector, 0xff));
  }

  /** A partition's bytes as they are now. */
  read(label: string): Buffer {
    const { offset, size } = this.#region(label);
    return readFileSync(this.path).subarray(offset, offset + size);
  }

  /** Puts bytes into a partition while the device is off. */
  write(label: string, bytes: Uint8Array): void {
    const { offset, size } = this.#region(label);
    if (bytes.length > size) throw new RangeError(`${label} has ${size} bytes`);
    const image = readFileSync(this.path);
    image.set(bytes, offset);
    writeFileSync(this.path, image);
  }

  /** How often each sector of a partition was erased. */
  wear(label: string): Uint32Array {
    const { offset, size } = this.#region(label);
    const path = `${this.path}.wear`;
    if (!existsSync(path)) return new Uint32Array(size / sector);
    const counts = readFileSync(path);
    return Uint32Array.from({ length: size / sector }, (_, index) =>
      counts.readUInt32LE((offset / sector + index) * 4),
    );
  }

  /**
   * Takes the power away in the given operation (pages programmed and sectors erased, counted from the boot): before it
   * (`fraction` 0), inside it, or after it (1). For the boot that runs.
   */
  cutPower(operation: number, fraction = 0.5): void {
    this.#send(`flash\tcut\t${operation}\t${fraction}`);
  }

  /** The same, but counted from now: after so many more operations, however many there were. */
  cutPowerSoon(operations: number, fraction = 0.5): void {
    this.#send(`flash\tcutsoon\t${operations}\t${fraction}`);
  }

  /** Makes the next such operation from that number on fail: with an exception, or `silent`ly. */
  fail(kind: 'erase' | 'program', operation = 0, how: 'throw' | 'silent' = 'throw'): void {
    this.#send(`flash\tfail\t${kind}\t${how}\t${operation}`);
  }

  /** The lines for a boot. */
  lines(): string[] {
    const { size } = statSync(this.path);
    return [
      `flash\timage\t${this.path}\t${size}`,
      ...this.#regions.map(({ label, offset, size }) => `flash\tpartition\t${label}\t${offset}\t${size}`),
      `flash\ttiming\t${timings[this.#options.timing ?? 'none'].join('\t')}`,
      ...(this.#options.endurance ? [`flash\tendurance\t${this.#options.endurance}`] : []),
      ...this.#pending.splice(0),
    ];
  }

  /** The same faults for the boot that follows, e.g. while it recovers. */
  nextBoot = {
    cutPower: (operation: number, fraction = 0.5) => {
      this.#pending.push(`flash\tcut\t${operation}\t${fraction}`);
    },
    fail: (kind: 'erase' | 'program', operation = 0, how: 'throw' | 'silent' = 'throw') => {
      this.#pending.push(`flash\tfail\t${kind}\t${how}\t${operation}`);
    },
  };

  #region(label: string): { offset: number; size: number } {
    const region = this.#regions.find((region) => region.label === label);
    if (!region) throw new Error(`no partition '${label}'`);
    return region;
  }
}
