/** The gateway's package as its user has it: packed here, installed alone in an empty directory, and run there. */
import { execFile, spawn } from 'node:child_process';
import { mkdtemp, readdir, realpath, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePorts, type Running, repository, until, watching } from './running';

const run = promisify(execFile);
/** Bytes. */
const most = 90e6;

describe('the package of the gateway alone', () => {
  let directory: string;
  let machine: string;

  const program = (...parameters: string[]): Running =>
    watching(
      spawn(join(directory, 'node_modules', '.bin', 'sluice-gateway'), parameters, { cwd: directory }),
    );

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sluice-package-'));
    await run('npm', ['run', '--silent', 'package', '-w', 'gateway', '--', '--pack-destination', directory], {
      cwd: repository,
    });
    await writeFile(join(directory, 'package.json'), '{}');
    await run(
      'npm',
      ['install', '--omit=dev', '--prefer-offline', '--engine-strict', '--no-audit', '--no-fund'].concat(
        (await readdir(directory)).filter((name) => name.endsWith('.tgz')).map((name) => `./${name}`),
      ),
      { cwd: directory },
    );
    machine = join(directory, 'machine.json');
    await writeFile(
      machine,
      JSON.stringify({
        services: [
          {
            name: 'data_manager',
            type: 'data_manager',
            attributes: { capture_dir: join(directory, 'capture') },
          },
        ],
        remotes: [{ name: 'esp-home', address: 'esp-home.local:80', secret: 'a secret' }],
      }),
    );
  }, 300_000);

  afterAll(() => rm(directory, { recursive: true, force: true }));

  test('brings no database, no broker, no compiler and at most 90 MB', async () => {
    const installed = await readdir(join(directory, 'node_modules'), { recursive: true });
    for (const name of ['@duckdb', 'aedes', 'esbuild', 'tsx', 'typescript', '@sluice/cloud'])
      expect(installed).not.toContain(name);
    const { stdout } = await run('du', ['-sb', join(directory, 'node_modules')]);
    expect(Number.parseInt(stdout, 10)).toBeLessThan(most);
  });

  test('runs, shows its page, and ends at a signal', async () => {
    const port = await freePorts();
    const gateway = program(machine, '--port', String(port), '--directory', 'state', '--link', '127.0.0.1');
    await until(() => gateway.output().includes('the gateway runs'), 30_000, gateway.output());
    const health = await fetch(`http://127.0.0.1:${port}/healthz`);
    expect(await health.json()).toMatchObject({ checks: { outbox: { status: 'ok' } } });
    const page = await fetch(`http://127.0.0.1:${port}/page.js`);
    expect(page.status).toBe(200);
    const state = (await (await fetch(`http://127.0.0.1:${port}/api/state`)).json()) as {
      parts: { name: string }[];
    };
    expect(state.parts.map(({ name }) => name)).toEqual(['esp-home']);
    gateway.child.kill('SIGTERM');
    expect(await gateway.exited).toBe(0);
  }, 60_000);

  test('makes a unit that runs it from where it is installed', async () => {
    const installing = program('install', machine, '--user', '--print');
    expect(await installing.exited).toBe(0);
    const path = await realpath(join(directory, 'node_modules', '.bin', 'sluice-gateway'));
    expect(installing.output()).toContain(`\nExecStart=${process.execPath} ${path} ${machine} --directory /`);
  }, 60_000);

  test.each([
    ['page', 0],
    ['link', 1],
  ])(
    'says in one sentence that the port of its %s is in use, and ends with 1',
    async (_what, offset) => {
      const port = await freePorts();
      const other = createServer().listen(port + offset, '127.0.0.1');
      const gateway = program(machine, '--port', String(port), '--directory', 'state', '--link', '127.0.0.1');
      expect(await gateway.exited).toBe(1);
      other.close();
      expect(gateway.output()).toMatch(
        new RegExp(`^sluice: the gateway cannot start: port ${port + offset} is in use: [^\n]*\n$`, 'm'),
      );
      expect(gateway.output()).not.toContain('    at ');
    },
    60_000,
  );
});
