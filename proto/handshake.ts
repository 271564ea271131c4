/** What both sides of a link sign to prove that they know the part's secret: see README.md, "Proof". Pure. */

export const protocolVersion = 1;
export const nonceBytes = 16;
export const proofBytes = 32;

export type Prover = 'part' | 'gateway';

/** @param part the part's name in UTF-8 */
export function proofMessage(
  prover: Prover,
  partNonce: Uint8Array,
  gatewayNonce: Uint8Array,
  boot: { counter: number; random: number },
  part: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const label = `sluice link ${protocolVersion} ${prover}`;
  const message = new Uint8Array(label.length + 1 + 2 * nonceBytes + 8 + part.length);
  let end = 0;
  for (; end < label.length; end++) message[end] = label.charCodeAt(end);
  end++;
  message.set(partNonce, end);
  message.set(gatewayNonce, end + nonceBytes);
  end += 2 * nonceBytes;
  const view = new DataView(message.buffer);
  view.setUint32(end, boot.counter, true);
  view.setUint32(end + 4, boot.random, true);
  message.set(part, end + 8);
  return message;
}
