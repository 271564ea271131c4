import { describe, expect, test } from 'vitest';
import { Log } from './log';

function bench() {
  const time = { now: 0 };
  const written: string[] = [];
  const log = new Log({ now: () => time.now }, (text) => written.push(text));
  return { time, written, log };
}

describe('the log', () => {
  test('writes what repeats itself once a minute and says how much it left out', () => {
    const { time, written, log } = bench();
    for (; time.now < 120_000; time.now += 10) log.repeating('a2', () => 'a2: no answer');
    expect(written).toEqual([
      'error: a2: no answer\n',
      'error: a2: no answer (and 5999 times since the last line of this)\n',
    ]);
  });

  test('writes what is no fault at the level that it has', () => {
    const { written, log } = bench();
    log.repeating('wifi', () => 'not connected', 'info');
    expect(written).toEqual(['info: not connected\n']);
  });

  test('keeps the rate of each key however many there are', () => {
    const { written, log } = bench();
    for (let key = 0; key < 60; key++)
      for (let time = 0; time < 5; time++) log.repeating(`${key}`, () => `${key}`);
    expect(written.length).toBe(60);
  });

  test('keeps the last 8 lines, each at most 160 characters', () => {
    const { log } = bench();
    for (let line = 0; line < 40; line++) log.info(`${line} ${'x'.repeat(500)}`);
    expect(log.recent.length).toBe(8);
    expect(log.recent[0]!).toMatch(/^0 s info: 32 x+…$/);
    expect(log.recent[0]!.length).toBe('0 s info: '.length + 160);
  });
});
