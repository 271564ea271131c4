/**
 * The gateway's data manager, killed at any time under its whole load: blocks of a part, what the main part captures
 * itself (eight streams at 100 Hz, five images a second), binaries, files of an additional path, syncing to two projects
 * of a cloud in a process of its own, with a disk that is full in every fifth life.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { randomNumbers } from '../../common/storage/strict-disk';
import { ownBoards } from '../../gateway/data-manager/test-main-part';
import type { Tallies } from '../../gateway/outbox/account';
import { startCloud } from '../cloud-process';
import { repository } from '../running';
import type { SoakTask } from './task';

const readingsOfBlock = 20;

/** Each is a destination. */
const projects = ['app', 'copy'];

/** Of each collector. */
type Account = (Tallies & { part: string; resource: string; method: string })[];

class Run {
  /** What was said to be durable. */
  readonly blocks = new Set<number>();
  readonly binaries = new Set<string>();
  /** Readings of the main part's own boards, by name. */
  readonly own = new Map<string, number>();
  /** Contents of files that were laid down. */
  readonly files = new Set<string>();
  readonly #root: string;
  readonly #cloud: string;
  readonly #random: () => number;
  readonly #epoch = Date.now() - 3_600_000;

  constructor(root: string, cloud: string, random: () => number) {
    this.#root = root;
    this.#cloud = cloud;
    this.#random = random;
  }

