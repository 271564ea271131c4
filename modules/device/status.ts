/** What the device tells of itself, for people: made only when asked. */

import type { Stream } from '../capture/collector';
import { statusOf } from '../capture/conservation';
import type { Device } from './device';

/** All but streams and log; plain data. */
export function detailsOf(device: Device): Record<string, unknown> {
  const { clock, network, identity, flashLog, problems } = device;
  return {
    uptime: clock.now(),
    reset_reason: identity.resetReason,
    firmware: identity.firmware,
    configuration: device.revision || 'embedded',
    problems,
    problem_count: device.problemCount,
    clock: { source: clock.wall.source, uncertainty: clock.wall.uncertainty },
    network: {
      up: network.up,
      ssid: network.ssid,
      rssi: network.rssi,
      address: network.address,
      connections: network.connections,
      losses: network.losses,
    },
    flash: flashLog.counters,
  };
}

/** Details, streams and log as JSON, a stream at a time: of fifteen, all at once would be 10 KB. */
export function writeStatus(device: Device, put: (json: string) => void): void {
  put(JSON.stringify(detailsOf(device)).slice(0, -1));
  put(',"streams":[');
  let first = true;
  for (const stream of device.capture.streams) {
    put((first ? '' : ',') + JSON.stringify(streamStatus(stream)));
    first = false;
  }
  put(`],"log":${JSON.stringify(device.log.recent)}}`);
}

function streamStatus(stream: Stream): Record<string, unknown> {
  const { number, ring, plan } = stream;
  const { resource, method } = plan.identity;
  return { number, resource, method, bytes: ring.bytes, quota: ring.quota, ...statusOf(stream) };
}
