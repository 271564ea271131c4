/** WebSocket, in clear and over TLS, against `servers.ts`. The station is connected. */
import TCP from 'embedded:io/socket/tcp';
import TLSSocket from 'embedded:io/socket/tcp/tls';
import WebSocketClient, { type WebSocketClientOptions } from 'embedded:network/websocket/client';
import config from 'mc/config';
import { type Case, check, equal, pause, Skip, throws, within } from './harness';
import { dns, host, ports } from './server';

/** A client that is closed when `run` is over; `run` gets it at its first onWritable. */
function withClient<T>(
  options: Partial<WebSocketClientOptions>,
  run: (client: WebSocketClient, count: number, resolve: (value: T) => void) => void,
): Promise<T> {
  let client: WebSocketClient | undefined;
  let begun = false;
  const close = () => client?.close();
  return within<T>(30_000, 'WebSocket', (resolve, reject) => {
    const guard = (action: () => void) => {
      try {
        action();
      } catch (error) {
        reject(error as Error);
      }
    };
    const { onReadable, onWritable, onClose } = options;
    client = new WebSocketClient({
      host,
      port: ports.ws,
      path: '/contract',
      dns,
      socket: { io: TCP },
      onError: () => reject(new Error('error')),
      ...options,
      onReadable(count, more) {
        guard(() => onReadable?.call(this, count, more));
      },
      onWritable(count) {
        guard(() => (begun ? onWritable?.call(this, count) : run(this, count, resolve)));
        begun = true;
      },
      onClose() {
        guard(() => onClose?.call(this));
      },
    });
  }).then(
    (value) => {
      close();
      return value;
    },
    (error) => {
      close();
      throw error;
    },
  );
}

/** The text that comes back for `command`. */
function ask(
  command: string,
  options: Partial<WebSocketClientOptions> = {},
): Promise<{ bytes: number; text: string }> {
  let bytes = 0;
  let text = '';
  let settle: (value: { bytes: number; text: string }) => void = () => undefined;
  return withClient(
    {
      ...options,
      onReadable(count, { more }) {
        const part = this.read(count)!;
        equal(part.byteLength, count, 'bytes read');
        bytes += count;
        if (bytes < 100) text += String.fromArrayBuffer(part);
        if (!more) settle({ bytes, text });
      },
    },
    (client, _count, resolve) => {
      settle = resolve;
      client.write(ArrayBuffer.fromString(command), { binary: false });
    },
  );
}

