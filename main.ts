/** The firmware's entry: called once the modules are loaded. The device owns everything; see modules/device. */
import { Device } from './modules/device/device';
import { Uplink } from './modules/uplink/uplink';

/** What a device captures until its gateway tells it otherwise: the strength of its WiFi, every ten seconds. */
const configuration = `{
  "components": [
    {
      "name": "wifi",
      "api": "rdk:component:sensor",
      "model": "wifi-rssi",
      "service_configs": [
        {
          "type": "data_manager",
          "attributes": {
            "capture_methods": [{ "method": "Readings", "capture_frequency_hz": 0.1, "cache_size_kb": 10 }]
          }
        }
      ]
    }
  ],
  "services": [{ "name": "data_manager", "api": "rdk:service:data_manager", "attributes": {} }]
}`;

export default function main(): void {
  new Device({ configuration, firmware: '0.1.0', uplink: (host) => new Uplink(host) });
}
