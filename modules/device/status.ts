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

/**
 * Details, streams and log as JSON in pieces, a stream each: of fifteen, all at once would be 10 KB. Each stream is as
 * it is when its piece is asked for, so its own counts agree.
 */
export function* statusPieces(device: Device): Generator<string, string> {
  yield JSON.stringify(detailsOf(device)).slice(0, -1);
  yield ',"streams":[';
  let separator = '';
  let told = -1;
  for (let stream = nextOf(device, told); stream !== undefined; stream = nextOf(device, told)) {
    yield separator + JSON.stringify(streamStatus(stream));
    separator = ',';
    told = stream.number;
  }
  yield '],"log":[';
  separator = '';
  for (const line of device.log.recent.slice()) {
    yield separator + JSON.stringify(line);
    separator = ',';
  }
  return ']}';
}

/** Streams come and go between two pieces; their numbers only grow. */
function nextOf({ capture }: Device, told: number): Stream | undefined {
  return capture.streams.find(({ number }) => number > told);
}

function streamStatus(stream: Stream): Record<string, unknown> {
  const { number, ring, plan } = stream;
  const { resource, method } = plan.identity;
  return { number, resource, method, bytes: ring.bytes, quota: ring.quota, ...statusOf(stream) };
}
