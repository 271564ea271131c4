/** `net`: what the interface knows of itself and its network. */

import WiFi from 'embedded:network/interface/wifi';
import { isRadioStarted } from 'sim/network/radio';
import { resolve } from 'sim/network/sockets';

const Net = Object.freeze({
  get(what: string): string | number | string[] | undefined {
    if (what === 'DNS') return ['10.0.0.1'];
    if (!isRadioStarted()) return undefined;
    const wifi = new WiFi({});
    try {
      switch (what) {
        case 'IP':
          return wifi.address;
        case 'MAC':
          return wifi.MAC?.toUpperCase();
        case 'SSID':
          return wifi.SSID;
        case 'BSSID':
          return wifi.BSSID?.toUpperCase();
        case 'RSSI':
          return wifi.RSSI;
        default:
          return undefined;
      }
    } finally {
      wifi.close();
    }
  },
  resolve(host: string, callback: (host: string, address?: string) => void): void {
    resolve(host, (address) => callback(host, address || undefined));
  },
});

export default Object.freeze(Net);
