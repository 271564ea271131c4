import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Clock } from '../clock';
import { openAuthority, renewAuthority } from '../tls';
import type { Alerts } from './alerts';
import { CertificateWatch } from './certificate';
import { defaultAlertSettings } from './settings';

const day = 86_400_000;
/** Of certificates by our own authority. */
const end = Date.UTC(2049, 11, 31);

let directory: string;
let certificate: string;
let told: string[];
let now: number;
let due: { delay: number; action(): void } | undefined;
let watch: CertificateWatch;
let alerts: Alerts;
let clock: Clock;

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sluice-certificate-'));
  ({ certificate } = await openAuthority(directory));
  told = [];
  due = undefined;
  clock = {
    now: () => now,
    wall: () => now,
    after(delay, action) {
      due = { delay, action };
      return () => {
        due = undefined;
      };
    },
  };
  alerts = {
    settings: defaultAlertSettings,
    holds: (_kind: string, subject: string, message: string) => void told.push(`${subject}: ${message}`),
    ends: (_kind: string, subject: string) => void told.push(`${subject} ends`),
  } as unknown as Alerts;
  watch = new CertificateWatch(alerts, clock);
});

afterEach(() => rmSync(directory, { recursive: true }));

test('a certificate that ends soon is told of at once, and once, until there is another', () => {
  now = end - 13 * day;
  watch.follow('the page', certificate);
  expect(told).toEqual(['the page: the certificate of the page ends at 2049-12-31T00:00:00.000Z']);
  now = end - 400 * day;
  watch.follow('the page', certificate);
  expect(told.at(-1)).toBe('the page ends');
});

test('one that ends later is told of when its time comes', () => {
  now = end - 30 * day;
  watch.follow('the page', certificate);
  expect(told).toEqual(['the page ends']);
  expect(due!.delay).toBe(16 * day);
  due!.action();
  expect(told.at(-1)).toMatch(/ends at 2049/);
});

test('of doors in plain text nothing is told', () => {
  now = end;
  watch.follow('the page', undefined);
  expect(told).toEqual(['the page ends']);
  expect(due).toBeUndefined();
});

test('one that ends soon too takes the place of what was told', async () => {
  now = end - 13 * day;
  watch.follow('the page', certificate);
  await renewAuthority(directory, Date.UTC(2020, 1));
  now = Date.UTC(2050, 11, 30);
  watch.follow('the page', (await openAuthority(directory)).certificate);
  expect(told.slice(1)).toEqual([
    'the page ends',
    'the page: the certificate of the page ends at 2050-12-31T00:00:00.000Z',
  ]);
});

test('of an authority it is told a year before', () => {
  watch = new CertificateWatch(alerts, clock, 'authority_days');
  now = end - 366 * day;
  watch.follow('the authority', certificate);
  expect(told).toEqual(['the authority ends']);
  expect(due!.delay).toBe(day);
  due!.action();
  expect(told.at(-1)).toMatch(/^the authority: .* ends at 2049/);
});
