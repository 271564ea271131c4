/**
 * `npx sluice serve` with the configuration of docs/flash-a-board.md, and a board of which only the chip is simulated:
 * the firmware, configured as `mcconfig` would configure it, dials over TLS with the pinned authority.
 */
import { spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StateView } from '../gateway/page-api/state';
import { SimulatedDevice } from '../host-sim/device';
import { SimulatedNetwork } from '../host-sim/network/simulated-network';
import { constant, noise, toggle } from '../host-sim/signals';
import { freePorts, type Running, repository, runSluice, until } from './running';

const secret = 'a-secret-of-the-test-only';

describe('sluice serve', () => {
  let directory: string;
  let port: number;
  let running: Running;
  let device: SimulatedDevice;

  const state = async (): Promise<StateView> =>
    (await (await fetch(`http://localhost:${port}/api/state`)).json()) as StateView;
  const received = async (method: string, frequency: number): Promise<number> =>
    (await state()).parts[0]?.streams
      .filter((stream) => stream.method === method && stream.frequency === frequency)
      .reduce((sum, { gateway }) => sum + (gateway?.received ?? 0), 0) ?? 0;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sluice-serve-'));
    await cp(join(repository, 'docs', 'examples'), directory, { recursive: true });
    const main = join(directory, 'main.json');
    const text = await readFile(main, 'utf8');
    await writeFile(
      main,
      text
        .replace('replace-me-by-something-long-and-random', secret)
        .replace('.sluice-serve/capture', join(directory, 'capture')),
    );
    port = await freePorts();
    running = runSluice('serve', main, '--directory', join(directory, 'state'), '--port', String(port));
    await until(
      () => running.output().includes('To flash'),
      90_000,
      'the gateway says how boards are flashed',
    );
    device = await SimulatedDevice.start({
      firmware: repository,
      board: 'esp32',
      time: 'real',
      seed: 7,
      config: {
        ssid: 'home',
        part: 'esp-home',
        secret,
        gateway: `wss://localhost:${port + 1}`,
        authority: await readFile(join(directory, 'state', 'authority.hex'), 'utf8'),
      },
      directory: join(directory, 'device'),
      network: new SimulatedNetwork({ accessPoints: [{ ssid: 'home', rssi: -50 }], outside: 'real' }),
      pins: { 34: [constant(2000), noise(2)], 27: [toggle(1)] },
    });
  }, 150_000);

  afterAll(async () => {
    await device?.close();
    running?.child.kill('SIGTERM');
    await running?.exited;
    await rm(directory, { recursive: true, force: true });
  });

  test('gives the board its configuration, and takes what it captures over TLS', async () => {
    await until(async () => (await received('Analogs', 100)) > 500, 40_000, 'readings of A1 at the gateway');
    await until(
      async () => (await received('Gpios', 100)) > 500,
      20_000,
      'readings of pin 27 at the gateway',
    );
  }, 70_000);

  test('applies an edited configuration without a restart', async () => {
    const own = join(directory, 'esp-home.json');
    const text = await readFile(own, 'utf8');
    await writeFile(own, text.replace('"capture_frequency_hz": 100', '"capture_frequency_hz": 50'));
    await until(async () => (await received('Analogs', 50)) > 0, 30_000, 'the stream at its new rate');
    const before = await received('Analogs', 50);
    await until(
      async () => (await received('Analogs', 50)) > before + 100,
      30_000,
      'readings at the new rate',
    );
    expect(running.output()).toContain('esp-home: configuration applied');
    expect((await state()).parts[0]?.resetReason).toBe('Power-On');
    expect(device.boots).toBe(1);
  }, 70_000);

  test('says what the board refuses, and that it did', async () => {
    const own = join(directory, 'esp-home.json');
    const text = await readFile(own, 'utf8');
    await writeFile(own, text.replace('"pins": [27]', '"pins": [27, 6]'));
    await until(() => running.output().includes('applied, without what is wrong'), 20_000, 'the answer');
    expect(running.output()).toMatch(/esp-home: error at components\[0\]\.attributes\.pins.*GPIO 6 of esp32/);
    await writeFile(own, '{ "components": [,] }');
    await until(() => running.output().includes('esp-home: configuration refused'), 20_000, 'the refusal');
    await writeFile(own, text);
  }, 50_000);

  test('says what of an edit this machine cannot do itself', async () => {
    const own = join(directory, 'main.json');
    const text = await readFile(own, 'utf8');
    const { components = [], ...rest } = JSON.parse(text);
    const sensor = { name: 'humid', type: 'sensor', model: 'dht22' };
    await writeFile(own, JSON.stringify({ ...rest, components: [...components, sensor] }));
    await until(() => running.output().includes('[unknown-model]'), 10_000, 'the problem');
    expect(running.output()).toMatch(/main: error at components\[\d+\]\.model: humid: the model dht22/);
    await writeFile(own, text);
  }, 20_000);

  test('goes on with the configuration before when an edit is not JSON', async () => {
    const main = join(directory, 'main.json');
    const text = await readFile(main, 'utf8');
    await writeFile(main, '{ "remotes": [,] }');
    await until(() => running.output().includes('the configuration before goes on'), 10_000, 'the refusal');
    expect(running.output()).toMatch(/main\.json: error at \$: line 1, column 15/);
    const before = await received('Analogs', 50);
    await until(async () => (await received('Analogs', 50)) > before, 20_000, 'readings that go on');
    await writeFile(main, text);
  }, 40_000);

  test('prints how the board is flashed: a command without the secret, that gives it to the build', async () => {
    expect(running.output()).not.toContain(secret);
    const tools = join(directory, 'tools');
    await mkdir(tools);
    await writeFile(join(tools, 'mcconfig'), '#!/bin/sh\nprintf "%s\\n" "$@"\n', { mode: 0o755 });
    const { WIFI: _, WIFI_PASSWORD: __, ...environment } = process.env;
    const PATH = `${tools}:${process.env.PATH}`;
    const flash = (wifi: Record<string, string>) =>
      spawnSync('sh', ['-c', printedCommand(running.output())], {
        cwd: repository,
        encoding: 'utf8',
        env: { ...environment, PATH, ...wifi },
      });
    const unnamed = flash({});
    expect(unnamed.stdout).toBe('');
    expect(unnamed.stderr).toContain('WIFI: is the name of your WiFi');
    const { stdout, stderr } = flash({ WIFI: 'my home', WIFI_PASSWORD: '' });
    const authority = await readFile(join(directory, 'state', 'authority.hex'), 'utf8');
    expect(stdout.trim().split('\n'), stderr).toEqual([
      ...['-d', '-m', '-p', 'esp32', 'ssid=my home', 'password='],
      ...[`gateway=wss://${hostname()}:${port + 1}`, 'part=esp-home', `secret=${secret}`],
      `authority=${authority}`,
    ]);
  }, 60_000);

  test('names a secret that everybody knows, and gives no command for a board that would never be let in', async () => {
    const folder = join(directory, 'example');
    await mkdir(folder);
    const example = await readFile(join(repository, 'docs', 'examples', 'main.json'), 'utf8');
    await writeFile(
      join(folder, 'main.json'),
      example.replace('.sluice-serve/capture', join(folder, 'capture')),
    );
    const other = await freePorts();
    const words = ['serve', join(folder, 'main.json'), '--port', String(other), '--link', '127.0.0.1'];
    const serving = runSluice(...words, '--directory', join(folder, 'state'));
    await until(() => serving.output().includes('Sluice runs'), 60_000, 'the address');
    expect(serving.output()).toMatch(
      /main\.json: error at remotes\[0\]\.secret: "replace-me.*lets nobody in/,
    );
    expect(serving.output()).not.toContain('To flash');
    serving.child.kill('SIGTERM');
    expect(await serving.exited).toBe(0);
  }, 90_000);
});

/** The last one that was printed. */
function printedCommand(output: string): string {
  const [, command] = output.split('with WIFI and WIFI_PASSWORD set:\n');
  return command!.slice(0, /(?<!\\)(\n|$)/.exec(command!)!.index);
}
