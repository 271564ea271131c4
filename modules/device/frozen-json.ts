/** JSON of plain data that lies in flash: XS's own `JSON.stringify` refuses what is read-only. */

/** Deeper than any configuration may be (`partLimits`); the stack has no room for much more. */
const deepestLevel = 20;

/** @returns `null` for what JSON has no form for, and for what lies deeper than 20 objects and lists */
export function jsonOf(value: unknown, depth = 0): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  if (depth === deepestLevel) return 'null';
  const list = Array.isArray(value);
  let text = list ? '[' : '{';
  let separator = '';
  for (const name of Object.keys(value)) {
    const member = jsonOf((value as Record<string, unknown>)[name], depth + 1);
    text += list ? separator + member : `${separator}${JSON.stringify(name)}:${member}`;
    separator = ',';
  }
  return text + (list ? ']' : '}');
}
