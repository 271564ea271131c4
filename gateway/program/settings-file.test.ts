import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { GatewayCloud } from '../gateway';
import { programSettings } from './program-settings';
import { followSettings } from './settings-file';

let directory: string;
let file: string;
let following: { close(): void };
let reached: GatewayCloud[];
let told: string[];

const started = { configuration: 'machine.json', cloud: 'http://127.0.0.1:1', cloudKey: 'k' };
const write = (settings: object) => writeFileSync(file, JSON.stringify(settings));

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'sluice-settings-'));
  file = join(directory, 'settings.json');
  write(started);
  [reached, told] = [[], []];
  following = followSettings({
    file,
    settings: programSettings({}, file),
    read: () => programSettings({}, file),
    reach: (cloud) => reached.push(cloud),
    tell: (severity, message) => told.push(`${severity} ${message}`),
  });
});

afterEach(() => {
  following.close();
  rmSync(directory, { recursive: true });
});

test('another cloud, or another key, is told once', async () => {
  write({ ...started, cloud: 'http://127.0.0.1:2', cloudKey: 'other' });
  await vi.waitFor(() => expect(reached).toHaveLength(1), 5_000);
  expect(reached).toEqual([{ address: 'http://127.0.0.1:2', appId: 'sluice', key: 'other' }]);
  expect(told.join()).not.toContain('other');
  write({ ...started, cloud: 'http://127.0.0.1:2', cloudKey: 'other', logLevel: 'debug' });
  await vi.waitFor(() => expect(told).toHaveLength(2), 5_000);
  expect(told[1]).toBe(`warn ${file}: logLevel takes effect when the gateway starts again`);
  expect(reached).toHaveLength(1);
});

test('a file that is of no use changes nothing, and is told', async () => {
  write({ ...started, cloud: 'nowhere' });
  await vi.waitFor(() => expect(told).toHaveLength(1), 5_000);
  expect(told[0]).toMatch(/^error the settings before go on: .*cloud: is no http: or https: URL/);
  write({ ...started, cloudReadKey: 'r' });
  await vi.waitFor(() => expect(reached).toHaveLength(1), 5_000);
  expect(reached[0]).toMatchObject({ key: 'k', readKey: 'r' });
});
