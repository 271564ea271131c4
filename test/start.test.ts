/** `npx sluice start` with one's own configuration: what a maker does with it, and what befalls it. */
import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { StateView } from '../gateway/page-api/state';
import { freePorts, type Running, runSluice, until } from './running';

const capture = (method: string, additional_params: object) => ({
  method,
  additional_params,
  capture_frequency_hz: 50,
});
const attic = {
  components: [
    {
      name: 'chip',
      type: 'board',
      model: 'esp32',
      attributes: { pins: [4, 6, 99], analogs: [{ name: 'A1', pin: '33' }] },
      service_configs: [
        {
          type: 'data_manager',
          attributes: {
            capture_methods: [capture('Analogs', { reader_name: 'A1' }), capture('Gpios', { pin_name: '4' })],
          },
        },
      ],
    },
  ],
};

describe('sluice start with a configuration of one’s own', () => {
  let directory: string;
  let board: string;
  let port: number;
  let running: Running;

  const start = () =>
    runSluice(
      ...['start', '--config', board, '--pin', '33=constant:1234', '--port', String(port)],
      ...['--directory', join(directory, 'state')],
    );
  const state = async () => (await (await fetch(`http://localhost:${port}/api/state`)).json()) as StateView;
  const received = async () =>
    (await state()).parts[0]?.streams.reduce((sum, { gateway }) => sum + (gateway?.received ?? 0), 0) ?? 0;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'sluice-start-'));
    board = join(directory, 'attic.json');
    await writeFile(board, JSON.stringify(attic));
    port = await freePorts();
    running = start();
    await until(() => running.output().includes('Sluice runs'), 120_000, 'the address');
  }, 150_000);

  afterAll(async () => {
    running?.child.kill('SIGTERM');
    await running?.exited;
    await rm(directory, { recursive: true, force: true });
  });

  test('says at once what is wrong with it and what it does, and runs the rest', async () => {
    const lines = running.output().split('\n');
    for (const pin of ['pins[1]: GPIO 6', 'pins[2]: esp32 has no GPIO 99: it has 0 to 39'])
      expect(lines.slice(0, 2).join('\n')).toContain(`attic.json: error at components[0].attributes.${pin}`);
    expect(running.output()).toContain('compiling and starting the simulated ESP32 attic');
    await until(async () => (await received()) > 100, 60_000, 'readings of both streams');
    const { parts } = await state();
    expect(parts.map(({ name }) => name)).toEqual(['attic']);
    expect(parts[0]!.streams.map(({ method }) => method).sort()).toEqual(['Analogs', 'Gpios']);
  }, 70_000);

  test('is found by a second start, on other ports too, and by status', async () => {
    const second = runSluice('start', '--port', String(port + 10), '--directory', join(directory, 'state'));
    expect(await second.exited).toBe(1);
    // At once: nothing of what takes seconds to load has begun.
    expect(second.output()).toBe(
      `sluice: it runs already in ${join(directory, 'state')}: see http://localhost:${port}/\n`,
    );
    const status = runSluice('status', join(directory, 'state'), '--json');
    expect(await status.exited, status.output()).toBe(0);
    const [program] = JSON.parse(status.output().trim().split('\n').at(-1)!).programs;
    expect(program).toMatchObject({ running: true, healthy: true, address: `http://localhost:${port}/` });
    expect(program.parts[0]).toMatchObject({ name: 'attic', connected: true, streams: 2 });
  }, 60_000);

  test('says that its board has died, and brings it back', async () => {
    const children = execFileSync('ps', ['-o', 'pid=,args=', '--ppid', String(running.child.pid)], {
      encoding: 'utf8',
    });
    const host = children.split('\n').find((line) => line.includes('xs-host'));
    process.kill(Number.parseInt(host!, 10), 'SIGKILL');
    await until(() => /attic has died .*: it starts again/.test(running.output()), 10_000, 'the word of it');
    await until(() => running.output().includes('attic is back'), 60_000, 'its return');
    const before = await received();
    await until(async () => (await received()) > before + 50, 60_000, 'readings of the next boot');
    expect((await state()).parts[0]!.boot).toMatch(/^2-/);
  }, 140_000);

  test('has lost nothing when it is ended and started again, and raises no alert', async () => {
    const since = (await state()).parts[0]!.losses.length;
    const counter = Number.parseInt((await state()).parts[0]!.boot, 10);
    running.child.kill('SIGINT');
    expect(await running.exited, running.output()).toBe(0);
    running = start();
    await until(() => running.output().includes('Sluice runs'), 120_000, 'the address');
    const isNext = async () => (await state()).parts[0]!.boot.startsWith(`${counter + 1}-`);
    await until(isNext, 60_000, 'the next boot');
    await until(async () => ((await state()).parts[0]!.statusAt ?? 0) > 0, 60_000, 'a report of it');
    const { parts, alerts } = await state();
    expect(parts[0]!.losses.slice(since)).toEqual([]);
    // Of the process that was killed before.
    expect(alerts.filter(({ resolved }) => resolved === undefined).length).toBeLessThanOrEqual(1);
  }, 240_000);

  test('does not start a main part’s configuration as a board', async () => {
    const main = join(directory, 'main-of-all.json');
    await writeFile(main, JSON.stringify({ remotes: [{ name: 'attic', secret: 'of-the-attic-1c2d' }] }));
    const other = runSluice('start', '--config', main, '--directory', join(directory, 'other'));
    expect(await other.exited).toBe(1);
    expect(other.output()).toContain('[main-as-board]');
  }, 60_000);
});
