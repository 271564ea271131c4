/** `sim/bridge`: nothing is at the other end. */
export function call(): ArrayBuffer {
  return new ArrayBuffer(0);
}
