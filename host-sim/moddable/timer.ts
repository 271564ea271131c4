/** `timer`: the SDK's, in host-sim/xs/clock.c. */
// biome-ignore lint/complexity/noStaticOnlyClass: the shape of the SDK's module
class Timer {
  static set(callback: unknown, delay?: number, repeat?: number) {
    return native('sim_timer_set').call(Timer, callback, delay, repeat);
  }
  static repeat(callback: unknown, interval: number) {
    return native('sim_timer_repeat').call(Timer, callback, interval);
  }
  static schedule(timer: unknown, delay?: number, repeat?: number) {
    return native('sim_timer_schedule').call(Timer, timer, delay, repeat);
  }
  static clear(timer: unknown) {
    return native('sim_timer_clear').call(Timer, timer);
  }
  static delay(milliseconds: number) {
    return native('sim_timer_delay').call(Timer, milliseconds);
  }
}

export default Timer;
