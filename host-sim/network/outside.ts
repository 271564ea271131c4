/** The real network, for devices in real time: real names, real sockets. */
import { lookup } from 'node:dns/promises';
import { connect } from 'node:net';
import type { ServerStream } from './server-stream';

export async function lookUp(host: string): Promise<string | undefined> {
  try {
    return (await lookup(host, { family: 4 })).address;
  } catch {
    return undefined;
  }
}

/** Joins the listener's end of a simulated connection to a real socket; an end or a failure of one ends the other. */
export function dial(
  address: string,
  port: number,
  stream: ServerStream,
  answer: (accepted: boolean) => void,
): void {
  const socket = connect({ host: address, port, noDelay: true });
  socket.once('connect', () => {
    answer(true);
    stream.pipe(socket).pipe(stream);
  });
  socket.once('error', () => {
    if (socket.connecting || socket.bytesRead + socket.bytesWritten === 0) answer(false);
    stream.destroy();
  });
  // What has been sent before the end still has to reach the device.
  socket.once('close', (failed) => (failed ? stream.destroy() : stream.end()));
  stream.on('error', () => socket.destroy());
  stream.once('close', () => socket.destroy());
}
