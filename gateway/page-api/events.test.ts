import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { BooleanEncoder } from '../../modules/block/boolean-encoder';
import type { CaptureFileMetadata } from '../../modules/block/file';
import { streamEvents } from './events';
import { Live } from './live';
import type { Samples, StateView } from './state';

const boot = { counter: 1, random: 2 };
const period = { numerator: 10, denominator: 1 };
const readings = 1_500_000;

it('a past larger than may wait reaches its reader whole', async () => {
  const live = new Live(() => 0, Number.POSITIVE_INFINITY);
  const metadata = { part: 'p', boot, stream: 0, owner: 'part', resource: 'a:b/c', method: 'Gpios', period };
  const of: CaptureFileMetadata = { ...metadata, owner: 'part', parameters: {}, kind: 'boolean', tags: [] };
  const sink = {
    block: (bytes: Uint8Array, length: number) =>
      live.add(of, { known: true, offset: 1_700_000_000_000 }, bytes.slice(0, length), 0),
  };
  const encoder = new BooleanEncoder({ boot, stream: 0, period, target: 512, sink });
  encoder.start(0);
  for (let index = 0; index < readings; index++) {
    encoder.count++;
    if (encoder.count === encoder.capacity) encoder.flush();
    if (index % 2000 === 1999) encoder.seal();
  }
  encoder.seal();
  const source = { live, state: () => ({}) as StateView, watch: () => () => undefined };
  const server = createServer((_request, response) => void streamEvents(response, {}, source));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  let seen = 0;
  let text = '';
  const decoder = new TextDecoder();
  for await (const chunk of response.body!) {
    const events = (text + decoder.decode(chunk, { stream: true })).split('\n\n');
    text = events.pop()!;
    for (const event of events.filter((event) => event.startsWith('event: samples'))) {
      const samples = JSON.parse(event.slice(event.indexOf('data: ') + 6)) as Samples[];
      for (const { values } of samples) seen += values.length;
    }
    if (seen >= readings) break;
  }
  expect(seen).toBe(readings);
  server.closeAllConnections();
  server.close();
});
