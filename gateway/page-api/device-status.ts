/** What a part tells of itself, as far as it has the shape that it should have: it must not disturb the page. */
import type { WallMilliseconds } from '@sluice/common/clock';
import { streamFigures } from '../../proto/figures';
import type { PartState } from '../link/part-state';
import type { StreamState } from '../outbox/streams';

/** Of modules/device/status; anything may be absent. */
export interface DeviceStatus {
  uptime?: number;
  heap?: { used: number; size: number };
  /** Counters of the flash log since the boot (modules/ring/counters). */
  flash?: Record<string, number>;
  /** Why its link, or an attempt at one, ended last. */
  linkEnd?: string;
  streams?: ({ number?: unknown; bytes?: unknown; quota?: unknown } & Record<string, unknown>)[];
}

/** A part's answer to `Status`. */
export interface Answered {
  boot: string;
  /** Wall milliseconds. */
  at: WallMilliseconds;
  status: DeviceStatus;
}

const fates = [
  'captured',
  'acknowledged',
  'overwritten',
  'discarded',
  'stored',
  'missed',
  'late',
  'failed',
  'refused',
] as const;

export function statusOf(told: unknown): DeviceStatus {
  if (!isObject(told)) return {};
  const { uptime, heap, flash, streams, log } = told;
  const linkEnd = linkEndOf(log);
  return {
    ...(linkEnd === undefined ? {} : { linkEnd }),
    ...(typeof uptime === 'number' ? { uptime } : {}),
    ...(isObject(heap) ? { heap: { used: whole(heap.used), size: whole(heap.size) } } : {}),
    ...(isObject(flash) ? { flash: numbersOf(flash) } : {}),
    ...(Array.isArray(streams) ? { streams: streams.filter(isObject) } : {}),
  };
}

/** A line of the device's log of how its link ended: seconds since the boot, level, why. */
const linkLine = /^\d+ s \w+: uplink: (.{1,200})/;

function linkEndOf(log: unknown): string | undefined {
  if (!Array.isArray(log)) return undefined;
  return log.flatMap((line) => linkLine.exec(String(line))?.[1] ?? []).at(-1);
}

/** A status with what a part's answer to `Figures` has of it. */
export function withFigures(before: DeviceStatus, told: unknown): DeviceStatus {
  if (!isObject(told)) return before;
  const { uptime, flash, streams } = told;
  return {
    ...before,
    ...(typeof uptime === 'number' ? { uptime } : {}),
    ...(isObject(flash) ? { flash: { ...before.flash, ...numbersOf(flash) } } : {}),
    ...(Array.isArray(streams) ? { streams: streams.filter(Array.isArray).map(streamOf) } : {}),
  };
}

function streamOf(row: unknown[]): Record<string, unknown> {
  return Object.fromEntries(streamFigures.map((name, index) => [name, row[index] ?? 0]));
}

/** @param text JSON, or whatever the part sent for it */
export function parseStatus(text: string): DeviceStatus {
  try {
    return statusOf(JSON.parse(text || '{}'));
  } catch {
    return {};
  }
}

/** A part's answer is as good as a status it sends by itself, so that its figures are of one moment. */
export function takeAnswer(
  state: PartState,
  { at, status }: Answered,
  received: ReadonlyMap<number, StreamState>,
): void {
  if (!status.streams) return;
  const streams = status.streams.map((stream) => ({
    stream: whole(stream.number),
    ...Object.fromEntries(fates.map((fate) => [fate, whole(stream[fate])])),
  }));
  state.onStatus({ streams, details: state.details, ledger: false }, at, received);
}

export function whole(value: unknown): number {
  return typeof value === 'number' && value >= 0 ? Math.floor(value) : 0;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

/** More counters than a part has are none of it. */
const mostCounters = 64;

function numbersOf(told: Record<string, unknown>): Record<string, number> {
  const numbers = Object.entries(told).filter(([name]) => /^\w{1,32}$/.test(name));
  return Object.fromEntries(numbers.slice(0, mostCounters).map(([name, value]) => [name, whole(value)]));
}
