/** TCP sockets, against `servers.ts`. The station is connected. */
import TCP from 'embedded:io/socket/tcp';
import config from 'mc/config';
import { type Case, equal, throws, within } from './harness';
import { address, ports } from './server';

const cases: Case[] = [
  {
    name: 'tcp: the first onWritable says that the connection stands; before it a write throws',
    async run() {
      const to = await address();
      const count = await within<number>(10_000, 'writable', (resolve, reject) => {
        const socket = new TCP({
          address: to,
          port: ports.tcp,
          onWritable(room) {
            equal(this.remotePort, ports.tcp, 'port');
            equal(this.remoteAddress, to, 'address');
            this.close();
            this.close();
            resolve(room);
          },
          onError: () => reject(new Error('error')),
        });
        throws(() => socket.write(Uint8Array.of(1)), 'too early');
      });
      equal(count, Number(config.window), 'send buffer');
    },
  },
  {
    name: 'tcp: write returns what is left, refuses more, and the echo can be read in parts and by bytes',
    async run() {
      const to = await address();
      const text = await within<string>(10_000, 'echo', (resolve, reject) => {
        let written = false;
        new TCP({
          address: to,
          port: ports.tcp,
          onWritable(room) {
            if (written) return;
            written = true;
            throws(() => this.write(new Uint8Array(room + 1)), 'more than there is room');
            equal(this.write(ArrayBuffer.fromString('abcdef')), room - 6, 'room');
          },
          onReadable(count) {
            if (count < 6) return;
            throws(() => this.read(count + 1), 'more than there is');
            const into = new Uint8Array(2);
            equal(this.read(into), 2, 'read into');
            this.format = 'number';
            const byte = this.read() as number;
            this.format = 'buffer';
            const rest = String.fromArrayBuffer(this.read() as ArrayBuffer);
            equal(this.read(), undefined, 'nothing left');
            this.close();
            throws(() => this.read(), 'read after close');
            resolve(String.fromArrayBuffer(into.buffer) + String.fromCharCode(byte) + rest);
          },
          onError: () => reject(new Error('error')),
        });
      });
      equal(text, 'abcdef', 'echo');
    },
  },
  {
    name: 'tcp: a refused connection is an error, no matter by which port',
    async run() {
      const to = await address();
      await within<void>(30_000, 'error', (resolve, reject) => {
        new TCP({
          address: to,
          port: 9,
          onError: () => resolve(),
          onWritable: () => reject(new Error('stands')),
        });
      });
      throws(() => new TCP({ address: to, port: 65_536 }), 'port');
      throws(() => new TCP({ address: 'no address', port: 1 }), 'address');
    },
  },
];

export default Object.freeze(cases, true);
