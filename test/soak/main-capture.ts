/**
 * The main part captures twenty fake streams at 100 Hz and five images a second, into a real outbox whose items go as
 * they complete.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { pino } from 'pino';
import { LinkServer } from '../../gateway/link/link-server';
import type { StreamReport } from '../../gateway/link/part-state';
import { readMachine } from '../../gateway/machine/machine';
import { MainPart } from '../../gateway/main-part';
import { Outbox } from '../../gateway/outbox/outbox';
import type { SoakTask } from './task';

const boards = 10;
const hertz = 100;
const images = 5;
/** ms */
const longestDelay = 50;
const main = 'main';

export const task: SoakTask = {
  description: `${2 * boards} streams of the main part at ${hertz} Hz and ${images} images a second are exact`,
  unit: 'seconds',
  sample: 30,
  full: 3_600,
  async run(seconds) {
    const directory = await mkdtemp(join(tmpdir(), 'sluice-main-capture-'));
    try {
      return await capture(directory, seconds);
    } finally {
      await rm(directory, { recursive: true });
    }
  },
};

async function capture(directory: string, seconds: number): Promise<string> {
  const log = pino({ level: 'silent' });
  const outbox = await Outbox.open({ path: directory });
  const parts = { secret: () => undefined, configuration: () => undefined };
  const link = new LinkServer({ directory: outbox, parts, log });
  const plan = readMachine(JSON.stringify(machine()));
  const mainPart = new MainPart({ main, plan, outbox, link, log, changed: () => undefined });
  const delivering = deliverAll(outbox);
  const begun = performance.now();
  await mainPart.configure(plan);
  const delay = monitorEventLoopDelay({ resolution: 10 });
  delay.enable();
  const cpu = process.cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, 1_000 * seconds));
  delay.disable();
  const spent = process.cpuUsage(cpu);
  await mainPart.close();
  const elapsed = (performance.now() - begun) / 1_000;
  await delivering.end();
  const reports = [...link.known.get(main)!.streams.values()];
  const account = outbox.account();
  link.close();
  await outbox.close();
  check(reports, account, seconds, elapsed);
  // What the tool itself waits between two looks is no delay.
  const p99 = Math.max(0, delay.percentile(99) / 1e6 - 10);
  if (seconds >= task.full && p99 > longestDelay)
    throw new Error(`the 99th percentile of the event loop's delay is ${p99.toFixed(1)} ms`);
  const missed = reports.reduce((sum, report) => sum + report.missed, 0);
  const captured = reports.reduce((sum, report) => sum + report.captured, 0);
  const share = (spent.user + spent.system) / 1e6 / seconds;
  return `${captured} captured, ${missed} missed, p99 of the event loop's delay ${p99.toFixed(1)} ms, ${(100 * share).toFixed(0)} % of a core`;
}

function machine(): object {
  const method = (name: string, frequency: number, additional_params: object = {}) => ({
    method: name,
    capture_frequency_hz: frequency,
    additional_params,
  });
  const capturing = (...methods: object[]) => [
    { type: 'data_manager', attributes: { capture_methods: methods } },
  ];
  const components: object[] = Array.from({ length: boards }, (_, index) => ({
    name: `board-${index}`,
    type: 'board',
    model: 'fake',
    attributes: { analogs: [{ name: 'A1', value: 100 * index }] },
    service_configs: capturing(
      method('Analogs', hertz, { reader_name: 'A1' }),
      method('Gpios', hertz, { pin_name: '27' }),
    ),
  }));
  components.push({
    name: 'camera',
    type: 'camera',
    model: 'fake',
    service_configs: capturing(method('ReadImage', images, { mime_type: 'image/jpeg' })),
  });
  return { components };
}

/** As a destination that takes everything at once. */
function deliverAll(outbox: Outbox): { end(): Promise<void> } {
  let running = Promise.resolve();
  const deliver = async () => {
    await outbox.complete();
    for (const item of outbox.waiting('cloud')) await outbox.delivered(item, 'cloud');
  };
  const timer = setInterval(() => {
    running = running.then(deliver);
  }, 6_000);
  return {
    end: () => {
      clearInterval(timer);
      return running;
    },
  };
}

/** Every tick of the grid is captured, missed or failed, and every captured reading is durable or delivered. */
function check(
  reports: StreamReport[],
  account: { method: string; received: { readings: number } }[],
  seconds: number,
  elapsed: number,
): void {
  if (reports.length !== 2 * boards + 1) throw new Error(`${reports.length} streams, not ${2 * boards + 1}`);
  for (const { captured, missed, failed, acknowledged, overwritten, discarded, stored } of reports) {
    const ticks = captured + missed + failed;
    const rate = ticks / seconds > (hertz + images) / 2 ? hertz : images;
    if (ticks < rate * seconds - 1 || ticks > rate * elapsed + 1)
      throw new Error(`${ticks} ticks at ${rate} Hz in ${seconds} to ${elapsed.toFixed(2)} s`);
    if (failed + overwritten + discarded + stored !== 0 || acknowledged !== captured)
      throw new Error(`of ${captured} captured ${acknowledged} are durable, ${failed} failed`);
  }
  const received = account.reduce((sum, { received: { readings } }) => sum + readings, 0);
  const captured = reports.reduce((sum, report) => sum + report.captured, 0);
  if (received !== captured) throw new Error(`${captured} captured, ${received} in the account`);
}
