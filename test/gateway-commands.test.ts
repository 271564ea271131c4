/** `sluice gateway install` and `… authority`, as programs of their own. */
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, realpath, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openAuthority } from '../common/tls';
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

test('what is installed runs, keeps its authority to itself, and ends at a signal', async () => {
  const port = await freePorts();
  const state = join(folder, 'state');
  const words = ['machine.json', '--port', String(port), '--link', '127.0.0.1', '--directory', state];
  const { code, stdout, stderr } = await sluice('install', ...words, '--user', '--print');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  await runUnit(stdout);
  const copy = join(folder, 'copy.pem');
  expect(await sluice('authority', 'export', copy, '--directory', state)).toMatchObject({ code: 0 });
  for (const change of [['import', copy], ['renew']])
    expect(await sluice('authority', ...change, '--directory', state)).toMatchObject({
      code: 1,
      stdout: '',
      stderr: `sluice: a program runs in ${state}, at http://127.0.0.1:${port}/: end it first\n`,
    });
  gateway!.child.kill('SIGTERM');
  expect(await gateway!.exited).toBe(0);
}, 120_000);

test('an authority moves to another machine, and is renewed there', async () => {
  const { authority } = await openAuthority(join(folder, 'old', 'gateway'));
  const hex = Buffer.from(authority.der).toString('hex');
  const show = (...words: string[]) => sluice('authority', 'show', ...words);
  expect((await show('--hex', '--directory', 'old')).stdout).toBe(`${hex}\n`);
  const copied = await sluice('authority', 'export', 'copy.pem', '--directory', 'old');
  expect(copied.stdout).toMatch(
    /^copy\.pem has the authority [0-9a-f]{64}, with its key: keep it as a secret$/m,
  );
  expect((await stat(join(folder, 'copy.pem'))).mode & 0o777).toBe(0o600);
  const again = await sluice('authority', 'export', 'copy.pem', '--directory', 'old');
  expect(again).toMatchObject({
    code: 1,
    stderr: 'sluice: copy.pem is there already: a copy replaces nothing\n',
  });

  const taken = await sluice('authority', 'import', 'copy.pem', '--directory', 'new');
  expect(taken.stdout).toContain('ends 2049-12-31');
  expect((await show('--pem', '--directory', 'new')).stdout.trim()).toBe(authority.pem);
  const renewed = await sluice('authority', 'renew', '--directory', 'new');
  expect(renewed.stdout).toMatch(/ ends 20[5-9]\d-12-31 now$/m);
  expect(renewed.stdout).toContain('connect until 2049-12-31, then no more');
  expect((await show('--directory', 'new')).stdout).toContain('connect until 2049-12-31');
  expect((await openAuthority(join(folder, 'new', 'gateway'))).authority.pem).not.toBe(authority.pem);

  await openAuthority(join(folder, 'other', 'gateway'));
  const refused = await sluice('authority', 'import', 'copy.pem', '--directory', 'other');
  expect(refused.stderr).toContain(
    'has another authority, which boards may have pinned: --force replaces it',
  );
  const forced = await sluice('authority', 'import', 'copy.pem', '--directory', 'other', '--force');
  const [, kept] = /the one before is kept as (.*)$/m.exec(forced.stdout)!;
  expect(await readFile(kept!, 'utf8')).toContain('PRIVATE KEY');
}, 120_000);
