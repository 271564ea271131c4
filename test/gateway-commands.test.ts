/** `sluice gateway install`, as a program of its own. */
import { spawn } from 'node:child_process';
import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { freePorts, type Running, sluiceEnded, until, watching } from './running';

let folder: string;
let machine: string;
let gateway: Running | undefined;

beforeEach(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), 'sluice-gateway-')));
  machine = join(folder, 'machine.json');
  const attributes = { capture_dir: join(folder, 'capture') };
  const services = [{ name: 'data_manager', type: 'data_manager', attributes }];
  await writeFile(machine, JSON.stringify({ services }));
});

afterEach(async () => {
  gateway?.child.kill('SIGKILL');
  await rm(folder, { recursive: true });
});

async function sluice(...words: string[]) {
  const { code, stdout, stderr } = await sluiceEnded(['gateway', ...words], { cwd: folder });
  return { code, stdout: stdout.toString(), stderr };
}

/** As the service would be started. */
async function runUnit(unit: string): Promise<void> {
  const [, command] = /^ExecStart=(.*)$/m.exec(unit)!;
  gateway = watching(spawn('sh', ['-c', `exec ${command} --quiet`], { cwd: '/' }));
  const { output } = gateway;
  await until(() => output().includes('the gateway runs'), 60_000, output());
}

it('what is installed runs, and ends at a signal', async () => {
  const port = await freePorts();
  const state = join(folder, 'state');
  const words = ['machine.json', '--port', String(port), '--link', '127.0.0.1', '--directory', state];
  const { code, stdout, stderr } = await sluice('install', ...words, '--user', '--print');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  await runUnit(stdout);
  gateway!.child.kill('SIGTERM');
  expect(await gateway!.exited).toBe(0);
}, 120_000);
