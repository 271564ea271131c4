import { expect, test } from 'vitest';
import { partNameFault } from './part-name';

test.each(['esp-home', 'Küche', 'hall_2.north', 'センサー', '🌡', 'x'.repeat(64)])(
  '%s is a name for a part',
  (name) => {
    expect(partNameFault(name)).toBeUndefined();
  },
);

test.each([
  ['', 'empty'],
  ['a/b', '/'],
  ['a b', 'white space'],
  ['a\u0000', 'control'],
  ['a\u0085', 'control'],
  ['a\u2028b', 'white space'],
  ['a\ud800', 'control'],
  ['a+b', '+'],
  ['#', '#'],
  ['..', 'directory'],
  ['x'.repeat(65), 'longer than 64 bytes'],
  ['ü'.repeat(33), 'longer than 64 bytes'],
])('%j is none', (name, why) => {
  expect(partNameFault(name)).toContain(why);
});
