import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Log } from '@sluice/common/log';
import { pino } from 'pino';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { Cloud } from './cloud';
import { Counters } from './doors/counters';
import { SeldomLog } from './seldom-log';

type Line = { level: number; msg: string; error?: string; counters?: { refusedFiles: number } };

function logOf(lines: Line[]) {
  return pino({}, { write: (line: string) => void lines.push(JSON.parse(line)) });
}

afterEach(() => {
  vi.useRealTimers();
});

describe('what comes often', () => {
  test('is logged now and then, with the counters of all, and what is of another kind beside', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    const lines: Line[] = [];
    const counters = new Counters();
    const log = new SeldomLog(logOf(lines), counters);
    for (let count = 0; count < 1000; count++) {
      counters.refusedFiles++;
      log.write('warn', {}, 'a file was refused');
    }
    log.write('error', {}, 'a file was refused', 'another reason');
    vi.advanceTimersByTime(10_000);
    log.write('warn', {}, 'a file was refused');
    expect(lines.map(({ level, counters }) => [level, counters?.refusedFiles])).toEqual([
      [40, 1],
      [50, 1000],
      [40, 1000],
    ]);
  });

  test('does not take memory for each kind that there ever was', () => {
    const lines: Line[] = [];
    const log = new SeldomLog(logOf(lines), new Counters());
    log.write('warn', {}, 'first');
    for (let kind = 0; kind < 1000; kind++) log.write('warn', {}, 'other', `${kind}`);
    log.write('warn', {}, 'first');
    expect(lines.filter(({ msg }) => msg === 'first')).toHaveLength(2);
  });
});

test('arrivals that nobody can read are told of once, however many there are and whoever reads them', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'sluice-seldom-'));
  try {
    const inbox = await Log.open({ directory: join(directory, 'inbox') });
    const ofLater = { kind: 250, bytes: new Uint8Array(10) };
    for (let count = 0; count < 50; count++) await inbox.writer.append([ofLater]);
    await inbox.close();
    const lines: Line[] = [];
    const cloud = await Cloud.start({ directory, httpPort: 0, mqttPort: 0, log: logOf(lines) });
    expect(await cloud.caughtUp(10_000)).toBe(true);
    await cloud.close();
    const told = lines.filter(({ msg }) => msg === 'the inbox has a problem');
    expect(told.map(({ error }) => error?.replace(/\d+/, 'N'))).toEqual([
      'arrival N is of a kind of a later release',
    ]);
  } finally {
    await rm(directory, { recursive: true });
  }
}, 30_000);
