/**
 * A light load generator: MQTT and HTTP over bare sockets, from bytes made beforehand, so that what is measured is the
 * other side. What a connection may send is one write.
 */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';

export interface Load {
  port: number;
  connections: number;
  /** Messages of a connection that wait for their answer. */
  inFlight: number;
  /** Of all connections together. */
  messages: number;
}

export interface Rate {
  /** Messages acknowledged a second. */
  perSecond: number;
  /** Microseconds of this process's CPU a message. */
  cpu: number;
}

/** PUBLISH of QoS 1 to PUBACK. */
export function mqttRate(load: Load): Promise<Rate> {
  return rate(load, (index) => openMqtt(load.port, index));
}

export interface PacedLoad {
  port: number;
  connections: number;
  /** Of all connections together. */
  perSecond: number;
  seconds: number;
}

/** Milliseconds between what a connection sends. */
const pace = 100;

/** As many a second as is asked, while the other side keeps up. Resolves to how many were acknowledged. */
export async function pacedMqtt({ port, connections, perSecond, seconds }: PacedLoad): Promise<number> {
  const senders = await Promise.all(Array.from({ length: connections }, (_, index) => openMqtt(port, index)));
  const each = Math.round((perSecond * pace) / 1_000 / connections);
  let acknowledged = 0;
  const begun = Date.now();
  const rounds = (seconds * 1_000) / pace;
  for (let round = 0; round < rounds; round++) {
    await delay(Math.max(0, begun + round * pace - Date.now()));
    if (Date.now() > begun + seconds * 1_000) break;
    await Promise.all(senders.map((sender) => sendAll(sender, each, each)));
    acknowledged += each * connections;
  }
  for (const { socket } of senders) socket.destroy();
  return acknowledged;
}

async function openMqtt(port: number, index: number): Promise<Sender> {
  const device = `device-${index}`;
  const socket = await opened(port);
  socket.write(packet(0x10, text('MQTT'), Buffer.from([4, 2, 0, 0]), text(`bench-${index}`)));
  await once(socket, 'data');
  const topic = text(`pipeline/bench/${device}`);
  const publish = packet(0x32, topic, Buffer.from([0, 0]), Buffer.from(message(device)));
  // The fixed header has three bytes.
  const idAt = 3 + topic.length;
  let id = 0;
  let sent = 0;
  return {
    socket,
    template: publish,
    prepare: (bytes, at) => {
      id = (id % 0xffff) + 1;
      bytes.writeUInt16BE(id, at + idAt);
    },
    time: () => Number(firstTime) + sent++,
    // A PUBACK has four bytes.
    answersIn: (bytes) => bytes.length / 4,
  };
}

/** One message a request. */
export function httpRate(load: Load): Promise<Rate> {
  return rate(load, async (index) => {
    const body = message(`device-${index}`);
    const socket = await opened(load.port);
    const head = `POST /pipeline HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
    let sent = 0;
    return {
      socket,
      template: Buffer.from(head + body),
      prepare: () => undefined,
      time: () => Number(firstTime) + sent++,
      answersIn: (bytes) => {
        const answers = bytes.toString('latin1').split('HTTP/1.1 ').slice(1);
        if (answers.some((answer) => !answer.startsWith('200'))) throw new Error(bytes.toString());
        return answers.length;
      },
    };
  });
}

interface Sender {
  socket: Socket;
  /** A message as it is sent, but for its time and what `prepare` puts into it. */
  template: Buffer;
  prepare(bytes: Buffer, at: number): void;
  /** Of the next message: each has a time of its own. */
  time(): number;
  answersIn(bytes: Buffer): number;
}

async function rate(
  { connections, inFlight, messages }: Load,
  open: (index: number) => Promise<Sender>,
): Promise<Rate> {
  const senders = await Promise.all(Array.from({ length: connections }, (_, index) => open(index)));
  const each = Math.floor(messages / connections);
  const begun = performance.now();
  const before = process.cpuUsage();
  await Promise.all(senders.map((sender) => sendAll(sender, each, inFlight)));
  const seconds = (performance.now() - begun) / 1000;
  const { user, system } = process.cpuUsage(before);
  for (const { socket } of senders) socket.destroy();
  const sent = each * connections;
  return { perSecond: Math.round(sent / seconds), cpu: (user + system) / sent };
}

function sendAll(sender: Sender, count: number, inFlight: number): Promise<void> {
  const { socket, template, prepare, time, answersIn } = sender;
  const timeAt = template.lastIndexOf(firstTime);
  return new Promise((resolve, reject) => {
    let sent = 0;
    let answered = 0;
    const fill = () => {
      const now = Math.min(count - sent, inFlight - (sent - answered));
      if (now <= 0) return;
      const bytes = Buffer.allocUnsafe(now * template.length);
      for (let at = 0; at < bytes.length; at += template.length) {
        bytes.set(template, at);
        prepare(bytes, at);
        bytes.write(String(time()), at + timeAt, 'latin1');
      }
      sent += now;
      socket.write(bytes);
    };
    const heard = (bytes: Buffer) => {
      answered += answersIn(bytes);
      if (answered < count) return fill();
      socket.off('data', heard).off('error', reject).off('close', closed);
      resolve();
    };
    const closed = () => reject(new Error('the connection ended'));
    socket.on('data', heard).on('error', reject).on('close', closed);
    fill();
  });
}

async function opened(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  return socket;
}

/** Of a load's first message, in milliseconds. */
const firstTime = String(Date.now());

/** 155 bytes or so. */
function message(device: string): string {
  const payload_fields = { temperature: 21.5, humidity: 48, voltage: 3.291 };
  return JSON.stringify({
    app_id: 'bench',
    dev_id: device,
    time: Number(firstTime),
    payload_fields,
    tag_fields: { room: 'lab' },
  });
}

function text(of: string): Buffer {
  return Buffer.concat([Buffer.from([0, of.length]), Buffer.from(of)]);
}

/** An MQTT packet of less than 16 KB. */
function packet(first: number, ...parts: Uint8Array[]): Buffer {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const remaining = length < 128 ? [length] : [(length & 127) | 128, length >> 7];
  return Buffer.concat([Buffer.from([first, ...remaining]), ...parts]);
}
