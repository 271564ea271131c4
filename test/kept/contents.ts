/** What is kept of a release: the same readings every time, so that a test can say what must come out. */
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CaptureFileMetadata } from '../../modules/block/file';
import { link } from '../../proto/link.js';

export const keptDirectory = fileURLToPath(new URL('.', import.meta.url));
export const releaseDirectory = (release: string): string => join(keptDirectory, release);

export const boot = { counter: 12, random: 0x9f00c3a1 };
export const part = 'kept-part';

export const columns = {
  integer: Array.from({ length: 300 }, (_, index) => 2_000 + ((index * 7) % 13)),
  boolean: Array.from({ length: 300 }, (_, index) => index % 50 < 20),
  double: Array.from({ length: 200 }, (_, index) => index / 4 - 3),
  record: Array.from({ length: 150 }, (_, index) => ({
    celsius: 20 + (index % 5) / 10,
    humidity: index % 9,
  })),
} as const;

export type Kind = keyof typeof columns;

export function metadata(stream: number, kind: Kind = 'integer'): CaptureFileMetadata {
  return {
    part,
    boot,
    stream,
    owner: 'part',
    resource: 'rdk:component:board/board',
    method: 'Analogs',
    parameters: { reader_name: `A${stream}` },
    kind,
    period: { numerator: 10, denominator: 1 },
    tags: ['kept'],
  };
}

const nonce = Uint8Array.from({ length: 16 }, (_, index) => index);

/** One of each kind that a session begins with and lives of. */
export const frames: Record<string, link.IEnvelope> = {
  hello: { hello: { protocol: 1, part, boot, nonce, receives: 8 } },
  challenge: { challenge: { protocol: 1, nonce } },
  begin: { begin: { firmware: '0.1.0', chip: 'esp32c3', retained: [{ counter: 11, random: 5 }] } },
  blocks: { blocks: [Uint8Array.of(1, 2, 3), Uint8Array.of(4)], taken: 3 },
  acknowledgements: { acknowledgements: [{ stream: 1, next: 1_000 }] },
  status: {
    status: {
      monotonic: 61_000,
      ledger: true,
      streams: [{ stream: 1, captured: 6_000, acknowledged: 5_000, overwritten: 400, stored: 600 }],
      losses: [{ stream: 1, cause: 'quota', stretches: 1, blocks: 1, readings: 400, start: 1, end: 2 }],
    },
  },
  call: {
    call: { id: 7, resource: 'rdk:component:board/board', method: 'ReadAnalogReader', parameters: '{}' },
  },
};

export function plain(bytes: Uint8Array): unknown {
  return JSON.parse(
    JSON.stringify(link.Envelope.decode(bytes), (_key, value) =>
      value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value,
    ),
  );
}
