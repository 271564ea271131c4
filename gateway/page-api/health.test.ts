import { SluiceError } from '@sluice/common/errors';
import { describe, expect, test } from 'vitest';
import { type HealthSources, healthOf } from './health';
import type { PartView, StateView } from './state';

const now = 1_700_000_000_000;
const minute = 60_000;
const sync = { disabled: false, running: false, failures: 0, retries: 0 };

function part(name: string, of: Partial<PartView>): PartView {
  return {
    name,
    connected: true,
    since: now - 60 * minute,
    boot: '',
    chip: '',
    firmware: '',
    resetReason: '',
    clock: 'sntp',
    statusAt: now,
    streams: [],
    losses: [],
    problems: [],
    ...of,
  };
}

function sources(of: Partial<HealthSources> = {}, parts: PartView[] = []): HealthSources {
  const state: StateView = {
    main: 'main',
    now,
    sync,
    files: { waiting: 3, failed: 1, unread: 0 },
    remotes: parts.length,
    started: 0,
    log: '',
    alerts: [],
    parts,
    problems: [],
  };
  return {
    outbox: { problem: undefined, bytes: 1_000 },
    failure: () => undefined,
    disk: async () => ({ used: 50e9, total: 100e9 }),
    destinations: () => [{ name: 'cloud', state: sync, oldest: now - 1_000 }],
    state: () => state,
    page: async () => true,
    readers: () => 2,
    started: now - 60 * minute,
    wall: () => now,
    ...of,
  };
}

describe('the health of a gateway', () => {
  test('is ok, with the figures that it stems from', async () => {
    expect(await healthOf(sources({}, [part('shed', {})]))).toEqual({
      status: 'ok',
      checks: {
        outbox: { status: 'ok', bytes: 1_000, waiting: 3, failed: 1, unread: 0 },
        disk: { status: 'ok', free: 50e9, total: 100e9 },
        sync: { status: 'ok', destinations: [{ name: 'cloud', lag: 1, failures: 0 }] },
        parts: { status: 'ok', configured: 1, connected: 1, away: [] },
        page: { status: 'ok', readers: 2 },
      },
    });
  });

  test('has failed when the outbox takes nothing, and when the last commit failed', async () => {
    const problem = new SluiceError('outbox-gone', 'its files are gone');
    const gone = await healthOf(sources({ outbox: { problem, bytes: 0 } }));
    expect(gone).toMatchObject({
      status: 'failed',
      checks: { outbox: { status: 'failed', message: 'its files are gone' } },
    });
    const full = await healthOf(sources({ failure: () => new Error('ENOSPC') }));
    expect(full.checks.outbox).toMatchObject({ status: 'failed', message: 'ENOSPC' });
  });

  test('is degraded while a file cannot be read, which is named with the reason', async () => {
    const waits = sources();
    const unreadBecause = { path: '/capture/a.sluice', reason: 'EIO: read', since: now };
    const files = { waiting: 3, failed: 1, unread: 2, unreadBecause };
    const health = await healthOf({ ...waits, state: () => ({ ...waits.state(), files }) });
    expect(health.status).toBe('degraded');
    expect(health.checks.outbox).toMatchObject({ status: 'degraded', unread: 2 });
    expect(health.checks.outbox.message).toContain('/capture/a.sluice: EIO: read');
  });

  test.each([
    [50e9, 'ok'],
    [95e9, 'degraded'],
    [100e9 - 1e6, 'failed'],
  ])('with %d of 100 GB of the disk in use is %s', async (used, status) => {
    const health = await healthOf(sources({ disk: async () => ({ used, total: 100e9 }) }));
    expect(health.checks.disk.status).toBe(status);
    expect(health.status).toBe(status);
  });

  test('has failed when the disk cannot be asked', async () => {
    const disk = () => Promise.reject(new Error('ENOENT: the directory'));
    expect((await healthOf(sources({ disk }))).checks.disk).toMatchObject({
      status: 'failed',
      message: 'ENOENT: the directory',
    });
  });

  test('is degraded when a destination fails and something has waited for it for long', async () => {
    const failing = { ...sync, failures: 4, lastError: 'connection refused' };
    const of = (oldest: number) => ({ destinations: () => [{ name: 'cloud', state: failing, oldest }] });
    expect((await healthOf(sources(of(now - minute)))).status).toBe('ok');
    const health = await healthOf(sources(of(now - 30 * minute)));
    expect(health.status).toBe('degraded');
    expect(health.checks.sync.message).toBe('cloud is 30 min behind: connection refused');
  });

  test('is degraded while a part is away that did not say that it sleeps', async () => {
    const away = { connected: false, since: now - 30 * minute };
    const parts = [
      part('shed', away),
      part('barn', { ...away, asleepUntil: now + minute }),
      part('home', {}),
    ];
    const { checks } = await healthOf(sources({}, parts));
    expect(checks.parts).toEqual({
      status: 'degraded',
      message: '1 of 3 parts are away',
      configured: 3,
      connected: 1,
      away: ['shed'],
    });
  });

  test('gives a part that has never come some time after a start', async () => {
    const parts = [part('shed', { connected: false, since: null })];
    expect((await healthOf(sources({ started: now - minute }, parts))).status).toBe('ok');
    expect((await healthOf(sources({}, parts))).checks.parts.away).toEqual(['shed']);
  });

  test("is degraded when the page's files are not there", async () => {
    expect((await healthOf(sources({ page: async () => false }))).checks.page.status).toBe('degraded');
  });
});
