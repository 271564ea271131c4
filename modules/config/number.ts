import type { JsonValue } from './json';

/** A number, or a string that is one in decimal as the peers allow ("27", " 0.5 "); else undefined. */
export function numberOf(value: JsonValue | undefined): number | undefined {
  if (value?.kind !== 'number' && value?.kind !== 'string') return undefined;
  if (value.kind === 'string') return decimal(value.string());
  const number = value.number();
  return Number.isFinite(number) ? number : undefined;
}

function decimal(written: string): number | undefined {
  const text = written.trim();
  if (text.length > 40) return undefined;
  // Number() also takes '', '0x1b', '0b1' and 'Infinity'.
  let digits = 0;
  for (const character of text) {
    if (character >= '0' && character <= '9') digits++;
    else if (!'+-.eE'.includes(character)) return undefined;
  }
  const value = digits > 0 ? Number(text) : Number.NaN;
  return Number.isFinite(value) ? value : undefined;
}
