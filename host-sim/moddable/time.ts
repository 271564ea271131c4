/** `time`: ticks wrap at 2³¹ ms as on the ESP32; `set` moves Date and nothing else. */
// biome-ignore lint/complexity/noStaticOnlyClass: the shape of the SDK's module
class Time {
  static set(seconds: number) {
    return native('sim_time_set').call(Time, seconds);
  }
  static get ticks() {
    return native('sim_time_ticks').call(Time);
  }
  static delta(start: number, end: number = Time.ticks): number {
    return (end - start) | 0;
  }
  static get timezone() {
    return 0;
  }
  static get dst() {
    return 0;
  }
}

export default Time;
