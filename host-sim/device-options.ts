/** What a simulated device is started with, and what it tells. */
import type { HostKind } from './build/host-build';
import type { RealClock, VirtualClock } from './clock';

import type { Exit } from './exit';
import type { FlashOptions } from './flash-image';
import type { BoardName } from './manifest/boards';
import type { NetworkDevice } from './network/types';
import type { Signal } from './signals';

export interface ChannelHandler {
  /** `bytes` is only valid during the call. A promise holds the device until it settles. */
  call(bytes: Uint8Array, now: number): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  /** The boot has ended: drop everything that belonged to it. */
  reset?(): void;
}

export interface DeviceNetwork {
  attach(device: NetworkDevice): void;
  detach?(device: NetworkDevice): void;
}

export interface DeviceOptions {
  /** A manifest.json, or the directory that has one. */
  firmware: string;
  board?: BoardName;
  /** Bytes of the arena instead of the board's: how little memory is enough? */
  arena?: number;
  /** Values of `mc/config`, over the manifest's. */
  config?: Record<string, unknown>;
  /** `virtual` (default) makes a clock of its own unless `clock` is given. */
  time?: 'virtual' | 'real';
  clock?: VirtualClock | RealClock;
  /** Seeds Math.random, the chip's random numbers, the flash's spread and faults, and `device.random`. */
  seed?: number;
  mac?: string;
  pins?: Record<number, Signal | readonly Signal[]>;
  flash?: FlashOptions;
  /** Where flash image and preferences are kept; omitted: a temporary directory, removed by `close`. */
  directory?: string;
  /** Every pin read and written goes to this file (host-sim/truth.ts). */
  truth?: string;
  /** Omitted: a radio without any access point in reach. */
  network?: DeviceNetwork;
  /** After a boot has ended by itself: start again `rebootDelay` ms later (default), or stay off until `reboot()`. */
  reboots?: 'automatic' | 'manual';
  /** ms from the end of a boot to the first line of JavaScript of the next; 300 by default. */
  rebootDelay?: number;
  /** Computrons that one turn of the event loop may take before the watchdog bites. */
  turnLimit?: number;
  /**
   * Million instructions a second: what JavaScript, collections and TLS records take of virtual time, so that a device
   * can be too slow for its work, and messages wait meanwhile. Omitted: they take none. An ESP32-C3 at 160 MHz does about
   * 125. What is how many instructions stands in speed.ts.
   */
  mips?: number;
  /** Another host than this machine's usual one; `wrapper`: a command to run it under. */
  host?: HostKind & { wrapper?: readonly string[] };
  trace?: (text: string) => void;
  /**
   * Its process has ended, and not by the firmware's doing: it was killed, or has a fault of its own. `reboot()` begins the
   * next boot. Omitted: whatever is asked of the device next fails.
   */
  died?: (error: Error) => void;
  /** A boot has ended by itself. */
  exited?: (exit: Exit) => void;
}

export type DeviceEvent =
  | { kind: 'boot'; at: number; boot: number }
  | { kind: 'trace'; at: number; boot: number; text: string }
  | ({ kind: 'exit' } & Exit);
