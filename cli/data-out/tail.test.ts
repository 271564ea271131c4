import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cloud } from '@sluice/cloud/cloud';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { freePorts, type Running, runSluice, until } from '../../test/running';

let directory: string;
let httpPort: number;
let cloud: Cloud;
let running: Running | undefined;
const begin = Date.now() - 600_000;

const open = () => Cloud.start({ directory, httpPort, mqttPort: 0, log: pino({ level: 'silent' }) });
const post = (dev_id: string, time: number, payload_fields: object, tag_fields?: object) =>
  fetch(`http://127.0.0.1:${httpPort}/pipeline`, {
    method: 'POST',
    // Written by hand: no double holds the large one.
    body: JSON.stringify({ app_id: 'sluice', dev_id, time, payload_fields, tag_fields }).replace(
      '"n"',
      '9007199254740993',
    ),
  });

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-tail-'));
  httpPort = await freePorts();
  cloud = await open();
  for (let index = 0; index < 5; index += 1) await post('p', begin + index, { A1: index });
});

afterEach(async () => {
  running?.child.kill('SIGKILL');
  running = undefined;
  await cloud.close();
  await rm(directory, { recursive: true });
});

function tail(...words: string[]) {
  const door = ['--address', `http://127.0.0.1:${httpPort}`, '--interval', '200'];
  running = runSluice('tail', ...door, ...words);
  const { output } = running;
  return {
    ...running,
    lines: () => output().split('\n').filter(Boolean),
    has: (count: number) => until(() => output().split('\n').length > count, 20_000, `${count} lines`),
  };
}

const line = (time: number, rest: string) => `${new Date(time).toISOString()} p ${rest}`;

describe('sluice tail', () => {
  test('begins with the newest values and goes on with those that come, each once, until Ctrl-C', async () => {
    const { child, exited, has, lines } = tail('A1', '--newest', '2');
    await has(2);
    await post('p', begin + 10, { A1: 10 });
    await has(3);
    // Of other tags, at the same time; of another part; of another stream.
    await post('p', begin + 10, { A1: 11 }, { room: 'k' });
    await post('q', begin + 5, { A1: 12, other: 1 });
    await has(5);
    await post('p', begin + 20, { A1: 20 });
    await has(6);
    child.kill('SIGINT');
    expect(await exited).toBe(0);
    expect(lines().slice(0, 3)).toEqual([
      line(begin + 3, 'A1 3'),
      line(begin + 4, 'A1 4'),
      line(begin + 10, 'A1 10'),
    ]);
    expect(lines().slice(3, 5).sort()).toEqual(
      [line(begin + 10, 'A1 11'), line(begin + 5, 'A1 12').replace(' p ', ' q ')].sort(),
    );
    expect(lines().slice(5)).toEqual([line(begin + 20, 'A1 20')]);
  });

  test('prints JSON with every digit, and reads on over more than a page', async () => {
    const { has, lines } = tail('A1', '--newest', '1', '--json');
    await has(1);
    await post('p', begin + 99, { A1: 'n' });
    await has(2);
    expect(lines().slice(1)).toEqual([
      `{"app_id":"sluice","part":"p","stream":"A1","time":${begin + 99},"value":9007199254740993,"tags":{}}`,
    ]);
    const many = Array.from({ length: 10_500 }, (_, index) =>
      JSON.stringify({
        app_id: 'sluice',
        dev_id: 'p',
        time: begin + 100 + index,
        payload_fields: { A1: index },
      }),
    );
    const url = `http://127.0.0.1:${httpPort}/pipeline`;
    await fetch(url, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: many.join('\n'),
    });
    await has(10_502);
    const values = lines()
      .slice(2)
      .map((text) => (JSON.parse(text) as { value: number }).value);
    expect(values).toEqual(many.map((_, index) => index));
  });

  test('waits for a cloud that is away, and says so once', async () => {
    const { has, lines } = tail('A1', '--newest', '1');
    await has(1);
    await cloud.close();
    await has(2);
    cloud = await open();
    await post('p', begin + 30, { A1: 30 });
    await has(3);
    expect(lines()[1]).toMatch(/^sluice: .*\(it is asked again\)$/);
    expect(lines()[2]).toBe(line(begin + 30, 'A1 30'));
  });

  test('ends when nobody reads any more', async () => {
    const { child, exited, has } = tail('A1', '--newest', '1');
    await has(1);
    child.stdout!.destroy();
    let time = begin + 40;
    const feeding = setInterval(() => void post('p', time++, { A1: 1 }).catch(() => undefined), 200);
    try {
      expect(await exited).toBe(0);
    } finally {
      clearInterval(feeding);
    }
  });
});
