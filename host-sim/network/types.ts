/** What the simulated network needs of a device and of its clock; `SimulatedDevice` and `Clock` provide it. */
export interface NetworkClock {
  readonly kind: 'real' | 'virtual';
  /** Milliseconds since the simulation began. */
  now(): number;
  /** Runs `action` at `time` and waits for its promise; returns a function that cancels. */
  at(time: number, action: () => void | Promise<void>): () => void;
}

export interface ChannelHandler {
  call(bytes: Uint8Array, now: number): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  reset?(): void;
}

export interface NetworkDevice {
  readonly clock: NetworkClock;
  /** Of its TCP: send buffer and receive window, bytes; an ESP32's when it does not say. */
  readonly window?: number;
  channel(number: number, handler: ChannelHandler): void;
  post(number: number, bytes: Uint8Array, at?: number): void;
}

/** A stretch of simulated time, milliseconds; `until` omitted: for good. */
export interface Stretch {
  from: number;
  until?: number;
}
