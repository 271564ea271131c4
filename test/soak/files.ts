/** Many files, and one that is larger than memory, through an additional path to the cloud: interrupted, begun again. */
import { type ChildProcess, spawn } from 'node:child_process';
import { createHash, type Hash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, readFile, rm, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { createInterface } from 'node:readline';
import type { SoakTask } from './task';

const repository = join(import.meta.dirname, '../..');
const megabyte = 1 << 20;
/** Megabytes of the large file for each small one: 4 GiB beside 1,000. */
const largeShare = 4.096;
/** Bytes of memory that the gateway may take when run from its sources: 120 MB are there before the first file. */
const mostMemory = 256e6;

function start(program: string, ...parameters: string[]): ChildProcess {
  return spawn(
    process.execPath,
    ['--import', import.meta.resolve('tsx'), join(repository, program), ...parameters],
    {
      stdio: ['pipe', 'pipe', 'inherit'],
    },
  );
}

function gateway(root: string, cloud: string): ChildProcess {
  const options = { root, data: join(root, 'data'), cloud, load: false, fullFor: 0, life: 0 };
  return start('gateway/data-manager/test-process.ts', JSON.stringify(options));
}

/** Random bytes; returns their digest. */
async function write(path: string, megabytes: number): Promise<string> {
  const hash = createHash('sha256');
  const file = await open(path, 'w');
  for (let i = 0; i < megabytes; i++) {
    const bytes = randomBytes(megabyte);
    hash.update(bytes);
    await file.write(bytes);
  }
  await file.close();
  const time = Date.now() / 1000 - 60;
  await utimes(path, time, time);
  return hash.digest('hex');
}

async function digestOf(path: string): Promise<string> {
  const hash: Hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  return hash.digest('hex');
}

async function digestsIn(directory: string): Promise<string[]> {
  const root = join(directory, 'objects/app/main');
  const digests: string[] = [];
  for (const day of await readdir(root))
    for (const name of await readdir(join(root, day)))
      if (!name.endsWith('.json')) digests.push(await digestOf(join(root, day, name)));
  return digests.sort();
}

/** Bytes of memory that a process had at most. */
async function peakOf({ pid }: ChildProcess): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return 1024 * Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)![1]);
}

/** Resolves to the peak of its memory once nothing is left. */
async function drained(child: ChildProcess): Promise<number> {
  for await (const line of createInterface({ input: child.stdout! })) {
    if (!line.startsWith('drained ')) continue;
    const peak = await peakOf(child);
    child.stdin!.end();
    return peak;
  }
  throw new Error('it ended before all was delivered');
}

export const task: SoakTask = {
  description: 'files of any size arrive whole, in little memory, and are removed',
  unit: 'files of 1 MB, beside one of 4 MB for each of them',
  sample: 10,
  full: 1_000,
  async run(amount) {
    const root = await mkdtemp(join(tmpdir(), 'sluice-files-'));
    const data = join(root, 'data');
    await mkdir(data);
    const digests = [await write(join(data, 'large'), Math.round(amount * largeShare))];
    for (let i = 0; i < amount; i++) digests.push(await write(join(data, `${i}`), 1));
    const cloud = start('cloud/test-cloud.ts', join(root, 'cloud'));
    try {
      const [ports] = (await once(cloud.stdout!, 'data')) as [Buffer];
      const address = `http://127.0.0.1:${ports.toString().split(' ')[0]}`;
      // In the middle of the large file, and of others.
      const first = gateway(root, address);
      const half = amount / 2;
      while ((await readdir(data)).length > half) await new Promise((resolve) => setTimeout(resolve, 20));
      first.kill('SIGKILL');
      await once(first, 'exit');
      const began = performance.now();
      const peak = await drained(gateway(root, address));
      const seconds = (performance.now() - began) / 1000;
      const left = await readdir(data);
      if (left.length > 0) throw new Error(`${left.length} files are left`);
      const found = await digestsIn(join(root, 'cloud'));
      if (JSON.stringify(found) !== JSON.stringify(digests.sort()))
        throw new Error(`${found.length} objects of ${digests.length} files, or other bytes`);
      if (peak > mostMemory) throw new Error(`${(peak / 1e6).toFixed(0)} MB of memory`);
      return `${digests.length} files, ${(peak / 1e6).toFixed(0)} MB of memory at most, ${seconds.toFixed(0)} s after a kill`;
    } finally {
      cloud.kill('SIGKILL');
      await rm(root, { recursive: true, force: true });
    }
  },
};
