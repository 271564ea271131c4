/** Who may use a door. Doors bind to loopback; on any other address a key is required. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { isLoopback } from '../../proto/loopback';

export interface Access {
  /** Address to bind to. */
  host: string;
  /** Secret that every request has to show; required when `host` is not loopback. */
  key?: string;
}

/** Throws when the doors would be open to others without a key. */
export function checkAccess({ host, key }: Access): void {
  if (!key && !isLoopback(host)) {
    throw new Error(`a key is required to listen on ${host}: only loopback addresses are open without one`);
  }
}

/** Compares in constant time, whatever the lengths. */
export function keyMatches(expected: string, shown: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(expected), digest(shown));
}
