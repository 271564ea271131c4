/** `sluice gateway` and `sluice cloud` as two processes, with nothing in common but a URL. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openAuthority } from '../common/tls';
import { connectPart } from '../gateway/link/reference-connection';
import { pack } from '../modules/block/encode.node.js';
import { freePorts, type Running, runSluice, until } from './running';

const secret = 'a secret of the test only';
let directory: string;
let port: number;
let cloud: Running;
let gateway: Running;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-halves-'));
  port = await freePorts();
  const attributes = { capture_dir: join(directory, 'capture') };
  const machine = join(directory, 'machine.json');
  const services = [{ name: 'data_manager', type: 'data_manager', attributes }];
  const remotes = [{ name: 'esp-home', address: 'esp-home.local:80', secret }];
  await writeFile(machine, JSON.stringify({ services, remotes }));
  const [page, doors] = [String(port), String(port + 2)];
  cloud = runSluice('cloud', '--directory', join(directory, 'cloud'), '--port', doors);
  const url = `http://127.0.0.1:${doors}`;
  const state = join(directory, 'gateway');
  gateway = runSluice(
    ...['gateway', machine, '--directory', state, '--port', page, '--link', '127.0.0.1', '--cloud', url],
  );
  await until(() => cloud.output().includes('the cloud runs'), 40_000, 'the cloud runs');
  await until(() => gateway.output().includes('the gateway runs'), 40_000, 'the gateway runs');
}, 90_000);

afterAll(async () => {
  for (const { child, exited } of [gateway, cloud]) {
    child.kill('SIGTERM');
    expect(await exited).toBe(0);
  }
  await rm(directory, { recursive: true, force: true });
}, 30_000);

test('take a reading from a part to a question', async () => {
  const { authority } = await openAuthority(join(directory, 'gateway', 'gateway'));
  const boot = { counter: 1, random: 7 };
  const { part, close } = await connectPart({
    part: 'esp-home',
    secret,
    boot,
    port: port + 1,
    authority: authority.pem,
  });
  await part.until(() => part.open);
  part.declare(0);
  const values = Array.from({ length: 300 }, (_, index) => index % 7);
  const { blocks } = pack('integer', values, { boot, stream: 0 });
  part.blocks(...blocks);
  await part.until(() => part.acknowledged.get(0) === blocks.length);
  await fetch(`http://127.0.0.1:${port}/api/sync`, { method: 'POST' });
  const question = `http://127.0.0.1:${port + 2}/query?part=esp-home&stream=my-esp32_A0`;
  const stored = async () => {
    const rows = await fetch(question);
    // Before anything of it has come, there is no such part.
    return rows.status === 404 ? [] : ((await rows.json()) as { value: number }[]).map((row) => row.value);
  };
  await until(async () => (await stored()).length === values.length, 20_000, 'all readings in the cloud');
  expect(await stored()).toEqual(values);
  close();
}, 60_000);
