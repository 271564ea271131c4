/** The proofs of a part's secret, with the SDK's digest (RFC 2104 over SHA-256). */
import { Digest } from 'crypt';
import { nonceBytes, type Prover, proofMessage } from '../../proto/handshake';
import type { BootId } from '../block/types';

const blockBytes = 64;

export class Secret {
  private readonly digest = new Digest('SHA256');
  private readonly inner = new Uint8Array(blockBytes);
  private readonly outer = new Uint8Array(blockBytes);
  private drawn = 0;

  constructor(secret: string) {
    let key = ArrayBuffer.fromString(secret);
    if (key.byteLength > blockBytes) key = this.digest.process(key);
    const bytes = new Uint8Array(key);
    for (let i = 0; i < blockBytes; i++) {
      const byte = i < bytes.length ? bytes[i]! : 0;
      this.inner[i] = byte ^ 0x36;
      this.outer[i] = byte ^ 0x5c;
    }
  }

  /** HMAC-SHA-256 with this secret. */
  sign(message: Uint8Array): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.digest.process(this.outer, this.digest.process(this.inner, message)));
  }

  prove(
    prover: Prover,
    own: Uint8Array,
    other: Uint8Array,
    boot: BootId,
    part: string,
  ): Uint8Array<ArrayBuffer> {
    return this.sign(proofMessage(prover, own, other, boot, new Uint8Array(ArrayBuffer.fromString(part))));
  }

  /**
   * A nonce that is new and not to be guessed, even while the chip's random numbers are weak: signed with the
   * secret over boot, time and a counter.
   */
  nonce(boot: BootId, now: number): Uint8Array<ArrayBuffer> {
    const seed = new Uint8Array(40);
    const view = new DataView(seed.buffer);
    view.setUint32(0, boot.counter);
    view.setUint32(4, boot.random);
    view.setFloat64(8, now);
    view.setUint32(16, this.drawn++);
    for (let i = 20; i < seed.length; i++) seed[i] = Math.floor(Math.random() * 256);
    return this.sign(seed).slice(0, nonceBytes);
  }
}

/** In a time that does not depend on where they differ. */
export function isSame(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i++) difference |= a[i]! ^ b[i]!;
  return difference === 0;
}
