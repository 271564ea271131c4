/** Joins the WiFi, connects to an echo server, and traces what comes: for the simulator's own tests. */
import TCP from 'embedded:io/socket/tcp';
import TLSSocket from 'embedded:io/socket/tcp/tls';
import UDP from 'embedded:io/socket/udp';
import Resolver from 'embedded:network/dns/resolver/udp';
import WiFi from 'embedded:network/interface/wifi';
import WebSocketClient from 'embedded:network/websocket/client';
import config from 'mc/config';

interface Config {
  host: string;
  port: number;
  /** Lengths of the messages to send, one after the other as there is room. */
  messages: number[];
  tls?: boolean;
  /** Hexadecimal DER of the trusted certificate. */
  certificate?: string;
}

const { host, port, messages, tls, certificate } = config as unknown as Config;

const wifi = new WiFi({
  onChanged(property) {
    trace(`wifi ${property} ${this.connection}\n`);
    if (property === 'connection' && this.connection === 500) connect();
  },
});
wifi.connect({ SSID: 'sim' });

function bytesOf(hexadecimal: string): ArrayBuffer {
  const bytes = new Uint8Array(hexadecimal.length / 2);
  for (let index = 0; index < bytes.length; index += 1) {
    bytes[index] = Number.parseInt(hexadecimal.slice(index * 2, index * 2 + 2), 16);
  }
  return bytes.buffer;
}

/** Byte `index` of message `number`. */
function expected(number: number, index: number): number {
  return (number * 31 + index * 7) & 0xff;
}

function connect(): void {
  const secure = certificate ? { certificate: bytesOf(certificate) } : {};
  const socket = tls ? { io: TLSSocket, TCP: { io: TCP }, secure } : { io: TCP };
  let sent = 0;
  let offset = 0;
  let received = 0;
  let right = true;
  let sum = 0;
  new WebSocketClient({
    host,
    port,
    path: '/echo',
    dns: { io: Resolver, servers: ['10.0.0.1'], socket: { io: UDP } },
    socket,
    onWritable(count) {
      let room = count;
      if (sent === 0) trace(`writable ${count}\n`);
      while (sent < messages.length && room >= messages[sent]!) {
        const message = new Uint8Array(messages[sent]!);
        for (let index = 0; index < message.length; index += 1) message[index] = expected(sent, index);
        room = this.write(message);
        sent += 1;
      }
    },
    onReadable(count, { more, binary }) {
      const bytes = new Uint8Array(this.read(count)!);
      for (let index = 0; index < bytes.length; index += 1) {
        if (bytes[index] !== expected(received, offset + index)) right = false;
        sum = (sum * 31 + bytes[index]!) % 65_521;
      }
      offset += bytes.length;
      if (more) return;
      const kind = binary ? 'binary' : 'text';
      if (messages.length === 0) trace(`message of ${offset} B ${kind}, sum ${sum}\n`);
      else trace(`message ${received} of ${offset} B ${kind} ${right ? 'right' : 'WRONG'}\n`);
      offset = 0;
      received += 1;
      if (received === messages.length) {
        this.write(Uint8Array.of(3, 232), { opcode: WebSocketClient.close });
      }
    },
    onControl(opcode, data) {
      trace(`control ${opcode} ${data.byteLength}\n`);
    },
    onClose() {
      trace('closed\n');
    },
    onError() {
      trace('error\n');
    },
  });
}
