import { describe, expect, it } from 'vitest';
import { checkAccess, keyMatches } from './access';

describe('a door', () => {
  it.each(['0.0.0.0', '192.168.1.5', '::', '127.example.com'])('on %s needs a key', (host) => {
    expect(() => checkAccess({ host })).toThrow('a key is required');
    expect(() => checkAccess({ host, key: 'k' })).not.toThrow();
  });

  it.each(['127.0.0.1', 'localhost', '::1'])('on %s needs none', (host) => {
    expect(() => checkAccess({ host })).not.toThrow();
  });
});

it.each([
  ['right', true],
  ['wrong', false],
  ['righ', false],
  ['right and more', false],
  ['', false],
])('a shown key %j fits the key "right": %j', (shown, fits) => {
  expect(keyMatches('right', shown)).toBe(fits);
});
