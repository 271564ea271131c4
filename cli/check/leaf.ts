/** Finds the value that a message is about, so that a problem of a whole resource is named where it is written. */

import { memberPath } from '../../modules/config/attributes';
import type { JsonValue } from '../../modules/config/json';

/** The first value in a tree that reads as `text`: its path, which begins with `path`. */
export function pathOfValue(value: JsonValue, text: string, path: string): string | undefined {
  if (value.kind === 'object') {
    for (const name of value.names()) {
      const found = pathOfValue(value.member(name)!, text, memberPath(path, name));
      if (found !== undefined) return found;
    }
    return undefined;
  }
  if (value.kind === 'array') {
    for (const [index, element] of value.elements().entries()) {
      const found = pathOfValue(element, text, `${path}[${index}]`);
      if (found !== undefined) return found;
    }
    return undefined;
  }
  return value.string() === text ? path : undefined;
}

/** The value at a path. */
export function valueAt(root: JsonValue, path: string): JsonValue | undefined {
  let value: JsonValue | undefined = root;
  for (const [, name, index] of path.matchAll(/([^.[\]]+)|\[(\d+)\]/g)) {
    if (index !== undefined) value = value?.elements()[Number(index)];
    else if (name !== '$') value = value?.kind === 'object' ? value.member(name!) : undefined;
  }
  return value;
}
