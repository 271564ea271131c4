import { expect, test } from 'vitest';
import { pack } from '../../block/encode.node.js';
import { OpenedBlock, openBlock } from '../../block/opened-block';
import { BlockMessages } from './block-messages';
import { PublishBuffer } from './publish-buffer';

const topic = 'pipeline/plant/ésp';
const source = {
  part: 'esp',
  owner: 'part' as const,
  resource: 'rdk:component:board/board',
  method: 'Analogs',
  parameters: { reader_name: 'A1' },
};

function messagesOf(values: readonly number[], tags: string[] = []): BlockMessages {
  const block = openBlock(pack('integer', values).blocks[0]!);
  if (!(block instanceof OpenedBlock)) throw block;
  const messages = new BlockMessages(block);
  messages.describe({ ...source, tags }, 'plant', 'esp/1-00000002/3/4', 1_700_000_000_000);
  return messages;
}

/** A socket that takes what the test lets it. */
class Sink {
  room = 0;
  writes: Uint8Array[] = [];

  write(packets: Uint8Array): void {
    if (packets.length > this.room) throw new Error('more than there is room for');
    this.room -= packets.length;
    this.writes.push(packets.slice());
  }

  /** Packets as a broker reads them. */
  packets(): { head: number; topic: string; id: number; message: { sluice: { index: number } } }[] {
    const bytes = Buffer.concat(this.writes);
    const list = [];
    for (let at = 0; at < bytes.length; ) {
      const head = bytes[at++]!;
      let length = 0;
      for (let shift = 0, more = true; more; shift += 7) {
        more = bytes[at]! > 127;
        length |= (bytes[at++]! & 127) << shift;
      }
      const body = bytes.subarray(at, at + length);
      expect(body.length).toBe(length);
      const end = 2 + body.readUInt16BE(0);
      const message = JSON.parse(body.subarray(end + 2).toString());
      list.push({ head, topic: body.subarray(2, end).toString(), id: body.readUInt16BE(end), message });
      at += length;
    }
    return list;
  }
}

function add(buffer: PublishBuffer, messages: BlockMessages, id: number, duplicate = false): void {
  messages.next();
  buffer.add(messages, id, duplicate);
}

test('packets are gathered up to a kilobyte, each with its topic, its id and its message', () => {
  const sink = new Sink();
  sink.room = 10_000;
  const buffer = new PublishBuffer(topic, sink);
  const messages = messagesOf([5, 6, 7, 8, 9, 10]);
  for (let id = 1; id <= 6; id++) add(buffer, messages, 300 * id, id === 2);
  buffer.flush();
  expect(sink.writes.length).toBe(2);
  expect(sink.writes.every(({ length }) => length <= 1_024)).toBe(true);
  expect(sink.packets().map(({ id, message }) => [id, message.sluice.index])).toEqual(
    [1, 2, 3, 4, 5, 6].map((id) => [300 * id, id - 1]),
  );
  expect(sink.packets().map(({ head }) => head)).toEqual([0x32, 0x3a, 0x32, 0x32, 0x32, 0x32]);
  expect(sink.packets().every((packet) => packet.topic === topic)).toBe(true);
  expect(buffer.empty).toBe(true);
});

test('what the socket does not take goes out later, and before what comes behind it', () => {
  const sink = new Sink();
  sink.room = 600;
  const buffer = new PublishBuffer(topic, sink);
  const messages = messagesOf([5, 6, 7, 8]);
  for (let id = 1; id <= 3; id++) add(buffer, messages, id);
  buffer.flush();
  expect(buffer.empty).toBe(false);
  expect(buffer.hasRoom()).toBe(false);
  sink.room = 10_000;
  expect(buffer.hasRoom()).toBe(true);
  add(buffer, messages, 4);
  buffer.flush();
  expect(sink.packets().map(({ id }) => id)).toEqual([1, 2, 3, 4]);
});

test('a packet that is longer than the buffer, and one that is longer than the socket takes, go out in parts', () => {
  const sink = new Sink();
  sink.room = 1_500;
  const buffer = new PublishBuffer(topic, sink);
  const long = messagesOf([4], ['t'.repeat(20_000)]);
  add(buffer, messagesOf([5]), 1);
  add(buffer, long, 2);
  add(buffer, messagesOf([6]), 3);
  for (let turn = 0; turn < 40; turn++) {
    buffer.flush();
    sink.room = 1_500;
  }
  expect(buffer.empty).toBe(true);
  expect(sink.packets().map(({ id }) => id)).toEqual([1, 2, 3]);
});
