/**
 * PUBLISH packets (MQTT 3.1.1, section 3.3; QoS 1) that are gathered for the socket: a TLS record, a segment of TCP and
 * a call of the socket cost more than what is in them.
 */
import { encodeUtf8 } from '../../config/utf8';
import { MessageTemplate } from '../../message/message-template';
import type { BlockMessages } from './block-messages';

/** Bytes that are gathered, and bytes of what the packets of a block have in common. */
const gathered = 1_024;
const common = 640;
/** Bytes of a packet that go out by themselves where there is no room for it all. */
const leastPart = 512;
/** Operation and length of a packet of 128 B to 16 KB, the length of the longest such. */
const shortHead = 3;
const longest = 16_383;
const idBytes = 2;
const publish = 0x32;
const duplicates = 0x08;

/** Where the packets go. */
export interface PacketSink {
  /** Bytes that are taken now. */
  readonly room: number;
  write(packets: Uint8Array): void;
}

export class PublishBuffer {
  private readonly sink: PacketSink;
  /** Packets; what those of the block at hand have in common lies behind `gathered`. */
  private readonly bytes = new Uint8Array(gathered + common);
  private to = 0;
  private readonly template: MessageTemplate;
  /** Whose packets the template has; whether it has room for them. */
  private messages: BlockMessages | undefined;
  private templated = false;
  /** Of a packet that goes out by itself, what is still to go. */
  private rest: Uint8Array | undefined;
  /** Bytes of the last packet. */
  private last = leastPart;
  private readonly headLength: number;

  constructor(topic: string, sink: PacketSink) {
    this.sink = sink;
    const name = encodeUtf8(topic);
    this.headLength = shortHead + 2 + name.length + idBytes;
    const { bytes } = this;
    bytes[gathered] = publish;
    bytes[gathered + shortHead] = name.length >> 8;
    bytes[gathered + shortHead + 1] = name.length;
    bytes.set(name, gathered + shortHead + 2);
    this.template = new MessageTemplate(bytes, gathered, this.headLength);
  }

  get empty(): boolean {
    return this.to === 0 && this.rest === undefined;
  }

  /** Whether there is room for a packet like the last, or for a part of it. */
  hasRoom(): boolean {
    if (this.rest === undefined && this.to + this.last <= this.sink.room) return true;
    this.flush();
    return this.empty && this.sink.room >= leastPart;
  }

  /** Writes what waits, as far as there is room. */
  flush(): void {
    const { sink, rest, bytes, to } = this;
    const { room } = sink;
    if (room === 0) return;
    if (rest !== undefined) {
      this.rest = rest.length > room ? rest.subarray(room) : undefined;
      sink.write(rest.length > room ? rest.subarray(0, room) : rest);
    } else if (to > 0) {
      const length = Math.min(to, room);
      // The beginning of the next packets would overwrite it.
      this.rest = length < to ? bytes.slice(length, to) : undefined;
      this.to = 0;
      sink.write(bytes.subarray(0, length));
    }
  }

  /** Puts the message at hand behind those that wait. Throws what it throws. */
  add(messages: BlockMessages, id: number, duplicate: boolean): void {
    const { template } = this;
    if (messages !== this.messages) {
      this.messages = messages;
      this.templated = messages.begin(template);
    }
    if (!this.templated || !this.addNumber(messages, id, duplicate)) this.addText(messages, id, duplicate);
  }

  private addNumber(messages: BlockMessages, id: number, duplicate: boolean): boolean {
    const { bytes, headLength, template } = this;
    if (this.to + template.longest > gathered) this.flush();
    const { to } = this;
    if (this.rest !== undefined || to + template.longest > gathered) return false;
    const idAt = gathered + headLength - idBytes;
    bytes[idAt] = id >> 8;
    bytes[idAt + 1] = id;
    const end = messages.write(template, to);
    if (end < 0) return false;
    const length = end - to - shortHead;
    bytes[to + 1] = 0x80 | length;
    bytes[to + 2] = length >> 7;
    if (duplicate) bytes[to]! |= duplicates;
    this.to = end;
    this.last = end - to;
    return true;
  }

  private addText(messages: BlockMessages, id: number, duplicate: boolean): void {
    const { bytes, headLength } = this;
    const payload = messages.ready();
    const topicAt = gathered + shortHead;
    const topicLength = headLength - shortHead - idBytes;
    const length = topicLength + idBytes + payload;
    const lengthBytes = length > longest ? 3 : 2;
    const size = 1 + lengthBytes + length;
    if (this.to + size > gathered) this.flush();
    const into = this.placeFor(size);
    let at = into === bytes ? this.to - size : into.length - size;
    into[at++] = duplicate ? publish | duplicates : publish;
    for (let left = length, count = lengthBytes; count > 0; count--, left >>= 7)
      into[at++] = count > 1 ? 0x80 | left : left;
    for (let index = 0; index < topicLength; index++) into[at++] = bytes[topicAt + index]!;
    into[at] = id >> 8;
    into[at + 1] = id;
    messages.put(into, at + idBytes);
    this.last = size;
  }

  /** Behind what waits; where there is no room for that, both go by themselves. */
  private placeFor(size: number): Uint8Array {
    const { bytes, to, rest } = this;
    if (rest === undefined && to + size <= gathered) {
      this.to = to + size;
      return bytes;
    }
    const waiting = rest ?? bytes.subarray(0, to);
    const into = new Uint8Array(waiting.length + size);
    into.set(waiting);
    this.to = 0;
    this.rest = into;
    return into;
  }
}
