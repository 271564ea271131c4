/** Secrets of examples, the specification's too: everybody knows them, so they prove nothing. */
const placeholder =
  /^(redacted|replace[-_ ]?me.*|change[-_ ]?me.*|your[-_ ].*|its_secret|secret|password|<.*>|x{3,}|\.{3,}|…+|\*{3,})$/i;

export function isPlaceholder(secret: string): boolean {
  return placeholder.test(secret);
}
