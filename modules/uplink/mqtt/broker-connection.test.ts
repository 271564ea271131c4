import { expect, test, vi } from 'vitest';
import type { Broker } from './broker';
import { BrokerConnection } from './broker-connection';

/** A socket of which the error has been told: it takes nothing any more. */
const socket = vi.hoisted(() => ({ failure: undefined as unknown, callbacks: {} as Callbacks }));

interface Callbacks {
  onReadable?: (count: number) => void;
  onWritable?: (count: number) => void;
  onError?: () => void;
}

vi.mock('../transport', () => ({
  socketOf: () => ({
    io: class {
      constructor(callbacks: Callbacks) {
        socket.callbacks = callbacks;
      }

      write(): number {
        throw new Error('not ready');
      }

      fail(error: unknown): void {
        socket.failure = error;
      }

      close(): void {}
    },
  }),
}));

test('A write that fails is thrown at nobody, and ends the connection in a turn of its own', () => {
  const failed: string[] = [];
  const connection = new BrokerConnection(
    { address: { host: 'broker', port: 1883, reached: { address: '10.0.0.1' } }, client: 'esp' } as Broker,
    {
      heard() {},
      welcomed() {},
      refused() {},
      acknowledged() {},
      writable() {},
      failed: (reason) => failed.push(reason),
    },
  );
  connection.room = 100;
  connection.write(Uint8Array.of(0x32));
  expect(connection.room).toBe(0);
  expect(socket.failure).toEqual(new Error('not ready'));
  expect(failed).toEqual([]);
  socket.callbacks.onError!();
  expect(failed).toEqual(['connection to the broker failed']);
});
