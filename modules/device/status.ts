/** What the device tells of itself, for people: plain data, made only when asked. */
import { statusOf } from '../capture/conservation';
import type { Device } from './device';

export function describe(device: Device): Record<string, unknown> {
  const { clock, network, identity, capture, flashLog, problems, log } = device;
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
    streams: capture.streams.map((stream) => ({
      number: stream.number,
      resource: stream.plan.identity.resource,
      method: stream.plan.identity.method,
      bytes: stream.ring.bytes,
      quota: stream.ring.quota,
      ...statusOf(stream),
    })),
    flash: flashLog.counters,
    log: log.recent.map(({ time, level, message }) => `${Math.round(time / 1000)} s ${level}: ${message}`),
  };
}
