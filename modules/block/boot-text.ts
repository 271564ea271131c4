/** A boot as text: in names of blocks and files, in logs, as a key. */
import type { BootId } from './types';

/** `12-9f00c3a1` */
export function bootText({ counter, random }: BootId): string {
  return `${counter}-${(random >>> 0).toString(16).padStart(8, '0')}`;
}
