import type { Json } from './json';

/** A finite number, or a string that is one in decimal as the peers allow ("27", " 0.5 "); else undefined. */
export function numberOf(json: Json | undefined): number | undefined {
  if (typeof json === 'number') return Number.isFinite(json) ? json : undefined;
  if (typeof json !== 'string' || json.length > 32) return undefined;
  const text = json.trim();
  // Number() also takes '', '0x1b', '0b1' and 'Infinity'.
  let digits = 0;
  for (const character of text) {
    if (character >= '0' && character <= '9') digits++;
    else if (!'+-.eE'.includes(character)) return undefined;
  }
  const value = digits > 0 ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}
