/** What the device tells of itself, for people: made only when asked. */

import type { Capture } from '../capture/capture';
import type { Stream } from '../capture/collector';
import { statusOf } from '../capture/conservation';
import { FlashCounters } from '../ring/counters';
import type { FlashLog } from '../ring/flash-log';
import type { Identity, Waiting } from '../uplink/uplink-host';
import type { AbsentResources } from './absent-resources';
import type { Clock } from './clock';
import type { Log } from './log';
import type { Network } from './network';

/** What the status is of. */
export interface Told {
  readonly clock: Clock;
  readonly identity: Identity;
  readonly revision: string;
  readonly problems: string[];
  readonly problemCount: number;
  /** Resources that could not be built yet. */
  readonly absent?: AbsentResources | undefined;
  readonly network: Network;
  /** What the uplink waits for, while it has no session. */
  readonly waiting: Waiting | undefined;
  readonly flashLog: FlashLog;
  readonly capture: Capture;
  readonly log: Log;
}

/** What each member tells, as plain data. */
const members: Readonly<Record<string, (device: Told) => unknown>> = Object.freeze(
  {
    uptime: ({ clock }: Told) => clock.now(),
    reset_reason: ({ identity }: Told) => identity.resetReason,
    firmware: ({ identity }: Told) => identity.firmware,
    configuration: ({ revision }: Told) => revision || 'embedded',
    problems: ({ problems }: Told) => problems,
    problem_count: ({ problemCount }: Told) => problemCount,
    absent: ({ absent }: Told) => absent?.status ?? null,
    clock: ({ clock: { wall } }: Told) => ({ source: wall.source, uncertainty: wall.uncertainty }),
    network: ({ network }: Told) => ({
      up: network.up,
      ssid: network.ssid,
      rssi: network.rssi,
      address: network.address,
      connections: network.connections,
      losses: network.losses,
    }),
    waiting: ({ waiting, clock }: Told) =>
      waiting ? { for: waiting.for, ms: waiting.until && Math.max(0, waiting.until - clock.now()) } : null,
  },
  true,
);

// Made when preloading: they take no memory of the device.
const memberNames = Object.freeze(Object.keys(members));
const counterNames = Object.freeze(Object.keys(new FlashCounters()) as (keyof FlashCounters)[]);

/**
 * What a report tells beside the streams, as JSON in pieces, each a member.
 * @param end of the object, or how it goes on
 */
export function* detailPieces(device: Told, end = '}'): Generator<string, string> {
  let separator = '{';
  for (const name of memberNames) {
    yield `${separator}"${name}":${JSON.stringify(members[name]!(device))}`;
    separator = ',';
  }
  return end;
}

/**
 * Details, the flash log's counters, streams and log as JSON in pieces, a stream each: of fifteen, all at once would be
 * 10 KB. Each stream is as it is when its piece is asked for, so its own counts agree.
 */
export function* statusPieces(device: Told): Generator<string, string> {
  yield yield* detailPieces(device, ',"flash":{');
  const { counters } = device.flashLog;
  let separator = '';
  for (const name of counterNames) {
    yield `${separator}"${name}":${counters[name]}`;
    separator = ',';
  }
  yield '},"streams":[';
  separator = '';
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

/**
 * What changes of the status, for a page that is open (`proto/figures.ts`): JSON in pieces, a stream each. A whole status
 * every second would take a tenth of an ESP32-C3.
 */
export function* figurePieces(device: Told): Generator<string, string> {
  const { counters } = device.flashLog;
  yield `{"uptime":${device.clock.now()},"flash":{`;
  let separator = '';
  for (const name of counterNames) {
    if (counters[name] === 0) continue;
    yield `${separator}"${name}":${counters[name]}`;
    separator = ',';
  }
  separator = '},"streams":[[';
  let told = -1;
  for (let stream = nextOf(device, told); stream !== undefined; stream = nextOf(device, told)) {
    yield separator + rowOf(stream);
    separator = '],[';
    told = stream.number;
  }
  return told < 0 ? '},"streams":[]}' : ']]}';
}

// XS freezes functions and classes of what is preloaded, but not what generators inherit from.
Object.freeze(detailPieces.prototype);
Object.freeze(statusPieces.prototype);
Object.freeze(figurePieces.prototype);

/** Streams come and go between two pieces; their numbers only grow. */
function nextOf({ capture }: Told, told: number): Stream | undefined {
  return capture.streamAfter(told);
}

function streamStatus(stream: Stream): Record<string, unknown> {
  const { number, ring, plan } = stream;
  const { resource, method } = plan.identity;
  return { number, resource, method, bytes: ring.bytes, quota: ring.quota, ...statusOf(stream) };
}

/** In the order of `streamFigures`. */
function rowOf(stream: Stream): string {
  const { number, ring } = stream;
  const { captured, acknowledged, stored, overwritten, discarded, late, missed, failed, refused, slow } =
    statusOf(stream);
  const row = `${number},${ring.bytes},${ring.quota},${captured},${acknowledged},${stored}`;
  if (slow + refused + failed + missed + late + discarded + overwritten === 0) return row;
  return `${row},${overwritten},${discarded},${late},${missed},${failed},${refused},${slow}`;
}
