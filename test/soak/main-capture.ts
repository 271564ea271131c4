/**
 * The main part of a gateway as it is shipped captures twenty fake streams at 100 Hz and five images a second, and sends
 * them to a cloud. What it misses is held against a timer beside it that is as busy: the machine may stand still, or be
 * busy with others.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import type { PartView, StateView, StreamView } from '../../gateway/page-api/state';
import { startCloud } from '../cloud-process';
import { freePorts, type Running, repository, until } from '../running';
import { hasEnded, ShippedGateway } from '../shipped-gateway';
import type { SoakTask } from './task';

const boards = 10;
const hertz = 100;
const images = 5;
const main = 'main';
/** s of the event loop's delay at most, in its 99th percentile. */
const longestDelay = 0.05;
/** ms between two looks at that. */
const lookEvery = 60_000;
/** ms until the gateway runs, and until the cloud has all. */
const patience = 120_000;
/**
 * Of what a timer that is as busy misses, what a stream may miss: the machine does not stand still for both alike. And half
 * a second in all, as where others have both cores for a moment.
 */
const mostMissedShare = 3;
const mostMissed = hertz / 2;
/** Of the one status a second, how many are looked at to find where a stream is on its grid. */
const statusesCompared = 5;

export const task: SoakTask = {
  description: `${2 * boards} streams of the main part at ${hertz} Hz and ${images} images a second are exact`,
  unit: 'seconds',
  sample: 30,
  full: 3_600,
  async run(seconds) {
    const root = await mkdtemp(join(tmpdir(), 'sluice-main-capture-'));
    const program = await ShippedGateway.build();
    const { cloud, port } = await startCloud(join(root, 'cloud'));
    try {
      return await run({ root, program, cloud: port, seconds });
    } finally {
      await ended(cloud);
      await program.remove();
      await rm(root, { recursive: true, force: true });
    }
  },
};

interface Setting {
  root: string;
  program: ShippedGateway;
  /** Its HTTP door's port. */
  cloud: number;
  seconds: number;
}

async function run({ root, program, cloud, seconds }: Setting): Promise<string> {
  const port = await freePorts();
  const start = async (components: object[]) => {
    const machine = join(root, 'machine.json');
    const attributes = { capture_dir: join(root, 'capture') };
    const services = [{ name: 'data_manager', type: 'data_manager', attributes }];
    await writeFile(machine, JSON.stringify({ components, services }));
    const words = [machine, '--port', `${port}`, '--link', '127.0.0.1', '--log-level', 'error'];
    words.push('--directory', join(root, 'state'), '--cloud', `http://127.0.0.1:${cloud}`);
    return program.start(...words);
  };
  let gateway = await start(components());
  let timer: BusyTimer | undefined;
  try {
    const page = `http://127.0.0.1:${port}`;
    await running(page, gateway);
    const before = { work: await workOf(page), time: performance.now() };
    const begin = await gridPositions(page);
    const share = (1_000 * ((await workOf(page)) - before.work)) / (performance.now() - before.time);
    timer = new BusyTimer((share * 1_000) / hertz);
    const first = partOf(await stateOf(page));
    const delays = await look(page, seconds);
    const last = partOf(await stateOf(page));
    const timerMissed = await timer.end();
    checkTicks(begin, await gridPositions(page));
    const missed = checkMissed(first, last, timerMissed);
    await stopped(gateway);
    // What was not sent yet goes in the next life, which captures nothing.
    gateway = await start([]);
    const answers = () => stateOf(page).then(Boolean, () => false);
    await until(answers, patience, 'the gateway answers again');
    await checkCloud(join(root, 'cloud'), cloud, last);
    await stopped(gateway);
    if (delays.p99 > longestDelay)
      throw new Error(`the 99th percentile of the event loop's delay is ${delays.p99} s`);
    const captured = last.streams.reduce((sum, { device }) => sum + device!.captured, 0);
    const milliseconds = (of: number) => (of * 1_000).toFixed(1);
    return `${captured} captured; a stream missed ${missed}, a timer beside, as busy (${(100 * share).toFixed(0)} % of a core), ${timerMissed}; the event loop's delay, worst minute: p99 ${milliseconds(delays.p99)} ms, longest ${milliseconds(delays.longest)} ms`;
  } finally {
    timer?.kill();
    gateway.child.kill('SIGKILL');
  }
}

