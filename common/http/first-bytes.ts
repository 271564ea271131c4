/** What a connection speaks, by what it begins with. */
import type { Socket } from 'node:net';

/** Of a TLS record's type "handshake". */
export const tlsHandshake = 0x16;

/**
 * Looks at what a connection begins with and leaves it there; closes one that says nothing for `patience` ms.
 * @param most bytes looked at @param areEnough whether fewer say it too
 */
export function firstBytes(
  socket: Socket,
  { patience, most, areEnough }: { patience: number; most: number; areEnough(bytes: Buffer): boolean },
  found: (bytes: Buffer) => void,
): void {
  socket.setTimeout(patience, () => socket.destroy());
  let begun = Buffer.alloc(0);
  const look = () => {
    const more = socket.read() as Buffer | null;
    if (more !== null) begun = Buffer.concat([begun, more]);
    // Put back only when it is enough: what is put back is told again at once.
    if (begun.length === 0 || (begun.length < most && !areEnough(begun))) {
      socket.once('readable', look);
      return;
    }
    socket.unshift(begun);
    socket.setTimeout(0);
    socket.removeAllListeners('timeout');
    found(begun.subarray(0, most));
  };
  socket.once('readable', look);
}
