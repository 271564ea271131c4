/** Time behind a seam, so that the whole gateway also runs in a simulation's virtual time. */
export interface GatewayClock {
  /** Monotonic milliseconds. */
  now(): number;
  /** Milliseconds since the Unix epoch. */
  wall(): number;
  /** Runs `action` once after `delay` milliseconds; the returned function cancels. */
  after(delay: number, action: () => void): () => void;
}

export const systemClock: GatewayClock = {
  now: () => performance.now(),
  wall: () => Date.now(),
  after(delay, action) {
    const timer = setTimeout(action, delay);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
