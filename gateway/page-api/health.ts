/**
 * How the gateway is, for monitoring. In: what its pieces say of themselves. Out: one word for all and for each, with the
 * figures that it stems from.
 *
 * `failed`: nothing is taken any more. `degraded`: something waits, or is missing, and somebody should look; what comes
 * is taken and kept.
 */
import type { WallMilliseconds } from '@sluice/common/clock';
import type { SluiceError } from '@sluice/common/errors';
import type { SyncState } from '../sync/destination-sync';
import type { StateView } from './state';

export type Condition = 'ok' | 'degraded' | 'failed';

export interface Check {
  status: Condition;
  /** Why it is not `ok`. */
  message?: string;
}

export interface HealthView {
  status: Condition;
  checks: {
    outbox: Check & { bytes: number; waiting: number; failed: number; unread: number };
    disk: Check & { free: number; total: number };
    /** Seconds that the oldest item has waited for each destination. */
    sync: Check & { destinations: { name: string; lag: number; failures: number }[] };
    parts: Check & { configured: number; connected: number; away: string[] };
    page: Check & { readers: number };
  };
}

export interface DestinationHealth {
  name: string;
  state: SyncState;
  /** When the oldest item that waits was begun. */
  oldest: WallMilliseconds | undefined;
}

export interface HealthSources {
  outbox: { readonly problem: SluiceError | undefined; readonly bytes: number };
  /** Why the last commit failed, as long as none has worked since. */
  failure(): Error | undefined;
  /** Bytes of the disk that the outbox is on. */
  disk(): Promise<{ used: number; total: number }>;
  destinations(): DestinationHealth[];
  state(): StateView;
  /** Whether the page's files are there. */
  page(): Promise<boolean>;
  readers(): number;
  /** When the gateway started: a part that has never come is awaited from then on. */
  started: WallMilliseconds;
  wall(): WallMilliseconds;
}

/** ms after which what waits or is away is worth a look: a restart, an update and a flat night's WiFi pass sooner. */
const patience = 600_000;
/** Share of the disk in use from which on files are deleted, as the disk guard has it. */
const nearlyFull = 0.9;
/** Bytes below which a commit may fail. */
const least = 16 << 20;
/** Names shown. */
const most = 20;

export async function healthOf(sources: HealthSources): Promise<HealthView> {
  const checks = {
    outbox: outboxOf(sources),
    disk: await diskCheck(sources),
    sync: syncOf(sources),
    parts: partsOf(sources),
    page: await pageOf(sources),
  };
  const statuses = Object.values(checks).map(({ status }) => status);
  const worst = (['failed', 'degraded', 'ok'] as const).find((status) => statuses.includes(status))!;
  return { status: worst, checks };
}

function outboxOf({ outbox, failure, state }: HealthSources): HealthView['checks']['outbox'] {
  const { waiting, failed, unread, unreadBecause } = state().files;
  const problem = outbox.problem ?? failure();
  const figures = { bytes: outbox.bytes, waiting, failed, unread };
  if (problem) return { ...check('failed', problem.message), ...figures };
  if (unreadBecause === undefined) return { ...ok, ...figures };
  const { path, reason } = unreadBecause;
  const told = `${unread} files or directories cannot be read, and are tried again: ${path}: ${reason}`;
  return { ...check('degraded', told), ...figures };
}

async function diskCheck({ disk }: HealthSources): Promise<HealthView['checks']['disk']> {
  try {
    const { used, total } = await disk();
    const free = total - used;
    const figures = { free, total };
    if (free < least) return { ...check('failed', 'the disk is full'), ...figures };
    const share = used / total;
    if (share >= nearlyFull)
      return { ...check('degraded', `${Math.floor(100 * share)} % of the disk are used`), ...figures };
    return { ...ok, ...figures };
  } catch (error) {
    return { ...check('failed', (error as Error).message), free: 0, total: 0 };
  }
}

function syncOf({ destinations, wall }: HealthSources): HealthView['checks']['sync'] {
  const all = destinations().map(({ name, state, oldest }) => ({
    name,
    lag: oldest === undefined ? 0 : Math.max(0, wall() - oldest) / 1_000,
    failures: state.failures,
    error: state.lastError,
  }));
  const behind = all.find(({ lag, failures }) => failures > 0 && lag * 1_000 > patience);
  const { name, lag, error } = behind ?? { name: '', lag: 0 };
  const told = behind
    ? check('degraded', `${name} is ${Math.floor(lag / 60)} min behind: ${error ?? 'it fails'}`)
    : ok;
  return { ...told, destinations: all.map(({ error: _error, ...rest }) => rest) };
}

function partsOf({ state, started, wall }: HealthSources): HealthView['checks']['parts'] {
  const { parts } = state();
  const now = wall();
  const away = parts
    .filter(
      ({ connected, since, asleepUntil = 0 }) =>
        !connected && now - Math.max(since ?? 0, started, asleepUntil) > patience,
    )
    .map(({ name }) => name);
  const connected = parts.filter((part) => part.connected).length;
  const told = away.length > 0 ? check('degraded', `${away.length} of ${parts.length} parts are away`) : ok;
  return { ...told, configured: parts.length, connected, away: away.slice(0, most) };
}

async function pageOf({ page, readers }: HealthSources): Promise<HealthView['checks']['page']> {
  const told = (await page()) ? ok : check('degraded', "the page's files are not there");
  return { ...told, readers: readers() };
}

const ok: Check = { status: 'ok' };
const check = (status: Condition, message: string): Check => ({ status, message });