const websocket: Case[] = [
  {
    name: 'websocket: before the connection stands a write throws; then a message of the named count fits, a longer one not',
    async run() {
      let echoed = 0;
      let settle: (value: number) => void = () => undefined;
      const early = new WebSocketClient({
        host,
        port: ports.ws,
        dns,
        socket: { io: TCP },
        onWritable() {
          this.close();
        },
      });
      throws(() => early.write(Uint8Array.of(1)), 'too early');
      const bytes = await withClient<number>(
        {
          onReadable(count, { more }) {
            this.read(count);
            echoed += count;
            if (!more) settle(echoed);
          },
        },
        (connected, count, resolve) => {
          settle = resolve;
          throws(() => connected.write(new Uint8Array(count + 1)), 'too long');
          const room = connected.write(new Uint8Array(count));
          check(room < 300, `room for ${room} left`); // the request may have been acknowledged meanwhile
          throws(() => connected.write(new Uint8Array(room + 20)), 'no room');
        },
      );
      const window = Number(config.window);
      check(bytes > window - 1_000 && bytes < window, `${bytes} B`);
    },
  },
  {
    name: 'websocket: read by a buffer and in parts gives the message',
    async run() {
      let settle: (value: string) => void = () => undefined;
      const text = await withClient<string>(
        {
          onReadable(count, { binary }) {
            check(binary, 'not binary');
            const first = new Uint8Array(3);
            equal(this.read(first), 3, 'read');
            const rest = this.read(count - 3) as ArrayBuffer;
            equal(this.read(), undefined, 'nothing left');
            settle(`${String.fromArrayBuffer(first.buffer)}|${String.fromArrayBuffer(rest)}`);
          },
        },
        (client, _count, resolve) => {
          settle = resolve;
          client.write(new Uint8Array(ArrayBuffer.fromString('abcdefg')));
        },
      );
      equal(text, 'abc|defg', 'message');
    },
  },
  {
    name: 'websocket: a message written in fragments arrives as one',
    async run() {
      let settle: (value: string) => void = () => undefined;
      let text = '';
      const whole = await withClient<string>(
        {
          onReadable(count, { more, binary }) {
            check(!binary, 'binary');
            text += String.fromArrayBuffer(this.read(count) as ArrayBuffer);
            if (!more) settle(text);
          },
        },
        (client, _count, resolve) => {
          settle = resolve;
          client.write(ArrayBuffer.fromString('in '), { binary: false, more: true });
          client.write(ArrayBuffer.fromString('three '), { more: true });
          client.write(ArrayBuffer.fromString('parts'));
        },
      );
      equal(whole, 'in three parts', 'message');
    },
  },
  {
    name: 'websocket: fragments of the server are one message with more until the last',
    async run() {
      equal((await ask('fragments')).text, 'fragmented', 'message');
    },
  },
  {
    name: 'websocket: a message of 100,000 B comes in pieces',
    async run() {
      equal((await ask('large')).bytes, 100_000, 'bytes');
    },
  },
  {
    name: 'websocket: onWritable comes again when there is room again',
    async run() {
      let sent = 0;
      let received = 0;
      let settle: (value: number) => void = () => undefined;
      const fill = (client: WebSocketClient, count: number) => {
        for (let room = count; room >= 1_000 && sent < 30; sent += 1)
          room = client.write(new Uint8Array(1_000));
      };
      const total = await withClient<number>(
        {
          onWritable(count) {
            fill(this, count);
          },
          onReadable(count) {
            this.read(count);
            received += count;
            if (received === 30_000) settle(received);
          },
        },
        (client, count, resolve) => {
          settle = resolve;
          fill(client, count);
        },
      );
      equal(total, 30_000, 'echoed');
    },
  },
  {
    name: 'websocket: a ping of the server is told and answered by itself; a ping of ours gets its pong',
    async run() {
      let settle: (value: string) => void = () => undefined;
      const controls: number[] = [];
      const seen = await withClient<string>(
        {
          onControl(opcode) {
            controls.push(opcode);
          },
          onReadable(count) {
            settle(`${controls.join()} ${String.fromArrayBuffer(this.read(count) as ArrayBuffer)}`);
          },
        },
        (client, _count, resolve) => {
          settle = resolve;
          client.write(ArrayBuffer.fromString('p'), { opcode: WebSocketClient.ping });
          client.write(ArrayBuffer.fromString('ping'), { binary: false });
        },
      );
      equal(seen, `${WebSocketClient.pong},${WebSocketClient.ping} ponged`, 'controls, answer');
    },
  },
  {
    name: 'websocket: a close of ours ends with onClose when the server has answered',
    async run() {
      let settle: (value: boolean) => void = () => undefined;
      const closed = await withClient<boolean>({ onClose: () => settle(true) }, (client, _count, resolve) => {
        settle = resolve;
        client.write(Uint8Array.of(3, 232), { opcode: WebSocketClient.close });
      });
      check(closed, 'not closed');
    },
  },
  {
    name: 'websocket: a close of the server is told with its code, answered, and ends with onClose',
    async run() {
      let settle: (value: number) => void = () => undefined;
      let code = 0;
      const closed = await withClient<number>(
        {
          onControl(opcode, data) {
            if (opcode === WebSocketClient.close) code = new DataView(data).getUint16(0);
          },
          onClose: () => settle(code),
        },
        (client, _count, resolve) => {
          settle = resolve;
          client.write(ArrayBuffer.fromString('close'), { binary: false });
        },
      );
      equal(closed, 1_001, 'code');
    },
  },
  {
    name: 'websocket: a connection that the server drops, or refuses, is an error; after close nothing comes',
    async run() {
      let calls = 0;
      await within<void>(30_000, 'error', (resolve) => {
        new WebSocketClient({
          host,
          port: ports.ws,
          dns,
          socket: { io: TCP },
          onWritable() {
            if (calls === 0) this.write(ArrayBuffer.fromString('drop'), { binary: false });
            calls += 1;
          },
          onError: () => resolve(),
        });
      });
      await within<void>(30_000, 'refused', (resolve) => {
        new WebSocketClient({ host, port: 9, dns, socket: { io: TCP }, onError: () => resolve() });
      });
      let late = 0;
      await withClient<void>(
        { onReadable: () => late++, onError: () => late++ },
        (client, _count, resolve) => {
          client.write(ArrayBuffer.fromString('hello'));
          client.close();
          client.close();
          throws(() => client.write(Uint8Array.of(1)), 'write after close');
          resolve();
        },
      );
      await pause(500);
      equal(late, 0, 'callbacks after close');
    },
  },
  {
    name: 'websocket: refuses what is no byte buffer',
    async run() {
      await withClient<void>({}, (client, _count, resolve) => {
        throws(() => client.write(Uint16Array.of(1) as unknown as Uint8Array), 'Uint16Array');
        resolve();
      });
    },
  },
];

/** DER of the authority, from its hexadecimal text. */
function authority(): ArrayBuffer {
  const text = config.authority as string;
  if (!text) throw new Skip('give authority=<DER in hexadecimal>, which servers.ts prints');
  const bytes = new Uint8Array(text.length / 2);
  for (let index = 0; index < bytes.length; index += 1) {
    bytes[index] = Number.parseInt(text.slice(index * 2, index * 2 + 2), 16);
  }
  return bytes.buffer;
}

const tls: Case[] = [
  {
    name: 'tls: a WebSocket to a server whose authority is pinned carries messages both ways',
    async run() {
      const socket = { io: TLSSocket, TCP: { io: TCP }, secure: { certificate: authority() } };
      equal((await ask('fragments', { port: ports.wss, socket })).text, 'fragmented', 'message');
    },
  },
];

export default Object.freeze([...websocket, ...tls], true);
