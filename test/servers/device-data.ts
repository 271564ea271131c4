/** What a device at 100 Hz sends to a platform, the same whenever it is asked for: as named messages, and as blocks. */
import { pack } from '../../modules/block/encode.node.js';
import { type CaptureFileMetadata, encodeHead, encodeRecord } from '../../modules/block/file';

/** The project of both devices. */
export const project = 'plant';
/** Readings of a capture file: 20 seconds of them. */
export const perFile = 2_000;
/** Milliseconds between readings. */
const step = 10;
const boot = { counter: 1, random: 1 };
/** Readings that a message's name counts in one block. */
const perBlock = 128;

/** The reading at a place: noise of nine bits over a middle of 2,000. */
export function valueAt(index: number): number {
  return 2_000 + (Math.imul(index, 2_654_435_761) >>> 23);
}

export function sumOf(count: number): number {
  let sum = 0;
  for (let index = 0; index < count; index++) sum += valueAt(index);
  return sum;
}

/** A device whose readings come as messages, each with its name. */
export const messageDevice = { name: 'messages', field: 'n' } as const;

export function messageAt(index: number, start: number): string {
  return JSON.stringify({
    app_id: project,
    dev_id: messageDevice.name,
    time: start + index * step,
    payload_fields: { [messageDevice.field]: valueAt(index) },
    sluice: {
      block: `${messageDevice.name}/1-00000001/0/${Math.floor(index / perBlock)}`,
      index: index % perBlock,
    },
  });
}

/** A device whose readings come as blocks. */
export const blockDevice = { name: 'blocks', field: 'board_A1' } as const;

/** @param count files, from the first reading on */
export function captureFiles(count: number, start: number): Buffer[] {
  const metadata: CaptureFileMetadata = {
    part: blockDevice.name,
    boot,
    stream: 1,
    owner: 'part',
    resource: 'rdk:component:board/board',
    method: 'Analogs',
    parameters: { reader_name: 'A1' },
    kind: 'integer',
    period: { numerator: step, denominator: 1 },
    tags: [],
  };
  const values = Array.from({ length: count * perFile }, (_, index) => valueAt(index));
  const packed = pack('integer', values, { boot, stream: 1, start: 0, sealEvery: perFile });
  const mapping = { known: true, offset: start };
  const files = Array.from({ length: count }, () => [encodeHead(metadata)]);
  for (const [sequence, bytes] of packed.blocks.entries()) {
    const { readings, start: begun } = packed.ends[sequence]!;
    files[Math.floor(begun / (perFile * step))]!.push(encodeRecord({ sequence, readings, mapping, bytes }));
  }
  return files.map((records) => Buffer.concat(records));
}
