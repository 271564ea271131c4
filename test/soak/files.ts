/**
 * Many files, and one that is larger than memory, through an additional path of the gateway as it is shipped: in the
 * midst of the large one it is killed, and in the next life its connections are cut there.
 */
import { createHash, randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, mkdtemp, open, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startCloud } from '../cloud-process';
import { CountedNetwork } from '../counted-network';
import { freePorts, type Running, until } from '../running';
import { hasEnded, peakOf, ShippedGateway } from '../shipped-gateway';
import type { SoakTask } from './task';

/** The unit of all figures here, of files as of memory. */
const megabyte = 1 << 20;
/** Megabytes of the large file for each small one: 4 GiB beside 1,000. */
const largeShare = 4.096;
/** Bytes of memory that the whole process of the gateway may take at any time. */
const mostMemory = 150 * megabyte;
/** Milliseconds. */
const patience = 3_600_000;

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

/** Digests, in their order. */
async function writeAll(directory: string, small: number, large: number): Promise<string[]> {
  await mkdir(directory);
  const digests = [await write(join(directory, 'large'), large)];
  for (let i = 0; i < small; i++) digests.push(await write(join(directory, `${i}`), 1));
  return digests.sort();
}

async function digestOf(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  return hash.digest('hex');
}

/** Of all that the cloud has, in their order. */
async function digestsIn(cloud: string): Promise<string[]> {
  const root = join(cloud, 'objects/sluice/main');
  const digests: string[] = [];
  for (const day of await readdir(root))
    for (const name of await readdir(join(root, day)))
      if (!name.endsWith('.json')) digests.push(await digestOf(join(root, day, name)));
  return digests.sort();
}

/** Its configuration: what lies in `data` goes to the cloud. */
async function configure(root: string, data: string): Promise<string> {
  const machine = join(root, 'machine.json');
  const attributes = {
    capture_dir: join(root, 'capture'),
    additional_sync_paths: [data],
    file_last_modified_millis: 1_000,
    sync_interval_mins: 0.002,
    maximum_num_sync_threads: 3,
  };
  const services = [{ name: 'data_manager', type: 'data_manager', attributes }];
  await writeFile(machine, JSON.stringify({ services }));
  return machine;
}

/** Resolves to the peak of its memory. */
async function killAfter(bytes: number, network: CountedNetwork, gateway: Running): Promise<number> {
  const killed = new Promise<number>((resolve, reject) =>
    network.after(bytes, () => {
      peakOf(gateway)
        .then(resolve, reject)
        .finally(() => gateway.child.kill('SIGKILL'));
    }),
  );
  await until(() => hasEnded(gateway), patience, 'killed');
  if (gateway.child.signalCode !== 'SIGKILL') throw new Error(`the gateway ended: ${gateway.output()}`);
  return killed;
}

/** Cuts its connections after so many bytes. Resolves to the peak of its memory when nothing is left to send. */
async function cutAfter(
  bytes: number,
  network: CountedNetwork,
  gateway: Running,
  data: string,
): Promise<number> {
  let isCut = false;
  let left: string[] = [];
  network.after(bytes, () => {
    isCut = true;
    network.cut();
  });
  const isDrained = async () => {
    left = await readdir(data);
    return left.length === 0 || hasEnded(gateway);
  };
  await until(isDrained, patience, 'delivered');
  if (hasEnded(gateway))
    throw new Error(`the gateway ended, ${left.length} files are left: ${gateway.output()}`);
  if (!isCut) throw new Error('it was not interrupted');
  const peak = await peakOf(gateway);
  gateway.child.kill('SIGTERM');
  const code = await gateway.exited;
  if (code !== 0) throw new Error(`the gateway ended with ${code}: ${gateway.output()}`);
  return peak;
}

async function run(root: string, program: ShippedGateway, amount: number): Promise<string> {
  const data = join(root, 'data');
  const large = Math.round(amount * largeShare);
  const digests = await writeAll(data, amount, large);
  const { cloud, port } = await startCloud(join(root, 'cloud'));
  const network = await CountedNetwork.open(port);
  const words = [await configure(root, data), '--port', String(await freePorts()), '--link', '127.0.0.1'];
  words.push('--directory', join(root, 'state'), '--log-level', 'error');
  words.push('--cloud', `http://127.0.0.1:${network.port}`);
  const gateways: Running[] = [];
  const start = () => {
    const gateway = program.start(...words);
    gateways.push(gateway);
    return gateway;
  };
  try {
    // More bytes than the small files have, and fewer than the large one: it is under way, whatever goes first.
    const first = await killAfter(((large + amount) / 2) * megabyte, network, start());
    if (!(await readdir(data)).includes('large')) throw new Error('the large file was not interrupted');
    const began = performance.now();
    const second = await cutAfter((large / 2) * megabyte, network, start(), data);
    const seconds = (performance.now() - began) / 1000;
    const found = await digestsIn(join(root, 'cloud'));
    if (JSON.stringify(found) !== JSON.stringify(digests))
      throw new Error(`${found.length} objects of ${digests.length} files, or other bytes`);
    const [peak, other] = [first, second].map((bytes) => (bytes / megabyte).toFixed(0));
    if (Math.max(first, second) > mostMemory) throw new Error(`${peak} and ${other} MB of memory`);
    return `${digests.length} files, ${peak} MB of memory at most until a kill, ${other} MB and ${seconds.toFixed(0)} s after it`;
  } finally {
    for (const { child } of gateways) child.kill('SIGKILL');
    network.close();
    cloud.kill('SIGKILL');
  }
}

export const task: SoakTask = {
  description: `files of any size arrive whole, in ${mostMemory / megabyte} MB of memory, and are removed`,
  unit: 'files of 1 MB, beside one of 4 MB for each of them',
  sample: 10,
  full: 1_000,
  async run(amount) {
    const root = await mkdtemp(join(tmpdir(), 'sluice-files-'));
    const program = await ShippedGateway.build();
    try {
      return await run(root, program, amount);
    } finally {
      await program.remove();
      await rm(root, { recursive: true, force: true });
    }
  },
};
