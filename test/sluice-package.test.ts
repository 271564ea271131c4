/** The package `sluice` as its user has it: packed here, installed in an empty directory with no registry, run there. */
import { execFile, spawn, spawnSync } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePorts, type Running, repository, sluiceEnded, until, watching } from './running';

const run = promisify(execFile);
/** Bytes. */
const mostPacked = 60e6;
/** Milliseconds. */
const firstCall = 1_500;

describe('the package sluice', () => {
  let directory: string;
  let tarball: string;

  const start = (...words: string[]): Running =>
    watching(spawn(join(directory, 'node_modules', '.bin', 'sluice'), words, { cwd: directory }));
  const sluice = async (...words: string[]) => {
    const running = start(...words);
    return { code: await running.exited, output: running.output() };
  };

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sluice-package-'));
    await run(
      process.execPath,
      [
        ...['--import', import.meta.resolve('tsx'), join(repository, 'tools/build/sluice.ts')],
        ...['--pack-destination', directory],
      ],
      { cwd: repository },
    );
    const packed = (await readdir(directory)).filter((name) => name.endsWith('.tgz'));
    expect(packed).toHaveLength(1);
    tarball = join(directory, packed[0]!);
    await writeFile(join(directory, 'package.json'), '{}');
    // Nothing listens on port 9: whoever asks a registry fails.
    const nobody = ['--registry', 'http://127.0.0.1:9', '--cache', join(directory, 'cache'), '--offline'];
    await run('npm', ['install', '--engine-strict', '--no-audit', '--no-fund', ...nobody, tarball], {
      cwd: directory,
    });
    await cp(join(repository, 'docs/examples/esp-home.json'), join(directory, 'esp-home.json'));
    const main = await readFile(join(repository, 'docs/examples/main.json'), 'utf8');
    const own = main.replace(/"secret": "[^"]+"/, '"secret": "of-this-test-only-81c2"');
    await writeFile(join(directory, 'main.json'), own);
  }, 600_000);

  afterAll(() => rm(directory, { recursive: true, force: true }));

  test('is installed without a registry, and is no larger than it need be', async () => {
    expect((await stat(tarball)).size).toBeLessThan(mostPacked);
    const installed = await readdir(join(directory, 'node_modules/sluice/node_modules'));
    for (const name of ['esbuild', 'tsx', 'typescript', '@sluice']) expect(installed).not.toContain(name);
  });

  test('is not what npm would pack of the clone’s sources: that is refused', () => {
    const { status, stderr } = spawnSync('npm', ['pack', '--dry-run', '--ignore-scripts=false'], {
      cwd: repository,
      encoding: 'utf8',
    });
    expect(status).not.toBe(0);
    expect(stderr).toContain('npm run package makes the tarball');
  });

  test.each([[['--version']], [['--help']], [['check', 'main.json', 'esp-home.json', '--json']]])(
    'answers %j at its first call within 1.5 s',
    async (words) => {
      const spans: number[] = [];
      // The machine may be busy; what is slow by itself is slow every time.
      while (spans.length < 5 && !spans.some((span) => span < firstCall)) {
        const begun = performance.now();
        const { code, output } = await sluice(...words);
        spans.push(performance.now() - begun);
        expect(code, output).toBe(0);
        expect(output).not.toMatch(/warning:.*ExperimentalWarning|at file:/);
      }
      expect(Math.min(...spans), `${spans}`).toBeLessThan(firstCall);
    },
    60_000,
  );

  test('loads nothing of others for its version but what reads the command line', () => {
    const program = join(directory, 'node_modules/sluice/dist/sluice.js');
    const { stderr, stdout } = spawnSync(process.execPath, [program, '--version'], {
      encoding: 'utf8',
      env: { ...process.env, NODE_DEBUG: 'esm' },
    });
    expect(stdout.trim()).toMatch(/^\d+\.\d+\.\d+$/);
    const loaded = new Set(
      [...stderr.matchAll(/sluice\/node_modules\/((?:@[^/]+\/)?[^/']+)\//g)].map(([, name]) => name),
    );
    expect([...loaded]).toEqual(['commander']);
  });

  test('says the same as a clone of the same configuration', async () => {
    const words = ['check', 'main.json', 'esp-home.json', '--chip', 'esp32c3'];
    const clone = await sluiceEnded(words, { cwd: directory });
    const packed = await sluice(...words);
    expect(clone.code).toBe(1);
    expect(packed).toEqual({ code: 1, output: clone.stdout.toString() });
    const plan = await sluiceEnded(['plan', 'esp-home.json'], { cwd: directory });
    expect(await sluice('plan', 'esp-home.json')).toEqual({ code: 0, output: plan.stdout.toString() });
  }, 60_000);

  test.each(['sim', 'start'])('says that %s needs a clone', async (command) => {
    const { code, output } = await sluice(command);
    expect(code).toBe(1);
    expect(output).toMatch(/^sluice: the simulator is not in this package: in a clone [^\n]*\n$/m);
  });

  test('serves its page and its cloud, is asked, and ends at a signal', async () => {
    const port = await freePorts();
    const serving = start(
      ...['serve', 'main.json', '--port', String(port), '--directory', 'state', '--link', '127.0.0.1'],
    );
    await until(() => serving.output().includes('Sluice runs'), 60_000, 'the address');
    for (const name of ['', 'page.js', 'page.css'])
      expect((await fetch(`http://127.0.0.1:${port}/${name}`)).status).toBe(200);
    const message = { app_id: 'sluice', dev_id: 'shed', payload_fields: { temperature: 21.5 } };
    const stored = await fetch(`http://127.0.0.1:${port + 2}/pipeline`, {
      method: 'POST',
      body: JSON.stringify(message),
    });
    expect(stored.status, await stored.text()).toBe(200);
    const asked = await sluice(
      'query',
      'temperature',
      '--last',
      '1h',
      '--address',
      `http://127.0.0.1:${port + 2}`,
    );
    expect(asked.output).toMatch(/^time,temperature\r?\n\S+Z,21\.5\r?\n$/);
    expect((await sluice('status', 'state')).output).toContain('runs since');
    serving.child.kill('SIGTERM');
    expect(await serving.exited, serving.output()).toBe(0);
  }, 120_000);
});
