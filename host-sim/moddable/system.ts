/** `system`: the global `System`, as far as the firmware uses it. */
// biome-ignore lint/complexity/noStaticOnlyClass: the shape of the SDK's global
class SimulatedSystem {
  static restart() {
    return native('sim_device_restart').call(SimulatedSystem);
  }
}

(globalThis as { System?: unknown }).System = SimulatedSystem;
