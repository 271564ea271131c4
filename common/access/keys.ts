/**
 * Keys: 256 random bits behind an id, so that the one to compare with is found without trying all. Because they are
 * random, one salted hash is as good as a slow one, and a door may ask for each request.
 */
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { StoredKey } from './user-file';

const shape = /^sluice_([0-9a-f]{12})_([A-Za-z0-9_-]{43})$/;

export interface NewKey {
  /** What is shown once. */
  text: string;
  stored: StoredKey;
}

export function makeKey(now: Date): NewKey {
  const id = randomBytes(6).toString('hex');
  const text = `sluice_${id}_${randomBytes(32).toString('base64url')}`;
  const salt = randomBytes(16);
  return {
    text,
    stored: {
      id,
      salt: salt.toString('base64'),
      hash: hashOf(text, salt).toString('base64'),
      created: now.toISOString(),
    },
  };
}

/** The id that a text names, when it has the shape of a key. */
export function keyId(text: string): string | undefined {
  return shape.exec(text)?.[1];
}

/** In constant time. */
export function isKey(text: string, { salt, hash }: StoredKey): boolean {
  const expected = Buffer.from(hash, 'base64');
  const shown = hashOf(text, Buffer.from(salt, 'base64'));
  return expected.length === shown.length && timingSafeEqual(expected, shown);
}

function hashOf(text: string, salt: Uint8Array): Buffer {
  return createHmac('sha256', salt).update(text).digest();
}
