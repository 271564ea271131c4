import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultAlertSettings } from '@sluice/common/alerts';
import type { Clock } from '@sluice/common/clock';
import { Events } from '@sluice/common/events';
import { openAuthority, renewAuthority } from '@sluice/common/tls';
import { beforeEach, describe, expect, test } from 'vitest';
import { GatewayAlerts, type GatewayAlertsOptions } from './gateway-alerts';
import type { LinkEvents } from './link/link-server';
import { PartState } from './link/part-state';

const minute = 60_000;
const started = 1_700_000_000_000;

let events: Events<LinkEvents>;
let known: Map<string, PartState>;
let now: number;
let told: string[];
let alerts: GatewayAlerts;

const record = {
  settings: defaultAlertSettings,
  holds: (kind: string, subject: string, message: string, since?: number, after = 0) =>
    void told.push(
      `${kind} ${subject} since ${((since ?? now) - started) / minute} for ${after / minute}: ${message}`,
    ),
  happens: (kind: string, subject: string, message: string) =>
    void told.push(`${kind} ${subject}: ${message}`),
  ends: (kind: string, subject: string) => void told.push(`${kind} ${subject} ends`),
  only: (kind: string, subjects: string[]) => void told.push(`${kind} only ${subjects.join(', ')}`),
};

function open(): void {
  told = [];
  const problem = (error: Error) => void told.push(error.message);
  events = new Events(problem);
  const clock = { now: () => now, wall: () => now, after: () => () => undefined } as Clock;
  const link = { known, events };
  alerts = new GatewayAlerts({
    alerts: record as unknown as GatewayAlertsOptions['alerts'],
    link,
    clock,
  });
}

function part(name: string, of: Partial<PartState> = {}): PartState {
  const state = Object.assign(new PartState(name), { connected: true, since: started, ...of });
  known.set(name, state);
  return state;
}

beforeEach(() => {
  known = new Map();
  now = started;
  open();
});

describe('a part', () => {
  test('that is away is told of with since when, and that it is back', () => {
    const shed = part('shed');
    alerts.configured([['shed']]);
    now += 5 * minute;
    shed.ended(now, 'silent');
    events.emit('changed', shed);
    const since = new Date(now).toISOString();
    expect(told.at(-1)).toBe(`part-away shed since 5 for 10: shed is away since ${since}: silent`);
    shed.connected = true;
    events.emit('changed', shed);
    expect(told.at(-1)).toBe('part-away shed ends');
  });

  test('that sleeps is not away before it should be back', () => {
    const shed = part('shed', { connected: false, asleepUntil: started + 30 * minute });
    alerts.configured([['shed']]);
    events.emit('changed', shed);
    expect(told.at(-1)).toMatch(/^part-away shed since 30 for 10/);
  });

  test('that never came is awaited by its first name, and comes by another', () => {
    alerts.configured([['shed', 'shed-main']]);
    expect(told).toEqual(['part-away only shed', 'part-away shed since 0 for 10: shed has never come']);
    events.emit('changed', part('shed-main'));
    expect(told.slice(2)).toEqual(['part-away shed ends', 'part-away shed-main ends']);
  });

  test('that is configured no more is not waited for', () => {
    part('shed');
    alerts.configured([['barn']]);
    expect(told[0]).toBe('part-away only barn');
    told = [];
    events.emit('changed', known.get('shed')!);
    expect(told).toEqual([]);
  });

  test('that has lost readings is told of with how many, once for each loss', () => {
    const shed = part('shed');
    Object.assign(shed.lost, { readings: 7, atMost: 7 });
    open();
    events.emit('changed', shed);
    Object.assign(shed.lost, { readings: 10, atMost: 50 });
    events.emit('changed', shed);
    events.emit('changed', shed);
    Object.assign(shed.lost, { readings: 12, atMost: 52 });
    events.emit('changed', shed);
    expect(told).toEqual([
      'readings-lost shed: shed has lost 3 to 43 readings',
      'readings-lost shed: shed has lost 2 readings',
    ]);
  });

  test('that has lost them because it started again is told of with why it did', () => {
    const shed = part('shed', { resetReason: 'Power-On' });
    open();
    for (const lost of [shed.lost, shed.lostAtReboot]) Object.assign(lost, { readings: 0, atMost: 43 });
    events.emit('changed', shed);
    expect(told).toEqual([
      'readings-lost shed: shed started again (Power-On): what it had not handed over is lost, at most 43 readings',
    ]);
  });
});

test('a disk that fills is told of, and that it has room again, but not at each look between', () => {
  alerts.disk({ used: 84, total: 100 });
  expect(told).toEqual([]);
  alerts.disk({ used: 86, total: 100 });
  expect(told[0]).toMatch(/^disk-filling the capture directory's disk .* is used to 86 %$/);
  alerts.disk({ used: 84, total: 100 });
  expect(told).toHaveLength(1);
  alerts.disk({ used: 82, total: 100 });
  expect(told[1]).toBe("disk-filling the capture directory's disk ends");
});

test('a destination that takes nothing is told of with since when, and that it takes again', () => {
  const state = { disabled: false, running: false, failures: 2, retries: 2, lastError: 'not reached' };
  const lastSuccess = started - 3 * minute;
  alerts.synced([{ name: 'cloud', state: { ...state, lastSuccess } }]);
  const since = new Date(lastSuccess).toISOString();
  expect(told[0]).toBe('destination-behind only cloud');
  expect(told[1]).toBe(
    `destination-behind cloud since -3 for 10: nothing could be delivered to cloud since ${since}: not reached`,
  );
  alerts.synced([{ name: 'cloud', state: { ...state, failures: 0 } }]);
  expect(told.slice(2)).toEqual(['destination-behind cloud ends']);
});

test('a destination that is configured away is behind no more', () => {
  const state = { disabled: false, running: false, failures: 0, retries: 0 };
  alerts.synced([
    { name: 'cloud', state },
    { name: 'viam', state },
  ]);
  alerts.synced([{ name: 'cloud', state }]);
  alerts.synced([{ name: 'cloud', state }]);
  expect(told.filter((line) => line.includes(' only '))).toEqual([
    'destination-behind only cloud, viam',
    'destination-behind only cloud',
  ]);
});

test('the authority that boards pin is told of a year before it ends', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-pinned-'));
  try {
    const { authority } = await openAuthority(directory);
    now = Date.UTC(2049, 0, 30);
    alerts.authority(authority.pem);
    expect(told).toEqual([
      expect.stringMatching(/^certificate-ending the authority that boards pin .* ends at 2049-12-31T/),
    ]);
    await renewAuthority(directory, now);
    alerts.authority((await openAuthority(directory)).authority.pem);
    expect(told.at(-1)).toBe('certificate-ending the authority that boards pin ends');
  } finally {
    await rm(directory, { recursive: true });
  }
});
