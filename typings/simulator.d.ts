/** Native modules of the simulator's host, described in host-sim/README.md. Firmware never imports them. */

declare module 'sim/bridge' {
  /** Calls the Node parent and waits. Throws with the parent's message. */
  export function call(channel: number, bytes: ByteBuffer): ArrayBuffer;
  /**
   * The same without memory for either: the call is the prefix, up to eight bytes, with `bytes` behind it, and the reply
   * is written to `into`, which may be `bytes`. Returns how long it was; throws when `into` is shorter.
   */
  export function callInto(
    channel: number,
    into: ByteBuffer,
    bytes: ByteBuffer | undefined,
    ...prefix: number[]
  ): number;
  /** One callback a channel. */
  export function listen(channel: number, callback?: (bytes: ArrayBuffer) => void): void;
}

declare module 'sim/device' {
  /** Six hexadecimal pairs in lower case with colons. */
  export function mac(): string;
}

declare module 'sim/pins' {
  export function analog(pin: number): number | undefined;
  export function digital(pin: number): 0 | 1;
  export function edges(pin: number, kind: 1 | 2 | 3): number;
  /** As the SDK sets up the pulse counter; `control` -1: none. Since boot. */
  export function quadrature(signal: number, control: number): number;
  /** Microseconds of the last pulse that has ended since the last call; `edges` as in PulseWidth, `anew`: from now. */
  export function width(pin: number, edges: number, anew?: boolean): number | undefined;
  export function write(pin: number, value: number): void;
  export function watch(pin: number, kind: 1 | 2 | 3, callback?: () => void): void;
}

/** Written by the bundler. */
declare module 'sim/board' {
  /** The pins of the board's chip (modules/resources/chips.ts). */
  export const chip: {
    readonly analog: readonly number[];
    readonly pins: readonly [number, number];
    readonly absent: readonly number[];
    readonly flash: readonly number[];
    readonly inputOnly: readonly number[];
  };
  /** Units of the pulse counter; 0: none. */
  export const pulseCounters: number;
  export const pwm: { readonly channels: readonly number[]; readonly lowestHz: readonly number[] };
  export const captureTimers: number;
  export const i2cBuses: number;
}

declare module 'sim/device' {
  export function mac(): string;
  export function random(): number;
}

declare module 'sim/meter' {
  export function computrons(): number;
  export function bytes(): number;
  export function collect(): void;
  export function collections(): number;
  export function instructions(): number;
  export function work(instructions: number): void;
}
