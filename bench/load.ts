/** A light load generator: MQTT and HTTP over bare sockets, so that what is measured is the other side. */
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';

export interface Load {
  port: number;
  connections: number;
  /** Messages of a connection that wait for their answer. */
  inFlight: number;
  /** Of all connections together. */
  messages: number;
}

/** Messages a second, PUBLISH of QoS 1 to PUBACK. */
export function mqttRate(load: Load): Promise<number> {
  return rate(load, async (index) => {
    const device = `device-${index}`;
    const socket = await opened(load.port);
    socket.write(packet(0x10, text('MQTT'), Buffer.from([4, 2, 0, 0]), text(`bench-${index}`)));
    await once(socket, 'data');
    const topic = text(`pipeline/bench/${device}`);
    let id = 0;
    return {
      socket,
      send: () => {
        id = (id % 0xffff) + 1;
        const payload = Buffer.from(message(device));
        socket.write(packet(0x32, topic, Buffer.from([id >> 8, id & 255]), payload));
      },
      // A PUBACK has four bytes.
      answersIn: (bytes) => bytes.length / 4,
    };
  });
}

/** Messages a second, one a request. */
export function httpRate(load: Load): Promise<number> {
  return rate(load, async (index) => {
    const body = message(`device-${index}`);
    const socket = await opened(load.port);
    const head = `POST /pipeline HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n`;
    return {
      socket,
      send: () => void socket.write(head + body),
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
  send(): void;
  answersIn(bytes: Buffer): number;
}

async function rate(
  { connections, inFlight, messages }: Load,
  open: (index: number) => Promise<Sender>,
): Promise<number> {
  const senders = await Promise.all(Array.from({ length: connections }, (_, index) => open(index)));
  const each = Math.floor(messages / connections);
  const begun = performance.now();
  await Promise.all(senders.map((sender) => sendAll(sender, each, inFlight)));
  const seconds = (performance.now() - begun) / 1000;
  for (const { socket } of senders) socket.destroy();
  return Math.round((each * connections) / seconds);
}

function sendAll({ socket, send, answersIn }: Sender, count: number, inFlight: number): Promise<void> {
  return new Promise((resolve, reject) => {
    let sent = 0;
    let answered = 0;
    const fill = () => {
      while (sent < count && sent - answered < inFlight) {
        sent++;
        send();
      }
    };
    socket.on('data', (bytes: Buffer) => {
      answered += answersIn(bytes);
      if (answered >= count) resolve();
      else fill();
    });
    socket.on('error', reject);
    socket.on('close', () => reject(new Error('the connection ended')));
    fill();
  });
}

async function opened(port: number): Promise<Socket> {
  const socket = connect({ port, host: '127.0.0.1', noDelay: true });
  await once(socket, 'connect');
  return socket;
}

/** 155 bytes or so. */
function message(device: string): string {
  const payload_fields = { temperature: 21.5, humidity: 48, voltage: 3.291 };
  return JSON.stringify({
    app_id: 'bench',
    dev_id: device,
    time: Date.now(),
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
