/** Attributes that were meant to be one that is missed: a driver that misses one reads no further, and names no others. */
import type { JsonValue } from '../../modules/config/json';
import type { Problem } from '../../modules/config/problems';
import type { Finding } from './finding';
import { meaning, nearest } from './nearest';

/**
 * @param missing a problem of an attribute that is required
 * @param object where it is required
 * @param asked what is read there
 */
export function misspelt(
  { path }: Problem,
  object: JsonValue | undefined,
  asked: ReadonlySet<string>,
): Omit<Finding, 'file'>[] {
  const dot = path.lastIndexOf('.') + 1;
  const wanted = path.slice(dot);
  const unread = object?.kind === 'object' ? object.names().filter((name) => !asked.has(name)) : [];
  return unread
    .filter((name) => nearest(name, [wanted]) !== undefined)
    .map((name) =>
      meaning(
        {
          severity: 'warning',
          code: 'unknown-attribute',
          path: `${path.slice(0, dot)}${name}`,
          message: 'is not read by anything here',
        },
        wanted,
      ),
    );
}
