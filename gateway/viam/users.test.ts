import { expect, test } from 'vitest';
import { usersOf } from './users';

test('users are those that a machine lists, and its own secret beside them', () => {
  const text = `{
    // comments are allowed
    "auth": { "handlers": [
      { "type": "api-key", "config": { "id-1": "key-1", "id-2": "key-2", "keys": ["id-1", "id-2"] } },
      { "type": "robot-location-secret", "config": { "secrets": ["s1"], "secret": "s2" } }
    ] },
    "cloud": { "id": "part", "secret": "own", "app_address": "http://localhost:1" }
  }`;
  expect(usersOf(text)).toEqual([
    { type: 'api-key', entity: 'id-1', payload: 'key-1' },
    { type: 'api-key', entity: 'id-2', payload: 'key-2' },
    { type: 'robot-location-secret', payload: 's1' },
    { type: 'robot-location-secret', payload: 's2' },
    { type: 'robot-secret', entity: 'part', payload: 'own' },
  ]);
  expect(usersOf('{"cloud": {"id": "part", "secret": "own"}}')).toEqual([]);
});

test('a list of users that cannot be read names the place', () => {
  expect(() => usersOf('{"auth": {"handlers": [{"type": "x", "config": {}}]}}')).toThrow(
    /^auth\.handlers\.0/,
  );
  expect(() => usersOf('{')).toThrow(/line/);
});