function components(): object[] {
  const method = (name: string, frequency: number, additional_params: object = {}) => ({
    method: name,
    capture_frequency_hz: frequency,
    additional_params,
  });
  const capturing = (...methods: object[]) => [
    { type: 'data_manager', attributes: { capture_methods: methods } },
  ];
  const all: object[] = Array.from({ length: boards }, (_, index) => ({
    name: `board-${index}`,
    type: 'board',
    model: 'fake',
    attributes: { analogs: [{ name: 'A1', value: 100 * index }] },
    service_configs: capturing(
      method('Analogs', hertz, { reader_name: 'A1' }),
      method('Gpios', hertz, { pin_name: '27' }),
    ),
  }));
  all.push({
    name: 'camera',
    type: 'camera',
    model: 'fake',
    service_configs: capturing(method('ReadImage', images, { mime_type: 'image/jpeg' })),
  });
  return all;
}

/** A program beside, as busy as the gateway, and busy with nothing but ticks. */
class BusyTimer {
  readonly #child: ChildProcess;
  readonly #missed: Promise<number>;

  /** @param work ms of CPU a tick */
  constructor(work: number) {
    const words = [join(repository, 'test/busy-timer.ts'), `${hertz}`, `${work}`];
    this.#child = spawn(process.execPath, ['--import', import.meta.resolve('tsx'), ...words], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.#missed = text(this.#child.stdout!).then(Number);
  }

  /** @returns the ticks that it missed */
  async end(): Promise<number> {
    this.#child.stdin!.end();
    return this.#missed;
  }

  kill(): void {
    this.#child.kill('SIGKILL');
  }
}

/** s of CPU that the gateway has taken. */
async function workOf(page: string): Promise<number> {
  const metrics = await (await fetch(`${page}/metrics`)).text();
  return Number(/^process_cpu_seconds_total (.*)$/m.exec(metrics)![1]);
}

async function stateOf(page: string): Promise<StateView> {
  return (await fetch(`${page}/api/state`)).json() as Promise<StateView>;
}

function partOf({ parts }: StateView): PartView {
  const part = parts.find(({ name }) => name === main);
  if (part === undefined) throw new Error('the gateway knows nothing of its main part');
  return part;
}

/** Resolves when its status has every stream. */
async function running(page: string, gateway: Running): Promise<void> {
  const isRunning = async () => {
    if (hasEnded(gateway)) throw new Error(`the gateway ended: ${gateway.output()}`);
    const part = await stateOf(page)
      .then(partOf)
      .catch(() => undefined);
    return part?.streams.length === 2 * boards + 1 && part.streams.every(({ device }) => device);
  };
  await until(isRunning, patience, 'the gateway captures');
}

/** Resolves to the event loop's delays, in s, after so many seconds. */
async function look(page: string, seconds: number): Promise<{ p99: number; longest: number }> {
  const delays = { p99: 0, longest: 0 };
  const end = performance.now() + 1_000 * seconds;
  // A look at them begins another span: that of the start is not asked about.
  await (await fetch(`${page}/metrics`)).text();
  for (let left = 1_000 * seconds; left > 0; left = end - performance.now()) {
    await delay(Math.min(left, lookEvery));
    const text = await (await fetch(`${page}/metrics`)).text();
    // What the tool itself waits between two looks is no delay.
    const lag = (name: string) =>
      Math.max(
        0,
        Number(new RegExp(`^nodejs_eventloop_lag_${name}_seconds (.*)$`, 'm').exec(text)![1]) - 0.01,
      );
    delays.p99 = Math.max(delays.p99, lag('p99'));
    delays.longest = Math.max(delays.longest, lag('max'));
  }
  return delays;
}

