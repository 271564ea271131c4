declare module 'timer' {
  /** Opaque: only `Timer`'s functions take it. */
  class Timer {
    private constructor();
    private brand: 'timer';
    /** Calls once after `delay` whole milliseconds (0: in the next turn); with `repeat`, again every `repeat` ms. */
    static set(callback: (timer: Timer) => void, delay?: number, repeat?: number): Timer;
    /** Calls every `interval` whole milliseconds. Does not drift: after a stall the missed calls come back to back. */
    static repeat(callback: (timer: Timer) => void, interval: number): Timer;
    /** Starts a repeating timer afresh; without `delay` it is put to rest until the next `schedule`. */
    static schedule(timer: Timer, delay?: number, repeat?: number): void;
    /** Anything that is not a live timer is ignored. A one-shot timer is gone after its call. */
    static clear(timer?: Timer | null): void;
    /** Blocks the whole machine. */
    static delay(milliseconds: number): void;
  }
  export default Timer;
}

declare module 'time' {
  const Time: {
    /** Sets the wall clock, Unix time in whole seconds. */
    set(seconds: number): void;
    /** Milliseconds, a signed 32-bit counter: it wraps from 2³¹ - 1 to -2³¹ (after 24.8 days). */
    readonly ticks: number;
    /** Milliseconds from `start` to `end` (now, when omitted), right across the wrap. */
    delta(start: number, end?: number): number;
    /** Microseconds since boot, a double. Only after `import 'microseconds'` somewhere. */
    readonly microseconds: number;
    /** Seconds east of UTC. */
    timezone: number;
    /** Daylight saving, seconds. */
    dst: number;
  };
  export default Time;
}

/** Imported for its effect: adds `Time.microseconds`. */
declare module 'microseconds' {}

declare module 'preference' {
  /** Kept across restarts (NVS on the ESP32). Domain and key at most 15 characters. Each call opens and commits. */
  const Preference: {
    /** Numbers are whole and 32-bit; throws for any other, for other types and for a view instead of an ArrayBuffer. */
    set(domain: string, key: string, value: boolean | number | string | ArrayBuffer): void;
    get(domain: string, key: string): boolean | number | string | ArrayBuffer | undefined;
    delete(domain: string, key: string): void;
    keys(domain: string): string[];
  };
  export default Preference;
}

declare module 'crypt' {
  export class Digest {
    constructor(type: 'SHA256');
    readonly blockSize: number;
    readonly outputSize: number;
    write(data: string | ByteBuffer): void;
    reset(): void;
    /** The digest of all that was written. `reset` before the instance is used again. */
    close(): ArrayBuffer;
    /** reset, write each, close. */
    process(...data: (string | ByteBuffer)[]): ArrayBuffer;
  }
}

declare module 'mc/config' {
  /** `config` of the manifests, and `name=value` of `mcconfig`'s command line. Frozen. */
  const config: Readonly<Record<string, unknown>>;
  export default config;
}

declare module 'resetReason' {
  export type ResetReason =
    | 'Unknown'
    | 'Power-On'
    | 'External Pin'
    | 'Software'
    | 'Panic'
    | 'Interrupt WDT'
    | 'Task WDT'
    | 'Other WDT'
    | 'Deep Sleep'
    | 'Brownout'
    | 'SDIO'
    | 'Invalid';
  /** Why the chip started: `reason` is `esp_reset_reason()`. `System.restart()` and an aborted VM are 'Software'. */
  export default function getResetReason(): { reason: number; string: ResetReason };
}

/** Imported for its effect: sets the globals `System` and `device`. `modules/io/manifest.json` preloads it. */
declare module 'system' {}

/** The SDK's non-standard globals of `modules/io`, as far as the firmware uses them. */
declare const System: {
  /** Restarts the chip at once; does not return. The next `resetReason` is 'Software'. */
  restart(): never;
};
