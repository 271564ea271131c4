import { expect, test } from 'vitest';
import { isLoopback } from './loopback';

test.each(['localhost', 'LOCALHOST', '127.0.0.1', '127.255.255.254', '::1', '[::1]'])(
  '%s is this machine',
  (host) => {
    expect(isLoopback(host)).toBe(true);
  },
);

test.each([
  '',
  '127.example.com',
  '127.0.0.example',
  '127.0.0.1.example.com',
  '127.0.0.256',
  '127.0.0.01',
  '127.0.0.-1',
  '127.0.0.1e1',
  '127.1',
  '127.0.0.',
  'localhost.example.com',
  '0.0.0.0',
  '192.168.1.5',
  '::',
  '::ffff:127.0.0.1',
])('%j is not taken for it', (host) => {
  expect(isLoopback(host)).toBe(false);
});