const ticksOf = ({ device }: StreamView) => device!.captured + device!.missed + device!.failed;

/**
 * By how many ticks each stream is ahead of the uptime, by its rate: the same at any time if every tick of the grid is
 * captured, missed or failed. A status may be made after a tick is due and before it is run, or read: the best of several
 * counts.
 */
async function gridPositions(page: string): Promise<Map<string, number>> {
  const positions = new Map<string, number>();
  let seen: number | undefined;
  for (let statuses = 0; statuses < statusesCompared; await delay(100)) {
    const { uptime, streams } = partOf(await stateOf(page));
    if (uptime === seen) continue;
    seen = uptime;
    statuses++;
    for (const stream of streams) {
      const position = ticksOf(stream) - (uptime! * stream.frequency) / 1_000;
      positions.set(stream.key, Math.max(positions.get(stream.key) ?? -Infinity, position));
      if (stream.device!.failed > 0) throw new Error(`${stream.key}: ${stream.device!.failed} failed`);
    }
  }
  return positions;
}

function checkTicks(begin: Map<string, number>, end: Map<string, number>): void {
  for (const [key, position] of end) {
    const ahead = position - begin.get(key)!;
    if (!(Math.abs(ahead) <= 1)) throw new Error(`${key}: ${ahead} ticks ahead of its grid`);
  }
}

/** @returns what a stream has missed at most since it ran */
function checkMissed(first: PartView, last: PartView, timer: number): number {
  const missed = last.streams.map(
    ({ device }, index) => device!.missed - first.streams[index]!.device!.missed,
  );
  const most = Math.max(...missed);
  if (most > mostMissedShare * timer + mostMissed)
    throw new Error(`a stream missed ${most} ticks, a timer that is as busy ${timer}`);
  return most;
}

/** The cloud has what was captured until the last status, each reading and image once. */
async function checkCloud(directory: string, port: number, last: PartView): Promise<void> {
  const tabular = last.streams.filter(({ frequency }) => frequency === hertz);
  const wanted = tabular.reduce((sum, { device }) => sum + device!.captured, 0);
  const pictures = last.streams.find(({ frequency }) => frequency === images)!.device!.captured;
  // Its clock and a reading's are not of one moment: one of each stream may be on the other side.
  const sql = `select count(*) as readings from readings where epoch_ms(time) <= ${last.statusAt}`;
  let found: unknown;
  const hasAll = async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/sql?format=json`, { method: 'POST', body: sql });
    const [row] = (await answer.json().catch(() => [])) as { readings: number }[];
    const files = await filesIn(join(directory, 'objects'));
    found = { readings: row?.readings, pictures: files };
    return row !== undefined && row.readings >= wanted - tabular.length && files >= pictures;
  };
  await until(hasAll, patience, 'the cloud has all').catch((error: Error) => {
    throw new Error(`${error.message}: ${JSON.stringify(found)}, not ${wanted} and ${pictures}`);
  });
  const { readings } = found as { readings: number };
  if (readings > wanted + tabular.length) throw new Error(`${readings} readings of ${wanted} captured`);
}

/** Objects, without what is said of them. */
async function filesIn(directory: string): Promise<number> {
  const all = await readdir(directory, { recursive: true, withFileTypes: true }).catch(() => []);
  return all.filter((entry) => entry.isFile() && !entry.name.endsWith('.json')).length;
}

async function stopped(gateway: Running): Promise<void> {
  gateway.child.kill('SIGTERM');
  const code = await gateway.exited;
  if (code !== 0) throw new Error(`the gateway ended with ${code}: ${gateway.output()}`);
}

async function ended(cloud: ChildProcess): Promise<void> {
  const exited = new Promise((resolve) => cloud.once('exit', resolve));
  cloud.kill('SIGKILL');
  await exited;
}
