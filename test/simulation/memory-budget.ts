/** A device of one chip beside the real gateway, with configurations that may ask for more than its memory holds. */

import { StrictDisk } from '../../common/storage/strict-disk';
import type { PartState } from '../../gateway/link/part-state';
import { RegisterChip, SimulatedBus, together } from '../../host-sim/bus/simulated-bus';
import { SimulatedDevice, VirtualClock } from '../../host-sim/device';
import type { Report } from '../../host-sim/exit';
import type { BoardName } from '../../host-sim/manifest/boards';
import { root } from '../../host-sim/manifest/paths';
import { SimulatedNetwork } from '../../host-sim/network/simulated-network';
import { Random } from './random';
import { SimulatedGateway } from './simulated-gateway';

const part = 'part';
const secret = 'a secret of the simulation';
const port = 8080;

/** Chips that say who they are, and of which all else is zero. */
const bus = new SimulatedBus([
  { address: 0x77, chip: new RegisterChip({ 208: 0x60 }) },
  { address: 0x68, chip: new RegisterChip({ 117: 0x68, 107: 0x40 }) },
  { address: 0x53, chip: new RegisterChip({ 0: 0xe5 }) },
]);

export interface Outcome {
  /** How boots ended. */
  exits: string[];
  report: Report;
  /** ms since the last boot. */
  uptime: number;
  /** Streams that run, with what they captured. */
  streams: { resource: string; captured: number; missed: number; failed: number; refused: number }[];
  problems: string[];
  /** What the device said of each configuration but the first; undefined: nothing. */
  answers: (Answer | undefined)[];
}

/** What a gateway was told of a configuration. */
export type Answer = NonNullable<PartState['configuration']>;

/** Runs each configuration for some minutes, one after the other, on a device that keeps running if it can. */
export async function runConfigurations(
  chip: BoardName,
  texts: readonly string[],
  { arena, minutes = 3, firmware = root }: { arena?: number; minutes?: number; firmware?: string } = {},
): Promise<Outcome> {
  const clock = new VirtualClock();
  const network = new SimulatedNetwork({ seed: 1, latency: 5, jitter: 20 });
  const configurations = new Map([[part, { revision: 'r0', part: texts[0]!, additions: '' }]]);
  const gateway = new SimulatedGateway({
    clock,
    network,
    disk: new StrictDisk(),
    secrets: { [part]: secret },
    configurations,
    random: new Random(1).next,
    port,
  });
  await gateway.start();
  const device = await SimulatedDevice.start({
    firmware,
    board: chip,
    ...(arena ? { arena } : {}),
    clock,
    network: together(network, bus),
    seed: 1,
    config: {
      ssid: 'sim',
      gateway: `ws://localhost:${port}`,
      part,
      chip,
      secret,
      configuration: texts[0],
    },
  });
  const answers: Outcome['answers'] = [];
  try {
    for (const [index, text] of texts.entries()) {
      if (index > 0) {
        configurations.set(part, { revision: `r${index}`, part: text, additions: '' });
        gateway.server.configure(part);
      }
      await clock.run(minutes * 60_000);
      const answer = gateway.server.known.get(part)?.configuration;
      if (index > 0) answers.push(answer?.revision === `r${index}` ? answer : undefined);
    }
    const report = await device.report({ collect: true });
    const asked = gateway.server.call(part, {
      resource: '',
      method: 'Status',
      arguments: {},
      deadline: 5_000,
    });
    const told = asked as Promise<Pick<Outcome, 'uptime' | 'streams' | 'problems'>>;
    const [status] = await Promise.all([told, clock.run(10_000)]);
    return { ...status, answers, report, exits: device.exits.map(({ reason }) => reason) };
  } finally {
    await device.close();
  }
}

export interface Captured {
  method: string;
  hertz?: number;
  parameters?: Record<string, string>;
}

/** A component's entry. @param kind `sensor/fake` */
export function component(name: string, kind: string, attributes: object, ...captured: Captured[]): object {
  const [type, model] = kind.split('/');
  const methods = captured.map(({ method, hertz = 1, parameters = {} }) => ({
    method,
    capture_frequency_hz: hertz,
    additional_params: parameters,
  }));
  return {
    name,
    api: `rdk:component:${type}`,
    model,
    attributes,
    ...(methods.length > 0 && {
      service_configs: [{ type: 'data_manager', attributes: { capture_methods: methods } }],
    }),
  };
}

export function configurationOf(components: readonly object[]): string {
  return JSON.stringify({
    components,
    services: [{ name: 'data', api: 'rdk:service:data_manager', attributes: { sync_interval_mins: 0.1 } }],
  });
}

/** So many sensors, each captured once a second. */
export function fakeSensors(count: number): string {
  return configurationOf(
    Array.from({ length: count }, (_, index) =>
      component(`sensor-${index}`, 'sensor/fake', {}, { method: 'Readings' }),
    ),
  );
}
