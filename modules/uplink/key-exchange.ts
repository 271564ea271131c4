/**
 * Whether the server has signed its part of the key exchange (RFC 5246, 7.4.3). SDK 8.2.3 looks at the signature only when
 * the server names a digest and an algorithm that it knows: without, anybody who shows the server's certificate is
 * believed.
 */

const headBytes = 5;
const messageHeadBytes = 4;
const serverHello = 2;
const serverKeyExchange = 12;
/** Version and random. */
const beforeSessionId = 34;
/** First bytes of the cipher suites with an elliptic curve, of which the SDK offers no others. */
const ellipticCurve = 0xc0;
/** SHA-256 to SHA-512, RSA and ECDSA: RFC 5246, 7.4.1.4.1. */
const weakestHash = 4;
const strongestHash = 6;
const rsa = 1;
const ecdsa = 3;

/**
 * @param record of the handshake, in the clear
 * @param suite the cipher suite so far, 0 before the server has chosen
 * @returns the suite from now on; −1: a key exchange comes without a signature
 */
export function isSigned(record: Uint8Array, suite: number): number {
  let chosen = suite;
  for (let at = headBytes; at + messageHeadBytes <= record.length; ) {
    const body = at + messageHeadBytes;
    if (record[at] === serverHello) {
      const place = body + beforeSessionId + 1 + record[body + beforeSessionId]!;
      chosen = (record[place]! << 8) | record[place + 1]!;
    } else if (record[at] === serverKeyExchange) {
      const place = signatureOf(record, body, chosen);
      const hash = record[place];
      const signature = record[place + 1];
      if (!(hash! >= weakestHash && hash! <= strongestHash && (signature === rsa || signature === ecdsa)))
        return -1;
    }
    at = body + ((record[at + 1]! << 16) | (record[at + 2]! << 8) | record[at + 3]!);
  }
  return chosen;
}

/** Behind the parameters: a curve and a point, or a prime, a generator and a public value. */
function signatureOf(record: Uint8Array, body: number, suite: number): number {
  if (suite >> 8 === ellipticCurve) return body + 4 + record[body + 3]!;
  let at = body;
  for (let field = 0; field < 3; field++) at += 2 + ((record[at]! << 8) | record[at + 1]!);
  return at;
}
