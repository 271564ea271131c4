import { homedir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { parseMachine } from '../modules/config/machine';
import { captureDirectory, captureFileBytes } from './settings';

test.each([
  [undefined, undefined],
  [100_000, 100_000],
  [5_000_000, 1_048_576],
])('takes files of %s bytes as %s: none is larger than can be uploaded', (asked, taken) => {
  const attributes = { maximum_capture_file_size_bytes: asked };
  const services = [{ name: 'dm', type: 'data_manager', attributes }];
  expect(captureFileBytes(parseMachine(JSON.stringify({ services })), pino({ level: 'silent' }))).toBe(taken);
});

test.each([
  [undefined, join(homedir(), '.viam/capture')],
  ['', join(homedir(), '.viam/capture')],
  ['/data/capture', '/data/capture'],
])('captures to the directory of capture_dir %j', (capture_dir, directory) => {
  const services = [{ name: 'dm', type: 'data_manager', attributes: { capture_dir } }];
  expect(captureDirectory(parseMachine(JSON.stringify({ services })))).toBe(directory);
});
