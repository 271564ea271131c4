/**
 * Stands in for the SDK's `setup/network`, which runs before `main` and lets it wait for WiFi and for SNTP: here
 * capture comes first, and the network is `modules/device/network`'s.
 */
export default function (done: () => void): void {
  done();
}
