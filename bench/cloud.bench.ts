/** What the cloud takes through its doors, fsync on. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectAsync } from 'mqtt';
import { pino } from 'pino';
import { Cloud } from '../cloud/cloud';
import { type CaptureFileMetadata, encodeHead, encodeRecord } from '../modules/block/file';
import { IntegerEncoder } from '../modules/block/integer-encoder';
import { blockDoorFigure } from './block-door';
import { doorFigures } from './doors';
import { type Figure, plain } from './figure';

const boot = { counter: 1, random: 1 };
const metadata: CaptureFileMetadata = {
  part: 'bench',
  boot,
  stream: 0,
  owner: 'part',
  resource: 'rdk:component:board/board',
  method: 'Analogs',
  parameters: { reader_name: 'A1' },
  kind: 'integer',
  period: { numerator: 10, denominator: 1 },
  tags: [],
};
const readings = 200_000;
const messages = 5000;

/** One capture file of a sine with noise, as a catching-up part fills it. */
function captureFile(): Buffer {
  const records: Uint8Array[] = [encodeHead(metadata)];
  const mapping = { known: true, offset: 1_700_000_000_000 };
  const encoder = new IntegerEncoder({
    boot,
    stream: 0,
    period: metadata.period,
    target: 512,
    sink: {
      block(bytes, length, sequence, count) {
        records.push(encodeRecord({ sequence, readings: count, mapping, bytes: bytes.slice(0, length) }));
      },
    },
  });
  encoder.start(0);
  for (let index = 0; index < readings; index++) {
    encoder.staged[encoder.count++] = Math.round(2000 + 500 * Math.sin(index / 40) + ((index * 7919) % 5));
    if (encoder.count === encoder.capacity) while (!encoder.advance());
  }
  encoder.seal();
  return Buffer.concat(records);
}

export default async function (): Promise<Figure[]> {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-bench-'));
  const cloud = await Cloud.start({ directory, httpPort: 0, mqttPort: 0, log: pino({ level: 'silent' }) });
  try {
    const body = new Uint8Array(captureFile());
    const address = `http://127.0.0.1:${cloud.httpPort}/blocks/bench/main`;
    const blocks = await perSecond(readings, async () => {
      const response = await fetch(address, { method: 'POST', body });
      const answer = (await response.json()) as { readings: number };
      if (answer.readings !== readings) throw new Error(`${answer.readings} of ${readings} readings stored`);
    });
    const client = await connectAsync(`mqtt://127.0.0.1:${cloud.mqttPort}`);
    const message = JSON.stringify({ app_id: 'bench', dev_id: 'device', payload_fields: { value: 1 } });
    const mqtt = await perSecond(messages, async () => {
      const all = Array.from({ length: messages }, () =>
        client.publishAsync('pipeline/bench/device', message, { qos: 1 }),
      );
      await Promise.all(all);
    });
    await client.endAsync();
    const stored = 'durable in the inbox before the answer; both stores follow';
    return [
      ...(await doorFigures()),
      await blockDoorFigure(),
      plain('readings through the block door', blocks, 'readings/s', stored),
      plain('messages through MQTT, QoS 1, all in flight', mqtt, 'messages/s', stored),
    ];
  } finally {
    await cloud.close();
    await rm(directory, { recursive: true });
  }
}

async function perSecond(count: number, work: () => Promise<void>): Promise<number> {
  const start = performance.now();
  await work();
  return Math.round((count * 1000) / (performance.now() - start));
}
