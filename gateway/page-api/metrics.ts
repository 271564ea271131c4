/**
 * Figures for Prometheus, written from the read models. Families of many series are written as text at once: each series
 * through the client library would cost more than all the rest of a scrape.
 */
import type { Alert } from '@sluice/common/alerts';
import { collectDefaultMetrics, Registry } from 'prom-client';
import type { HealthView } from './health';
import type { LossView, PartView, StateView, StreamView } from './state';

export interface LinkCounters {
  sessions: number;
  blocks: number;
  readings: number;
  duplicates: number;
  refusals: Record<string, number>;
}

export interface MetricsSources {
  state(): StateView;
  health(): Promise<HealthView>;
  link: LinkCounters;
  /** Counters of a part's flash log since its boot, when it was asked for them. */
  flash(part: string): Record<string, number> | undefined;
  /** Bytes of the outbox's log. */
  logBytes(): number;
  /** Those that stand. */
  alerts(): Iterable<Alert>;
  /** Passes of each destination's sync that failed since the start, each of them a retry to come. */
  retries(): { name: string; retries: number }[];
  /** Readings for MongoDB, by what became of them; undefined: none is configured. */
  mongo(): Record<string, number> | undefined;
}

type Value = number | boolean | undefined;

interface Family<Of> {
  name: string;
  help: string;
  type?: 'counter';
  /** Further labels and their values; empty: there is one series of each. What is undefined is left out. */
  series(of: Of): [labels: string, value: Value][];
}

const one = (value: Value): [string, Value][] => [['', value]];
const by = (label: string, values: object | undefined): [string, number][] =>
  Object.entries(values ?? {}).map(([name, value]) => [`,${label}="${escaped(name)}"`, value as number]);

const parts: Family<PartView>[] = [
  {
    name: 'part_connected',
    help: 'Whether the part has a session',
    series: ({ connected }) => one(connected),
  },
  {
    name: 'part_since_seconds',
    help: 'Unix time since which it is connected, or away',
    series: ({ since }) => one(since === null ? undefined : since / 1_000),
  },
  {
    name: 'part_status_seconds',
    help: 'Unix time of its last status',
    series: ({ statusAt }) => one(statusAt === null ? undefined : statusAt / 1_000),
  },
  {
    name: 'part_uptime_seconds',
    help: 'Since its boot, at its last status',
    series: ({ uptime }) => one(uptime === undefined ? undefined : uptime / 1_000),
  },
  {
    name: 'part_heap_bytes',
    help: 'Memory of its program',
    series: ({ heap }) => by('of', heap),
  },
  {
    name: 'part_problems',
    help: 'What is wrong with its configuration or its clock, by severity',
    series: ({ problems }) =>
      by(
        'severity',
        countBy(problems, ({ severity }) => severity),
      ),
  },
  {
    name: 'part_flash_wear_erases',
    help: 'Erases of its most worn sector, when somebody has looked at its flash',
    series: ({ flash }) => one(flash?.wear.reduce((a, b) => Math.max(a, b), 0)),
  },
  {
    name: 'part_lost_readings',
    help: 'Readings that will never come, by stream and cause: at least so many',
    series: ({ losses }) => lostOf(losses),
  },
  {
    name: 'part_away',
    help: 'That the part is away, by why its last session ended',
    series: ({ connected, endedBy }) =>
      connected || endedBy === undefined ? [] : [[`,reason="${escaped(endedBy)}"`, true]],
  },
  {
    name: 'part_refused',
    help: 'How often somebody who says to be the part was not let in, in a row, by reason',
    series: ({ refused }) => (refused ? [[`,reason="${escaped(refused.code)}"`, refused.count]] : []),
  },
  {
    name: 'part_doubled',
    help: 'Whether several devices say to be the part, and prove it',
    series: ({ problems }) => [['', problems.some(({ code }) => code === 'duplicate-part')]],
  },
];

const streams: Family<StreamView>[] = [
  {
    name: 'device_readings',
    help: 'Readings on the part since its boot, at its last status: captured, missed, late, failed, overwritten …',
    series: ({ device }) => by('fate', device),
  },
  {
    name: 'device_ring_bytes',
    help: 'Bytes of complete blocks in its ring',
    series: ({ ring }) => one(ring?.bytes),
  },
  {
    name: 'device_ring_quota_bytes',
    help: 'Bytes that its ring may hold',
    series: ({ ring }) => one(ring?.quota),
  },
  {
    name: 'gateway_readings',
    help: 'Readings on the gateway, over all boots: received, uploaded, set aside, deleted, stored',
    series: ({ gateway }) => by('fate', gateway),
  },
];

const link = [
  { name: 'link_sessions_total', help: 'Connections accepted', series: (of) => one(of.sessions) },
  { name: 'link_blocks_total', help: 'Blocks taken', series: (of) => one(of.blocks) },
  { name: 'link_readings_total', help: 'Readings in blocks taken', series: (of) => one(of.readings) },
  { name: 'link_duplicates_total', help: 'Blocks that came again', series: (of) => one(of.duplicates) },
  {
    name: 'link_refusals_total',
    help: 'Sessions refused, by code',
    series: ({ refusals }) => by('code', refusals),
  },
] satisfies Family<LinkCounters>[];

const conditions = { ok: 0, degraded: 1, failed: 2 };

