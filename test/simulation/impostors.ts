/** Who may answer on a gateway's or a broker's address instead of it: listeners for a simulated network. */
import { Duplex } from 'node:stream';
import { createServer, type TlsOptions } from 'node:tls';
import type { ServerCertificate } from './certificates';
import { Random } from './random';

/** Takes a connection that was meant for somebody else. */
export type Impostor = (stream: Duplex) => void;

const changeCipherSpec = 20;
const handshake = 22;
const applicationData = 23;
const serverKeyExchange = 12;

/** A TLS 1.2 server with this certificate. @param speak what it does with who accepts it */
export function tlsServer(certificate: ServerCertificate, speak: (stream: Duplex) => void): Impostor {
  const options: TlsOptions = { ...certificate, maxVersion: 'TLSv1.2' };
  const server = createServer(options, (stream) => {
    stream.on('error', () => undefined);
    speak(stream);
  });
  server.on('tlsClientError', () => undefined);
  return (stream) => server.emit('connection', stream);
}

/** Says `answer` to whatever comes, and goes on. */
export function answering(...answer: (string | Uint8Array)[]): Impostor {
  return (stream) =>
    stream.once('data', () => {
      for (const part of answer) stream.write(part);
    });
}

/** Says it and hangs up. */
export function leaving(...answer: (string | Uint8Array)[]): Impostor {
  return (stream) => {
    answering(...answer)(stream);
    stream.once('data', () => stream.end());
  };
}

/** Listens and says nothing. */
export const mute: Impostor = (stream) => stream.resume();

/** Resets the connection after so many bytes of its answer. */
export function resetting(to: Impostor, after: number): Impostor {
  return through(to, (stream) => {
    let left = after;
    return (record) => {
      left -= record.length;
      if (left > 0) return record;
      setImmediate(() => stream.destroy());
      return new Uint8Array(0);
    };
  });
}

/** Takes up a WebSocket, then says each of these once something has come, and nothing more. */
export function upgrading(...answers: Uint8Array[]): Impostor {
  const upgrade = [
    'HTTP/1.1 101 Switching Protocols',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Accept: x',
  ];
  return (stream) => {
    const left: (string | Uint8Array)[] = [`${upgrade.join('\r\n')}\r\n\r\n`, ...answers];
    stream.on('data', () => {
      const next = left.shift();
      if (next !== undefined) stream.write(next);
    });
  };
}

/** Noise, of which some has the head of a record. */
export function garbage(seed: number): Impostor {
  const random = new Random(seed);
  return (stream) => {
    stream.on('data', () => {
      const noise = Uint8Array.from(
        { length: 1 + Math.floor(random.next() * 3_000) },
        () => random.next() * 256,
      );
      if (random.next() < 0.5)
        noise.set(
          [20 + Math.floor(random.next() * 4), 3, Math.floor(random.next() * 4)].slice(0, noise.length),
        );
      stream.write(noise);
    });
  };
}

/** An answer without end, a line of it never complete. */
export const endless: Impostor = (stream) => {
  const more = () => {
    while (stream.write('x'.repeat(1_000)));
  };
  stream.on('drain', more);
  stream.once('data', () => {
    stream.write('HTTP/1.1 101 Switching Protocols\r\nx: ');
    more();
  });
};

/** Changes a bit of each record of data. */
export function changingData(to: Impostor): Impostor {
  return through(to, () => (record) => {
    if (record[0] === applicationData) record[record.length - 1]! ^= 1;
    return record;
  });
}

/** And of the server's last word in the handshake. */
export function changingFinished(to: Impostor): Impostor {
  return through(to, () => {
    let enciphered = false;
    return (record) => {
      if (record[0] === changeCipherSpec) enciphered = true;
      else if (record[0] === handshake && enciphered) record[record.length - 1]! ^= 1;
      return record;
    };
  });
}

/** Says that its part of the key exchange has no signature: with elliptic curves, behind the curve and a point. */
export function unsigned(to: Impostor): Impostor {
  return through(to, () => (record) => {
    const point = record[12]!;
    if (record[0] === handshake && record[5] === serverKeyExchange) record.fill(0, 13 + point, 15 + point);
    return record;
  });
}

/** Puts something between a server and who dials it, which sees each record of the server whole. */
function through(to: Impostor, begin: (stream: Duplex) => (record: Uint8Array) => Uint8Array): Impostor {
  return (stream) => {
    const change = begin(stream);
    let rest = Buffer.alloc(0);
    const far = new Duplex({
      read() {
        stream.resume();
      },
      write(chunk: Buffer, _encoding, done) {
        rest = Buffer.concat([rest, chunk]);
        while (rest.length >= 5 && rest.length >= 5 + rest.readUInt16BE(3)) {
          const length = 5 + rest.readUInt16BE(3);
          stream.write(change(Uint8Array.from(rest.subarray(0, length))));
          rest = rest.subarray(length);
        }
        done();
      },
      final(done) {
        stream.end();
        done();
      },
      destroy(error, done) {
        stream.destroy();
        done(error);
      },
    });
    far.on('error', () => undefined);
    stream.on('data', (chunk) => far.push(chunk));
    stream.on('end', () => far.push(null));
    stream.on('close', () => far.destroy());
    to(far);
  };
}
