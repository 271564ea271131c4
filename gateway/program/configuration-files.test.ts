import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { partLimits } from '../../modules/config/json';
import { ConfigurationFiles } from './configuration-files';

let parts: string;
let told: string[];

beforeEach(() => {
  parts = mkdtempSync(join(tmpdir(), 'sluice-parts-'));
  told = [];
});
afterEach(() => rmSync(parts, { recursive: true }));

const partOf = (text: string): string | undefined => {
  writeFileSync(join(parts, 'shed.json'), text);
  const tell = (severity: string, message: string) => told.push(`${severity}: ${message}`);
  return new ConfigurationFiles({ machine: join(parts, 'machine.json'), parts, tell }).part('shed');
};

test('a file that is larger than a part reads is refused where it is read, by path, and the part keeps what it has', () => {
  const bare = '{"note":""}';
  // Two bytes each.
  const fitting = `{"note":"${'é'.repeat((partLimits.bytes - bare.length) >> 1)}"}`;
  expect(partOf(fitting)).toBe(fitting);
  expect(told).toEqual([]);
  expect(partOf(`${fitting}  `)).toBeUndefined();
  const length = Buffer.byteLength(fitting) + 2;
  expect(told).toEqual([
    `error: ${join(parts, 'shed.json')} has ${length} bytes, and a part reads ${partLimits.bytes} at most: shed keeps the configuration that it has`,
  ]);
});
