/** Configurations that have no room beside what runs: refused as a whole, and nobody notices but who is told. */
import { expect, test } from 'vitest';
import { type Answer, component, configurationOf, runConfigurations } from './memory-budget';

const pin = component(
  'good',
  'board/esp32',
  { analogs: [{ name: 'good', pin: 0 }] },
  { method: 'Analogs', hertz: 100, parameters: { reader_name: 'good' } },
);
/** Minutes between two of them: less than what they replace takes to be delivered. */
const pause = 5 / 60;

/** A pin at 100 Hz, and so many sensors. @param nameLength what makes a text of them long */
function sensors(count: number, nameLength = 3): string {
  const names = Array.from(
    { length: count },
    (_, index) => `s${String(index).padStart(nameLength - 1, '0')}`,
  );
  return configurationOf([
    pin,
    ...names.map((name) => component(name, 'sensor/fake', {}, { method: 'Readings' })),
  ]);
}

function isRefused(answer: Answer | undefined): boolean {
  return answer?.applied === false;
}

test.each([
  // Of these the last one found too little left for chunks, for slots that once were needed.
  {
    name: 'sensors beyond all memory',
    texts: [0, 44, 47, 48, 46, 15, 4, 44, 44, 33, 43, 0, 14, 1, 22, 15, 12, 1, 46, 41, 48].map((count) =>
      sensors(count),
    ),
  },
  {
    name: 'texts of nearly 12 KB after many short ones',
    texts: [14, 1, 14, 0, 15, 12, 2, 14, 13, 9, 3].flatMap((count) => [sensors(count), sensors(48, 22)]),
  },
])(
  '$name every five seconds restart no ESP32-C3, and cost a pin none of its readings',
  {
    timeout: 120_000,
  },
  async ({ texts }) => {
    const { exits, answers, streams, uptime } = await runConfigurations('esp32c3', [sensors(0), ...texts], {
      minutes: pause,
    });
    expect(exits).toEqual([]);
    const good = streams.find(({ resource }) => resource.endsWith('/good'))!;
    expect([good.missed, good.failed]).toEqual([0, 0]);
    expect(Math.abs(good.captured - uptime / 10)).toBeLessThan(100);
    const refused = answers.filter(isRefused);
    expect(refused.length).toBeGreaterThan(0);
    for (const answer of refused) {
      expect(answer!.problems).toHaveLength(1);
      const [{ severity, code, path, message }] = answer!.problems as [Answer['problems'][0]];
      expect([severity, code, path]).toEqual(['error', 'no-memory', '$']);
      expect(message).toMatch(
        /of \d+ B beside the one that runs: it is (applied at|not stored for) the next start/,
      );
    }
    // What is small always has room.
    texts.forEach((text, index) => {
      if (text.length < 1_000) expect(isRefused(answers[index])).toBe(false);
    });
  },
);
