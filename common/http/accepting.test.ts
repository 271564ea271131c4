import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import process from 'node:process';
import { expect, test, vi } from 'vitest';
import { keepAccepting } from './accepting';

test('a connection that cannot be accepted is told once in a while, and ends nothing', async () => {
  const warned = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  const server = createServer((socket) => socket.end('here')).listen(0, '127.0.0.1');
  await once(server, 'listening');
  keepAccepting(server, 'the page');
  for (let time = 0; time < 3; time++) server.emit('error', new Error('accept ENFILE'));
  expect(warned.mock.calls).toEqual([['a connection to the page could not be accepted: accept ENFILE']]);
  const socket = connect((server.address() as { port: number }).port, '127.0.0.1');
  expect(String((await once(socket, 'data'))[0])).toBe('here');
  await new Promise((resolve) => server.close(resolve));
  warned.mockRestore();
});
