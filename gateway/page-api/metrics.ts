/** Figures for Prometheus, read from where they are kept at the moment of the question. */
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { StateView } from './state';

export interface LinkCounters {
  sessions: number;
  blocks: number;
  readings: number;
  duplicates: number;
  refusals: Record<string, number>;
}

const fates = ['received', 'uploaded', 'setAside', 'deleted', 'stored'] as const;

export function makeMetrics(state: () => StateView, link: LinkCounters): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const gauge = (name: string, help: string, labelNames: string[], collect: (gauge: Gauge) => void) => {
    new Gauge({
      name: `sluice_${name}`,
      help,
      labelNames,
      registers: [registry],
      collect() {
        this.reset();
        collect(this);
      },
    });
  };
  gauge('part_connected', 'Whether the part has a session', ['part'], (of) => {
    for (const { name, connected } of state().parts) of.set({ part: name }, connected ? 1 : 0);
  });
  gauge(
    'device_readings',
    'Readings on the part since its boot, at its last status',
    ['stream', 'fate'],
    (of) => {
      for (const { key, device } of state().parts.flatMap(({ streams }) => streams)) {
        for (const [fate, value] of Object.entries(device ?? {})) of.set({ stream: key, fate }, value);
      }
    },
  );
  gauge('gateway_readings', 'Readings on the gateway, over all boots', ['stream', 'fate'], (of) => {
    for (const { key, gateway } of state().parts.flatMap(({ streams }) => streams)) {
      for (const fate of gateway ? fates : []) of.set({ stream: key, fate }, gateway![fate]);
    }
  });
  gauge('files_waiting', 'Complete capture files that wait for the cloud', [], (of) => {
    of.set(state().files.waiting);
  });
  gauge('sync_failures', 'Failed sync passes in a row', [], (of) => of.set(state().sync.failures));
  gauge('link_sessions_total', 'Connections accepted', [], (of) => of.set(link.sessions));
  gauge('link_blocks_total', 'Blocks taken', [], (of) => of.set(link.blocks));
  gauge('link_duplicates_total', 'Blocks that came again', [], (of) => of.set(link.duplicates));
  gauge('link_refusals_total', 'Sessions refused, by code', ['code'], (of) => {
    for (const [code, value] of Object.entries(link.refusals)) of.set({ code }, value);
  });
  return registry;
}
