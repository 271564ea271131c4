/** JSON with integers to the digit: those beyond 2⁵³, which a double rounds, are bigints. */
import { randomUUID } from 'node:crypto';

/** Stands before the digits where a string stands in for them; no message can know it. */
const mark = randomUUID();
const token = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/** The content of a JSON text, which was parsed, with exact integers. */
export function exactly<Content>(text: string, content: Content): Content {
  if (!/\d{16}/.test(text)) return content;
  let found = false;
  const marked = text.replace(token, (literal) => {
    if (!/^-?\d{16,}$/.test(literal) || Number.isSafeInteger(Number(literal))) return literal;
    found = true;
    return `"${mark}${literal}"`;
  });
  if (!found) return content;
  return JSON.parse(marked, (_key, value: unknown) =>
    typeof value === 'string' && value.startsWith(mark) ? BigInt(value.slice(mark.length)) : value,
  );
}
