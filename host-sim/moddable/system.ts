/** `system`: the global `System`, as far as the firmware uses it. */
class SimulatedSystem {
  static restart() {
    return native('sim_device_restart').call(SimulatedSystem);
  }
}

(globalThis as { System?: unknown }).System = SimulatedSystem;
