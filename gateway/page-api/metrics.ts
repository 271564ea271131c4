/**
 * Figures for Prometheus, written from the read model. Families of many series are written as text at once: each series
 * through the client library would cost more than all the rest of a scrape.
 */
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { PartView, StateView, StreamView } from './state';

export interface LinkCounters {
  sessions: number;
  blocks: number;
  readings: number;
  duplicates: number;
  refusals: Record<string, number>;
}

interface Family<Of> {
  name: string;
  help: string;
  /** Further labels and their values; empty: there is one series of each. */
  series(of: Of): [labels: string, value: number | boolean][];
}

const parts: Family<PartView>[] = [
  {
    name: 'part_connected',
    help: 'Whether the part has a session',
    series: ({ connected }) => [['', connected]],
  },
];

const fatesOf = (tally: object | undefined): [string, number][] =>
  Object.entries(tally ?? {}).map(([fate, value]) => [`,fate="${fate}"`, value as number]);

const streams: Family<StreamView>[] = [
  {
    name: 'device_readings',
    help: 'Readings on the part since its boot, at its last status',
    series: ({ device }) => fatesOf(device),
  },
  {
    name: 'gateway_readings',
    help: 'Readings on the gateway, over all boots',
    series: ({ gateway }) => fatesOf(gateway),
  },
];

export class Metrics {
  readonly #state: () => StateView;
  readonly #registry = new Registry();

  constructor(state: () => StateView, link: LinkCounters) {
    this.#state = state;
    collectDefaultMetrics({ register: this.#registry });
    this.#gauge('link_sessions_total', 'Connections accepted', [], (of) => of.set(link.sessions));
    this.#gauge('link_blocks_total', 'Blocks taken', [], (of) => of.set(link.blocks));
    this.#gauge('link_duplicates_total', 'Blocks that came again', [], (of) => of.set(link.duplicates));
    this.#gauge('link_refusals_total', 'Sessions refused, by code', ['code'], (of) => {
      for (const [code, value] of Object.entries(link.refusals)) of.set({ code }, value);
    });
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  async text(): Promise<string> {
    const state = this.#state();
    const lines: string[] = [];
    const one = (name: string, help: string, value: number) =>
      lines.push(...head(name, help), `sluice_${name} ${value}`);
    one('files_waiting', 'Complete capture files that wait for the cloud', state.files.waiting);
    one('sync_failures', 'Failed sync passes in a row', state.sync.failures);
    write(lines, parts, state.parts, ({ name }) => `part="${escaped(name)}"`);
    const all = state.parts.flatMap(({ streams }) => streams);
    write(lines, streams, all, ({ key }) => `stream="${escaped(key)}"`);
    return `${await this.#registry.metrics()}\n${lines.join('\n')}\n`;
  }

  #gauge(name: string, help: string, labelNames: string[], collect: (gauge: Gauge) => void): void {
    new Gauge({
      name: `sluice_${name}`,
      help,
      labelNames,
      registers: [this.#registry],
      collect() {
        this.reset();
        collect(this);
      },
    });
  }
}

function write<Of>(
  lines: string[],
  families: readonly Family<Of>[],
  all: readonly Of[],
  labelOf: (of: Of) => string,
): void {
  const labels = all.map(labelOf);
  for (const { name, help, series } of families) {
    lines.push(...head(name, help));
    for (const [index, of] of all.entries()) {
      for (const [further, value] of series(of))
        lines.push(`sluice_${name}{${labels[index]}${further}} ${Number(value)}`);
    }
  }
}

function head(name: string, help: string): string[] {
  return [`# HELP sluice_${name} ${help}`, `# TYPE sluice_${name} gauge`];
}

/** As the exposition format has it. */
function escaped(label: string): string {
  return label.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`));
}
