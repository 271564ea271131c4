/** Names streams for the API. */
import { identityKey } from '../../modules/config/plan';
import type { StreamName } from '../link/part-state';

const keys = new WeakMap<object, string>();

/** The same for a collector over all boots of its part. */
export function streamKey(of: StreamName & { part: string }): string {
  let key = keys.get(of);
  if (key === undefined) {
    key = keyOf(of.part, of);
    keys.set(of, key);
  }
  return key;
}

/** The same, of what is no declaration. */
export function keyOf(part: string, { owner, resource, method, parameters }: StreamName): string {
  return `${part} ${identityKey({ owner, resource, method, parameters })}`;
}
