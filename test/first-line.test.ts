/** What `start --json` and `serve --json` print first: where programs find everything, Viam's among them. */
import { once } from 'node:events';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import * as viam from '@viamrobotics/sdk';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { freePorts, type Running, repository, runSluice, until } from './running';

let directory: string;
let running: Running | undefined;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-first-line-'));
});
afterEach(async () => {
  running?.child.kill('SIGTERM');
  await running?.exited;
  running = undefined;
  await rm(directory, { recursive: true, force: true });
});

async function firstLineOf(...words: string[]): Promise<Record<string, string>> {
  running = runSluice(...words, '--json', '--directory', join(directory, 'state'));
  for await (const line of createInterface(running.child.stdout!)) return JSON.parse(line);
  throw new Error(`it has printed nothing: ${running.output()}`);
}

async function expectServed({ directory: place, ...urls }: Record<string, string>): Promise<void> {
  expect(Object.keys(urls).sort()).toEqual(['cloud', 'link', 'mqtt', 'page', 'viam', 'viamCloud']);
  expect((await stat(place!)).isDirectory()).toBe(true);
  for (const url of Object.values(urls)) {
    const socket = connect(Number(new URL(url).port), 'localhost');
    await once(socket, 'connect');
    socket.destroy();
  }
  expect((await fetch(new URL('healthz', urls.page))).status).toBe(200);
}

/** Nobody is configured, and this is loopback: any key is taken. */
async function dial(host: string): Promise<viam.RobotClient> {
  const robot = new viam.RobotClient();
  const credentials = { type: 'api-key', authEntity: 'anybody', payload: 'any-key' } as const;
  await robot.dial({ host, noReconnect: true, credentials });
  return robot;
}

describe('the first line', () => {
  test('of start says where everything is, and a script of Viam’s reads the ESP32 there', async () => {
    const addresses = await firstLineOf('start', '--port', String(await freePorts()));
    await expectServed(addresses);
    const robot = await dial(addresses.viam!);
    const isThere = async () =>
      (await robot.resourceNames()).some(({ name }) => name === 'esp-home:my-esp32');
    await until(isThere, 60_000, 'the board');
    const reading = await new viam.BoardClient(robot, 'my-esp32').readAnalogReader('A1');
    expect(reading.value).toBeGreaterThan(0);
    await robot.disconnect();
  }, 240_000);

  test('of serve says where everything is', async () => {
    const example = await readFile(join(repository, 'docs/examples/main.json'), 'utf8');
    const main = join(directory, 'main.json');
    await writeFile(
      main,
      example
        .replace('replace-me-by-something-long-and-random', 'drawn-for-this-test-only-7c21')
        .replace('.sluice-serve/capture', join(directory, 'capture')),
    );
    const words = ['serve', main, '--link', '127.0.0.1', '--port', String(await freePorts())];
    const addresses = await firstLineOf(...words);
    await expectServed(addresses);
    expect(new URL(addresses.link!).protocol).toBe('wss:');
    const robot = await dial(addresses.viam!);
    expect((await robot.resourceNames()).map(({ subtype }) => subtype)).toEqual(['data_manager']);
    await robot.disconnect();
  }, 240_000);
});
