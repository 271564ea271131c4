/**
 * `setup/network` of the SDK for the ESP32: where `config.ssid` is set, `main` waits for WiFi, which is tried once, and
 * then for SNTP, for up to 25 s. A firmware that has its own network leaves this module out and brings another.
 */

import WiFi from 'embedded:network/interface/wifi';
import config from 'mc/config';
import SNTP from 'sntp';
import Time from 'time';

/** ms; a clock that is past it needs no SNTP. */
const set = 1_672_722_071_000;

export default function (done: () => void): void {
  const { ssid, password, sntp = 'pool.ntp.org' } = config as Record<string, string>;
  if (!ssid) {
    done();
    return;
  }
  const wifi = new WiFi({
    onChanged(this: WiFi) {
      if (this.connection < 500) return;
      this.close();
      if (!sntp || Date.now() > set) {
        done();
        return;
      }
      new SNTP({ host: sntp }, (message, value) => {
        if (message === SNTP.time) Time.set(value as number);
        else if (message !== SNTP.error) return undefined;
        done();
        return undefined;
      });
    },
  });
  wifi.connect(password ? { SSID: ssid, password } : { SSID: ssid });
}
