/** The proof of a part's secret, on the gateway's side. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import { type Prover, proofBytes, proofMessage } from '../../proto/handshake';

export interface Handshake {
  part: string;
  boot: { counter: number; random: number };
  partNonce: Uint8Array;
  gatewayNonce: Uint8Array;
}

export function prove(prover: Prover, secret: string, handshake: Handshake): Uint8Array {
  const { part, boot, partNonce, gatewayNonce } = handshake;
  const message = proofMessage(prover, partNonce, gatewayNonce, boot, new TextEncoder().encode(part));
  return createHmac('sha256', secret).update(message).digest();
}

/** Constant in time for any proof of the right length. */
export function isProof(proof: Uint8Array, expected: Uint8Array): boolean {
  return proof.length === proofBytes && timingSafeEqual(proof, expected);
}
