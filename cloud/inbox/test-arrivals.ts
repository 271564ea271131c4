/** Arrivals for tests. */

import { BooleanEncoder } from '../../modules/block/boolean-encoder';
import type { CapturedBlock, CaptureFileMetadata } from '../../modules/block/file';
import type { Arrival } from './arrival';

const boot = { counter: 1, random: 1 };
const period = { numerator: 10, denominator: 1 };

export function metadataOf(part: string, stream: number): CaptureFileMetadata {
  return {
    part,
    boot,
    stream,
    owner: 'part',
    resource: 'rdk:component:board/board',
    method: 'Gpios',
    parameters: { pin_name: String(stream) },
    kind: 'boolean',
    period,
    tags: [],
  };
}

/** A block of 20 levels. */
export function blockOf(stream: number, sequence: number): CapturedBlock {
  let block: Uint8Array | undefined;
  let sealed = 0;
  const sink = {
    block(bytes: Uint8Array, length: number) {
      block = bytes.slice(0, length);
    },
  };
  const encoder = new BooleanEncoder({ boot, stream, period, target: 200, sink });
  encoder.start(1000);
  for (; sealed <= sequence; sealed++) {
    for (let index = 0; index < 20; index++) encoder.staged[encoder.count++] = index % 3 === 0 ? 1 : 0;
    encoder.seal();
  }
  return { sequence, readings: 20, mapping: { known: true, offset: 1_700_000_000_000 }, bytes: block! };
}

export function messageAt(position: number, devId = 'device', arrived = 0): Arrival & { kind: 'message' } {
  const line = `{"app_id":"app","dev_id":"${devId}","time":${position},"payload_fields":{"n":${position}}}`;
  return { kind: 'message', position, arrived, appId: 'app', devId, line: Buffer.from(line) };
}