const health: Family<HealthView>[] = [
  {
    name: 'health',
    help: 'As /healthz says it: 0 ok, 1 degraded, 2 failed',
    series: ({ status, checks }) => [
      [',of="all"', conditions[status]],
      ...by(
        'of',
        Object.fromEntries(Object.entries(checks).map(([name, check]) => [name, conditions[check.status]])),
      ),
    ],
  },
  {
    name: 'sync_lag_seconds',
    help: 'That the oldest item has waited, by destination',
    series: ({ checks }) => ofEach(checks.sync.destinations, ({ lag }) => lag),
  },
  {
    name: 'sync_failures',
    help: 'Failed passes in a row, by destination',
    series: ({ checks }) => ofEach(checks.sync.destinations, ({ failures }) => failures),
  },
  {
    name: 'files_waiting',
    help: 'Complete items that wait for a destination',
    series: ({ checks }) => one(checks.outbox.waiting),
  },
  { name: 'files_failed', help: 'Items in failed/', series: ({ checks }) => one(checks.outbox.failed) },
  {
    name: 'files_unread',
    help: 'Files and directories that could not be read at the start, and are tried again',
    series: ({ checks }) => one(checks.outbox.unread),
  },
  {
    name: 'outbox_bytes',
    help: 'Bytes of all that is in the capture directory and ours',
    series: ({ checks }) => one(checks.outbox.bytes),
  },
  {
    name: 'disk_bytes',
    help: 'Of the disk that the capture directory is on',
    series: ({ checks: { disk } }) => by('of', { free: disk.free, total: disk.total }),
  },
  {
    name: 'page_readers',
    help: 'Who reads the page’s events',
    series: ({ checks }) => one(checks.page.readers),
  },
];

export class Metrics {
  readonly #sources: MetricsSources;
  readonly #registry = new Registry();

  constructor(sources: MetricsSources) {
    this.#sources = sources;
    collectDefaultMetrics({ register: this.#registry });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  async text(): Promise<string> {
    const {
      state: stateOf,
      health: healthOf,
      flash: flashOf,
      link: counters,
      logBytes,
      alerts,
      retries,
      mongo,
    } = this.#sources;
    const told = await healthOf();
    const lines: string[] = [];
    write(
      lines,
      link.map((family): Family<LinkCounters> => ({ ...family, type: 'counter' })),
      [['', counters]],
    );
    write(lines, health, [['', told]]);
    const log: Family<number> = { name: 'outbox_log_bytes', help: 'Bytes of its log', series: one };
    write(lines, [log], [['', logBytes()]]);
    const standing: Family<Iterable<Alert>> = {
      name: 'alert',
      help: 'That an alert stands, by kind and what it is of',
      series: (all) =>
        [...all].map(({ kind, subject }) => [`,kind="${kind}",subject="${escaped(subject)}"`, true]),
    };
    write(lines, [standing], [['', alerts()]]);
    const again: Family<{ name: string; retries: number }[]> = {
      name: 'sync_retries_total',
      help: 'Failed passes since the start, by destination',
      type: 'counter',
      series: (all) => ofEach(all, (each) => each.retries),
    };
    write(lines, [again], [['', retries()]]);
    const copied: Family<Record<string, number> | undefined> = {
      name: 'mongo_readings_total',
      help: 'Readings for MongoDB since it was configured: written, failed, dropped as too many waited',
      type: 'counter',
      series: (counters) => by('fate', counters),
    };
    write(lines, [copied], [['', mongo()]]);
    // Joined to the end without a turn of the event loop: the state goes on changing.
    const state = stateOf();
    const flash: Family<PartView> = {
      name: 'part_flash',
      help: 'Counters of its flash log since its boot, when it was asked: erases, programmed, damaged …',
      series: ({ name }) => by('counter', flashOf(name)),
    };
    write(
      lines,
      [...parts, flash],
      state.parts.map((part) => [`part="${escaped(part.name)}"`, part]),
    );
    write(
      lines,
      streams,
      state.parts.flatMap((part) =>
        part.streams.map((stream): [string, StreamView] => [labelsOf(part, stream), stream]),
      ),
    );
    return `${await this.#registry.metrics()}\n${lines.join('\n')}\n`;
  }
}

function labelsOf({ name }: PartView, { key, owner, resource, method }: StreamView): string {
  const labels = { part: name, stream: key, owner, resource, method };
  return Object.entries(labels)
    .map(([label, value]) => `${label}="${escaped(value)}"`)
    .join(',');
}

function ofEach<Of extends { name: string }>(
  all: readonly Of[],
  value: (of: Of) => number,
): [string, number][] {
  return all.map((each) => [`,destination="${escaped(each.name)}"`, value(each)]);
}

function countBy<Of>(all: readonly Of[], nameOf: (of: Of) => string): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const each of all) counts[nameOf(each)] = (counts[nameOf(each)] ?? 0) + 1;
  return counts;
}

/** By the list itself, which is replaced when it changes. */
const lost = new WeakMap<LossView[], [string, number][]>();

function lostOf(losses: LossView[]): [string, number][] {
  let series = lost.get(losses);
  if (series === undefined) {
    const sums = new Map<string, number>();
    for (const { stream, cause, readings } of losses) {
      const labels = `,stream="${escaped(stream)}",cause="${escaped(cause)}"`;
      sums.set(labels, (sums.get(labels) ?? 0) + readings);
    }
    series = [...sums];
    lost.set(losses, series);
  }
  return series;
}

function write<Of>(
  lines: string[],
  families: readonly Family<Of>[],
  all: readonly (readonly [labels: string, of: Of])[],
): void {
  for (const { name, help, type = 'gauge', series } of families) {
    lines.push(`# HELP sluice_${name} ${help}`, `# TYPE sluice_${name} ${type}`);
    for (const [labels, of] of all) {
      for (const [further, value] of series(of)) {
        if (value === undefined) continue;
        const told = labels === '' ? further.slice(1) : labels + further;
        lines.push(`sluice_${name}${told === '' ? '' : `{${told}}`} ${Number(value)}`);
      }
    }
  }
}

/** As the exposition format has it. */
function escaped(label: string): string {
  return label.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));
}
