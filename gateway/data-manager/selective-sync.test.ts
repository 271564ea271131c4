import { pino } from 'pino';
import { expect, test } from 'vitest';
import { SelectiveSync } from './selective-sync';

function make(sensor: string | undefined = 'gps') {
  let time = 0;
  const answers: unknown[] = [];
  const asked: string[] = [];
  const lines: { msg: string; level: number }[] = [];
  const selective = new SelectiveSync(
    {
      read: async (name) => {
        asked.push(name);
        const answer = answers.at(-1);
        if (answer instanceof Error) throw answer;
        return answer;
      },
      clock: { now: () => time, wall: () => time, after: () => () => undefined },
      log: pino({ level: 'info' }, { write: (line: string) => void lines.push(JSON.parse(line)) }),
    },
    sensor,
  );
  return { selective, answers, asked, lines, pass: (ms: number) => (time += ms) };
}

test('without a sensor everything may go', () => {
  const { selective, asked } = make('');
  selective.configure(undefined);
  expect(selective.mayGo).toBe(true);
  expect(asked).toEqual([]);
});

test('the sensor’s should_sync decides, and a change acts within a second', async () => {
  const { selective, answers, pass, asked } = make();
  answers.push({ should_sync: true });
  expect(selective.mayGo).toBe(false);
  await selective.ask();
  expect(selective.mayGo).toBe(true);
  answers.push({ should_sync: false });
  pass(1_001);
  expect(selective.mayGo).toBe(true);
  await selective.ask();
  expect(selective.mayGo).toBe(false);
  expect(asked).toEqual(['gps', 'gps']);
});

test.each([
  ['is not there', new Error('there is no resource')],
  ['has no should_sync', { temperature: 4 }],
  ['says should_sync in words', { should_sync: 'yes' }],
  ['says nothing', undefined],
])('a sensor that %s lets nothing go, and is named once', async (_, answer) => {
  const { selective, answers, lines } = make();
  answers.push(answer);
  await selective.ask();
  await selective.ask();
  expect(selective.mayGo).toBe(false);
  expect(lines).toMatchObject([{ level: 40, sensor: 'gps' }]);
  answers.push({ should_sync: true });
  await selective.ask();
  expect(selective.mayGo).toBe(true);
});

test('an answer of a sensor that is no longer configured counts for nothing', async () => {
  const { selective, answers } = make();
  answers.push({ should_sync: true });
  const asking = selective.ask();
  selective.configure('other');
  await asking;
  expect(selective.mayGo).toBe(false);
});
