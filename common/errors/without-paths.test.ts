import { expect, test } from 'vitest';
import { withoutPaths } from './without-paths';

test.each([
  [
    "ENOENT: no such file or directory, open '/srv/sluice/state/x.json'",
    "ENOENT: no such file or directory, open 'x.json'",
  ],
  ["EACCES: permission denied, mkdir '/secret'", "EACCES: permission denied, mkdir 'secret'"],
  ['EIO: i/o error, read /secret', 'EIO: i/o error, read secret'],
  ["ENOSPC, write '/srv/my data/it’s here/x.json'", "ENOSPC, write 'x.json'"],
  [
    'IO Error: Cannot open file "/srv/my data/hot.duckdb": No space',
    'IO Error: Cannot open file "hot.duckdb": No space',
  ],
  ['/srv/my own data/inbox is not writable', 'inbox is not writable'],
  ['(/srv/data/x.json, /srv/data/)', '(x.json, data)'],
  ['cause=/srv/data/x.json:3:1', 'cause=x.json:3:1'],
  ['at file:///opt/sluice/main.js:3', 'at main.js:3'],
  ['http://influx.example:8086/write answers 404', 'http://influx.example:8086/write answers 404'],
  ['app/dev-2026-01-01.json: EACCES', 'app/dev-2026-01-01.json: EACCES'],
  ['3/4 of pipeline/app/dev and/or 5 m/s', '3/4 of pipeline/app/dev and/or 5 m/s'],
  ['a / b', 'a / b'],
])('of the paths in %j their last names stay', (text, expected) => {
  expect(withoutPaths(text)).toBe(expected);
});
