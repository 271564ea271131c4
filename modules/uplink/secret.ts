/** The proofs of a part's secret, with the SDK's digest (RFC 2104 over SHA-256). Nothing of it is kept in between. */
import { Digest } from 'crypt';
import { nonceBytes, type Prover, proofMessage } from '../../proto/handshake';
import type { BootId } from '../block/types';

const blockBytes = 64;

/** HMAC-SHA-256 with a secret. */
export function sign(secret: string, message: Uint8Array): Uint8Array<ArrayBuffer> {
  const digest = new Digest('SHA256');
  let key = ArrayBuffer.fromString(secret);
  if (key.byteLength > blockBytes) key = digest.process(key);
  const pad = new Uint8Array(blockBytes);
  pad.set(new Uint8Array(key));
  for (let i = 0; i < blockBytes; i++) pad[i]! ^= 0x36;
  const inner = digest.process(pad, message);
  for (let i = 0; i < blockBytes; i++) pad[i]! ^= 0x36 ^ 0x5c;
  return new Uint8Array(digest.process(pad, inner));
}

export function prove(
  secret: string,
  prover: Prover,
  own: Uint8Array,
  other: Uint8Array,
  boot: BootId,
  part: string,
): Uint8Array<ArrayBuffer> {
  const name = new Uint8Array(ArrayBuffer.fromString(part));
  return sign(secret, proofMessage(prover, own, other, boot, name));
}

/**
 * A nonce that is new and not to be guessed, even while the chip's random numbers are weak: signed with the secret
 * over boot and time. Each session takes a connection of its own first, so no two draw one in the same millisecond.
 */
export function drawNonce(secret: string, boot: BootId, now: number): Uint8Array<ArrayBuffer> {
  const seed = new Uint8Array(40);
  const view = new DataView(seed.buffer);
  view.setUint32(0, boot.counter);
  view.setUint32(4, boot.random);
  view.setFloat64(8, now);
  for (let i = 16; i < seed.length; i++) seed[i] = Math.floor(Math.random() * 256);
  return sign(secret, seed).slice(0, nonceBytes);
}

/** In a time that does not depend on where they differ. */
export function isSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ b[i]!;
  return difference === 0;
}