  async live(life: number): Promise<void> {
    const fullFor = life % 5 === 4 ? 400 : 0;
    const child = this.#start({ load: true, fullFor, life });
    const lines = createInterface({ input: child.stdout! });
    const closed = once(lines, 'close');
    const started = new Promise<void>((resolve) =>
      lines.on('line', (line) => {
        if (line === 'started') resolve();
        this.#heard(line);
      }),
    );
    await started;
    // What the main part captures itself becomes durable some once a second.
    const end = Date.now() + 300 + this.#random() * 2_700;
    for (let n = 0; Date.now() < end; n++) {
      await this.#layDown(`file ${life}-${n}`);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    child.kill('SIGKILL');
    await closed;
  }

  /** Without any more load, until nothing waits. */
  async drain(life: number): Promise<Record<string, Account>> {
    // Files are taken a second after their last change.
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const child = this.#start({ load: false, fullFor: 0, life });
    for await (const line of createInterface({ input: child.stdout! })) {
      this.#heard(line);
      if (!line.startsWith('drained ')) continue;
      child.stdin!.end();
      return JSON.parse(line.slice('drained '.length)) as Record<string, Account>;
    }
    throw new Error('it ended before all was delivered');
  }

  #start(options: { load: boolean; fullFor: number; life: number }): ChildProcess {
    const data = join(this.#root, 'data');
    const epoch = this.#epoch;
    const of = { root: this.#root, data, cloud: this.#cloud, projects, own: true, epoch, ...options };
    const program = join(repository, 'gateway/data-manager/test-process.ts');
    const words = ['--import', import.meta.resolve('tsx'), program, JSON.stringify(of)];
    return spawn(process.execPath, words, { stdio: ['pipe', 'pipe', 'inherit'] });
  }

  #heard(line: string): void {
    const [kind, name = '', count = ''] = line.split(' ');
    if (kind === 'block') this.blocks.add(Number(name));
    else if (kind === 'binary') this.binaries.add(`binary ${name}`);
    else if (kind === 'own') this.own.set(name, (this.own.get(name) ?? 0) + Number(count));
    else if (kind === 'failed') throw new Error(line);
  }

  async #layDown(name: string): Promise<void> {
    const path = join(this.#root, 'data', name.replace(' ', '-'));
    await writeFile(path, `${name} ${'y'.repeat(5_000)}`);
    const time = Date.now() / 1000 - 2;
    await utimes(path, time, time);
    this.files.add(name);
  }
}

/** How often each object is in the cloud, by its first two words; images of the main part's own camera as `image`. */
async function objectsOf(directory: string, project: string): Promise<Map<string, number>> {
  const found = new Map<string, number>();
  const root = join(directory, 'objects', project, 'main');
  for (const day of await readdir(root)) {
    for (const name of await readdir(join(root, day))) {
      if (name.endsWith('.json')) continue;
      const text = await readFile(join(root, day, name), 'utf8');
      const words = /^(binary|file) /.test(text) ? text.split(' ', 2).join(' ') : 'image';
      found.set(words, (found.get(words) ?? 0) + 1);
    }
  }
  return found;
}

function assertOnce(wanted: Iterable<string>, found: ReadonlyMap<string, number>): void {
  for (const name of wanted)
    if (found.get(name) !== 1) throw new Error(`${name} is in the cloud ${found.get(name) ?? 0} times`);
  for (const [name, count] of found) if (count > 1) throw new Error(`${name} is in the cloud ${count} times`);
}

const none = { received: { blocks: 0, readings: 0 } };

/** Each block that was received is in the cloud once: as many readings as were received, each at a time of its own. */
async function assertOwn(
  cloud: string,
  project: string,
  account: Account,
  own: ReadonlyMap<string, number>,
): Promise<number> {
  let all = 0;
  for (let index = 0; index < ownBoards; index++) {
    const name = `board-${index}`;
    const { received } = account.find(({ resource }) => resource === `rdk:component:board/${name}`) ?? none;
    const query = new URLSearchParams({ app_id: project, part: 'main', stream: `${name}_A1` });
    const answer = await fetch(`${cloud}/query?${query}`);
    // Of what has never come it knows no stream.
    const rows = answer.status === 404 ? [] : ((await answer.json()) as { time: number }[]);
    if (rows.length !== received.readings)
      throw new Error(`${rows.length} readings of ${name}, of which ${received.readings} were received`);
    const said = own.get(name) ?? 0;
    if (rows.length < said)
      throw new Error(`${rows.length} readings of ${name}, of which ${said} were durable`);
    rows.forEach(({ time }, at) => {
      if (at > 0 && time <= rows[at - 1]!.time)
        throw new Error(`${name} has ${time} after ${rows[at - 1]!.time}`);
    });
    all += rows.length;
  }
  return all;
}

async function readingsIn(cloud: string, project: string): Promise<number[]> {
  const asked = await fetch(`${cloud}/streams?app_id=${project}&part=esp`);
  const streams = (await asked.json()) as { part: string; stream: string }[];
  const values: number[] = [];
  for (const { part, stream } of streams) {
    const query = new URLSearchParams({ app_id: project, part, stream });
    const rows = (await (await fetch(`${cloud}/query?${query}`)).json()) as { value: number }[];
    values.push(...rows.map(({ value }) => value));
  }
  return values.sort((a, b) => a - b);
}

/** All of it has arrived at a destination, once. @param least readings that the main part has captured itself */
async function check(
  run: Run,
  cloud: { directory: string; address: string },
  project: string,
  account: Account,
  least: number,
): Promise<string> {
  const { binaries, files } = run;
  const objects = await objectsOf(cloud.directory, project);
  const images = objects.get('image') ?? 0;
  objects.delete('image');
  assertOnce([...binaries, ...files], objects);
  const taken = account.find(({ method }) => method === 'ReadImage')?.received.readings ?? 0;
  if (images !== taken) throw new Error(`${images} images, of which ${taken} were received`);
  const own = await assertOwn(cloud.address, project, account, run.own);
  if (own < least || images === 0) throw new Error(`the main part has captured ${own} readings only`);
  const values = await readingsIn(cloud.address, project);
  for (const [index, value] of values.entries())
    if (value !== index) throw new Error(`reading ${index} is ${value}`);
  const last = Math.max(...run.blocks);
  if (values.length < (last + 1) * readingsOfBlock)
    throw new Error(`${values.length} readings of ${last + 1} blocks that were acknowledged`);
  for (const { received, delivered, stored } of account)
    if (received.blocks !== delivered.blocks || stored.blocks !== 0)
      throw new Error(`the account of ${project}: ${JSON.stringify(account)}`);
  return `${project}: ${values.length} readings, ${own} of the main part's own with ${images} images, ${binaries.size} binaries, ${files.size} files`;
}

export const task: SoakTask = {
  description: 'killed at any time under the whole load, everything arrives once, and the account is right',
  unit: 'kills',
  sample: 10,
  full: 200,
  async run(amount, seed) {
    const root = await mkdtemp(join(tmpdir(), 'sluice-kills-'));
    await mkdir(join(root, 'data'));
    const { cloud, port } = await startCloud(join(root, 'cloud'));
    try {
      const address = `http://127.0.0.1:${port}`;
      const run = new Run(root, address, randomNumbers(seed));
      for (let life = 0; life < amount; life++) await run.live(life);
      const accounts = await run.drain(amount);
      if ((await readdir(join(root, 'data'))).length > 0) throw new Error('files are left');
      const places = { directory: join(root, 'cloud'), address };
      const counts: string[] = [];
      for (const project of projects)
        counts.push(await check(run, places, project, accounts[project]!, amount));
      return `${amount} kills: ${counts.join('; ')}, each once`;
    } finally {
      cloud.kill('SIGKILL');
      await rm(root, { recursive: true, force: true });
    }
  },
};
