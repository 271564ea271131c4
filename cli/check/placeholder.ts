/** Secrets of examples, the specification's too. */
export const placeholder =
  /^(redacted|replace[-_ ]?me.*|change[-_ ]?me.*|your[-_ ].*|its_secret|secret|password|<.*>|x{3,}|\.{3,}|…+|\*{3,})$/i;
