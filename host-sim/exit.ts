/** How a boot ended, by the host's exit code (host-sim/xs/host.h). */
export type ExitReason =
  | 'stopped'
  | 'restart'
  | 'memory full'
  | 'stack overflow'
  | 'no more keys'
  | 'unhandled exception'
  | 'unhandled rejection'
  | 'watchdog'
  | 'power cut'
  | 'dead strip';

const reasons: Record<number, ExitReason> = {
  0: 'stopped',
  10: 'restart',
  11: 'memory full',
  12: 'stack overflow',
  13: 'no more keys',
  14: 'unhandled exception',
  15: 'unhandled rejection',
  16: 'watchdog',
  17: 'power cut',
  18: 'dead strip',
};

export function exitReason(code: number): ExitReason | undefined {
  return reasons[code];
}

/** `esp_reset_reason()` of the boot that follows: an aborted VM calls esp_restart, so it is software's. */
export function resetReasonAfter(reason: ExitReason): number {
  const powerOn = 1;
  const software = 3;
  const taskWatchdog = 6;
  if (reason === 'power cut' || reason === 'stopped') return powerOn;
  return reason === 'watchdog' ? taskWatchdog : software;
}

export interface Exit {
  reason: ExitReason;
  /** The exception with its stack, or where the frames were. */
  detail: string;
  /** ms of the clock. */
  at: number;
  boot: number;
}

/** What a boot used, host-sim/xs/report.c. Slots and keys are counted, times in ms, the rest bytes. */
export interface Report {
  now: number;
  sinceBoot: number;
  boot: number;
  slots: { current: number; peak: number; reserved: number };
  chunks: { current: number; peak: number; reserved: number };
  stack: { peak: number; size: number };
  keys: { used: number; available: number };
  arena: { size: number; peak: number };
  /** Only of a report with `collect`: objects of each class, their slots, and the bytes of their chunks. */
  census?: Record<string, [objects: number, slots: number, chunkBytes: number]>;
  /** The same: names that became keys since the boot, each of which stays for ever. */
  keyNames?: string[];
  /** Mutable module variables and objects that preloading left in RAM. */
  aliases: number;
  collections: number;
  /** Bytecodes executed. */
  meter: number;
  timers: number;
  /** Events for a channel nobody listened to. */
  dropped: number;
  slotSize: number;
  flash: {
    /** Pages programmed and sectors erased since boot; faults are named by this number. */
    operations: number;
    reads: number;
    readBytes: number;
    programs: number;
    programBytes: number;
    erases: number;
    /** Bits a program wanted 1 where they were 0 already: a write to what was not erased. */
    setBits: number;
    stalled: number;
    wear: { most: number; sum: number };
  };
}
