/** The main part with resources of its own, over an outbox: for what is killed and measured. */
import { pino } from 'pino';
import { LinkServer } from '../link/link-server';
import { readMachine } from '../machine/machine';
import { MainPart } from '../main-part';
import type { CurrentOutbox } from './current-outbox';

export const ownBoards = 8;
const hertz = 100;
const images = 5;

/** Boards whose analog is captured at 100 Hz, and a camera at five images a second; blocks are closed every second. */
export function ownMachine(): string {
  const capturing = (method: object) => [{ type: 'data_manager', attributes: { capture_methods: [method] } }];
  const components: object[] = Array.from({ length: ownBoards }, (_, index) => ({
    name: `board-${index}`,
    type: 'board',
    model: 'fake',
    attributes: { analogs: [{ name: 'A1', value: 100 * index }] },
    service_configs: capturing({
      method: 'Analogs',
      capture_frequency_hz: hertz,
      additional_params: { reader_name: 'A1' },
    }),
  }));
  components.push({
    name: 'camera',
    type: 'camera',
    model: 'fake',
    service_configs: capturing({ method: 'ReadImage', capture_frequency_hz: images }),
  });
  const services = [{ name: 'dm', type: 'data_manager', attributes: { sync_interval_mins: 0.01 } }];
  return JSON.stringify({ components, services });
}

export async function startMainPart(outbox: CurrentOutbox, machine: string): Promise<void> {
  const log = pino({ level: 'silent' });
  const parts = { secret: () => undefined, configuration: () => undefined };
  const link = new LinkServer({ directory: outbox, parts, log });
  const plan = readMachine(machine);
  const mainPart = new MainPart({ main: 'main', plan, outbox, link, log, changed: () => undefined });
  await mainPart.configure(plan);
}
