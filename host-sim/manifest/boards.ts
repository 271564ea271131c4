/**
 * Boards: the memory that XS gets on each, as the SDK's target manifests set it (`build/devices/esp32/targets/*`,
 * SDK 8.2.3), and their default flash. Sizes in bytes, heap and stack in slots of 16 bytes.
 */
import { type Chip, findChip } from '../../modules/resources/chips';

export interface Creation {
  /** Bytes that chunks and slots share; 0: both have fixed pools of their own. */
  static: number;
  chunk: { initial: number; incremental: number };
  heap: { initial: number; incremental: number };
  stack: number;
  keys: { initial: number; incremental: number; name: number; symbol: number };
}

export interface Board {
  creation: Creation;
  /** Its pins: the firmware's own table. */
  chip: Chip;
  /** Units of the pulse counter. */
  pulseCounters: number;
  pwm: PwmLimits;
  /** Units that time pulses: a capture timer each, and the SDK takes them of one group. */
  captureTimers: number;
  /** Bytes. */
  flash: number;
  /** TCP's send buffer and receive window, bytes: CONFIG_LWIP_TCP_SND_BUF_DEFAULT and _WND_DEFAULT. */
  window: number;
}

/** What the LED controller makes PWM of, as the SDK uses it. */
export interface PwmLimits {
  channels: readonly number[];
  /** The lowest frequency of each resolution from 8 bits on, Hz, as the SDK has measured it. */
  lowestHz: readonly number[];
}

/** Of `examples/manifest_base.json`. Names are made as they come: the table has room for so many more, then grows. */
const keys = { initial: 32, incremental: 32, name: 53, symbol: 3 };
const pools: Creation = {
  static: 0,
  chunk: { initial: 78848, incremental: 0 },
  heap: { initial: 4928, incremental: 0 },
  stack: 512,
  keys,
};

export const boards = {
  esp32: {
    creation: pools,
    chip: findChip('esp32'),
    pulseCounters: 8,
    pwm: { channels: [4, 5, 6, 7], lowestHz: [65, 33, 17, 9, 5, 3, 2] },
    captureTimers: 1,
    flash: 4 << 20,
    window: 8_192,
  },
  esp32c3: {
    creation: {
      static: 94208,
      chunk: { initial: 1536, incremental: 512 },
      heap: { initial: 512, incremental: 64 },
      stack: 384,
      keys,
    },
    chip: findChip('esp32c3'),
    pulseCounters: 0,
    pwm: { channels: [4, 5], lowestHz: [71, 36, 18, 9, 5, 3, 2] },
    captureTimers: 0,
    flash: 4 << 20,
    window: 5_744,
  },
  esp32s3: {
    creation: pools,
    chip: findChip('esp32s3'),
    pulseCounters: 4,
    pwm: { channels: [4, 5, 6, 7], lowestHz: [68, 34, 17, 9, 5, 3, 2] },
    captureTimers: 1,
    flash: 8 << 20,
    window: 5_744,
  },
} satisfies Record<string, Board>;

export type BoardName = keyof typeof boards;

/** The manifest's `creation` over the board's, as `mcconfig` merges them. */
export function mergeCreation(board: Creation, manifest: Record<string, unknown>): Creation {
  const part = (name: string) => (manifest[name] ?? {}) as Record<string, number>;
  return {
    static: (manifest.static as number | undefined) ?? board.static,
    chunk: { ...board.chunk, ...part('chunk') },
    heap: { ...board.heap, ...part('heap') },
    stack: (manifest.stack as number | undefined) ?? board.stack,
    keys: { ...board.keys, ...part('keys') },
  };
}
