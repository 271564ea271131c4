/** What NVS holds of streams whose blocks outlive their boot. */
import { describe, expect, test } from 'vitest';
import type { BootId } from '../block/types';
import type { StreamDeclaration } from '../capture/collector';
import type { Ring } from '../ring/ring';
import { AtomicPreferences } from './atomic-preferences';
import { EarlierStreams } from './earlier-streams';
import { MemoryPreferences, PowerFailure } from './memory-preferences.node';

/** As the device has it: atomic over NVS. */
class Memory extends AtomicPreferences {
  constructor(readonly nvs = new MemoryPreferences()) {
    super(nvs);
  }

  get names(): string[] {
    return [...this.nvs.entries.keys()].map((name) => name.replace('~', ''));
  }
}

const bootOf = (counter: number): BootId => ({ counter, random: 1_000 + counter });

function declaration(number: number, resource = `rdk:component:sensor/s${number}`): StreamDeclaration {
  return {
    number,
    plan: {
      identity: { owner: 'main', resource, method: 'Readings', parameters: { a: 'b' } },
      frequency: { numerator: 1, denominator: 1 },
      quota: 1_000,
      target: 250,
      tags: ['x', 'ü'],
      retention: { days: 3 },
    },
    kind: 'integer',
    range: { min: 0, max: 3.3, step: 0.1, unit: 'V' },
    period: { numerator: 1_000, denominator: 3 },
  };
}

const streams = (...numbers: number[]) => numbers.map((number) => ({ declaration: declaration(number) }));

/** As far as it matters here: what the flash log found. */
function ring(counter: number, stream: number): Ring {
  return { boot: bootOf(counter), stream, oldest: 3, next: 7 } as Ring;
}

function boot(preferences: AtomicPreferences, counter: number, ...found: Ring[]): EarlierStreams {
  const earlier = new EarlierStreams(preferences, bootOf(counter));
  earlier.take(found.filter((of) => earlier.has(of.boot, of.stream)));
  return earlier;
}

describe('streams of earlier boots', () => {
  test('come back as they were declared, with the last clock offset of their boot', () => {
    const memory = new Memory();
    const first = boot(memory, 1);
    first.note(streams(0, 1));
    first.noteClock({ source: 'sntp', offset: 1_700_000_000_123.5, uncertainty: 3 });
    const kept = ring(1, 1);
    const [stream, ...others] = boot(memory, 2, kept).list;
    expect(others).toEqual([]);
    const { plan, number, ...rest } = declaration(1);
    expect(stream).toEqual({
      number,
      boot: bootOf(1),
      ring: kept,
      clock: { source: 'sntp', offset: 1_700_000_000_123.5 },
      declaration: {
        ...rest,
        plan: { identity: plan.identity, tags: plan.tags, retention: plan.retention },
      },
    });
  });

  test('keep their clock when the next boot never has one, and lend it to nobody', () => {
    const memory = new Memory();
    const first = boot(memory, 1);
    first.note(streams(0));
    first.noteClock({ source: 'gateway', offset: 5, uncertainty: 0 });
    boot(memory, 2, ring(1, 0)).note(streams(0));
    const third = boot(memory, 3, ring(1, 0), ring(2, 0));
    third.noteClock({ source: 'gateway', offset: 9, uncertainty: 0 });
    const found = boot(memory, 4, ring(1, 0), ring(2, 0)).list;
    expect(found.map(({ boot: { counter } = bootOf(0), clock }) => [counter, clock?.offset])).toEqual([
      [1, 5],
      [2, undefined],
    ]);
  });

  test('leave NVS with the last of their blocks, and are not known after that', () => {
    const memory = new Memory();
    boot(memory, 1).note(streams(0, 1));
    const kept = ring(1, 0);
    const second = boot(memory, 2, kept);
    second.note(streams(5));
    expect(second.left).toEqual([bootOf(1)]);
    kept.oldest = kept.next;
    expect(second.list).toEqual([]);
    expect(second.left).toEqual([]);
    const third = new EarlierStreams(memory, bootOf(3));
    expect(third.has(bootOf(1), 0)).toBe(false);
    expect(third.has(bootOf(2), 5)).toBe(true);
    expect(memory.names.filter((key) => /^kept\d/.test(key)).length).toBe(1);
  });

  test('share a declaration when they are declared alike, so that a restart writes only who runs', () => {
    const memory = new Memory();
    boot(memory, 1).note(streams(0, 1, 2));
    memory.nvs.writes = 0;
    boot(memory, 2, ring(1, 0)).note(streams(0, 1, 2));
    expect(memory.nvs.writes).toBe(1);
  });

  test('share one description when they are declared alike, as memory is short', () => {
    const memory = new Memory();
    boot(memory, 1).note(streams(0));
    boot(memory, 2, ring(1, 0)).note(streams(0));
    const [first, second] = boot(memory, 3, ring(1, 0), ring(2, 0)).list;
    expect(second!.declaration).toBe(first!.declaration);
  });

  test('are as many as the memory has room for, of the newest boot all', () => {
    const leftOf = (perBoot: number, crashes = 0): number[] => {
      const memory = new Memory();
      const numbers = Array.from({ length: perBoot }, (_, number) => number);
      const found: Ring[] = [];
      for (let counter = 1; counter <= 3; counter++) {
        boot(memory, counter, ...found).note(streams(...numbers));
        found.push(...numbers.map((number) => ring(counter, number)));
      }
      const earlier = new EarlierStreams(memory, bootOf(4), crashes);
      earlier.take(found.filter((of) => earlier.has(of.boot, of.stream)));
      return earlier.left.map(({ counter }) => counter);
    };
    expect(leftOf(5)).toEqual([1, 2, 3]);
    expect(leftOf(6)).toEqual([2, 3]);
    expect(leftOf(20)).toEqual([3]);
    expect(leftOf(5, 1)).toEqual([3]);
    expect(leftOf(5, 2)).toEqual([3]);
    expect(leftOf(5, 3)).toEqual([]);
  });

  test('are named to the gateway as long as NVS does not forget them', () => {
    const memory = new Memory();
    boot(memory, 1).note(streams(0));
    const kept = ring(1, 0);
    const second = boot(memory, 2, kept);
    kept.oldest = kept.next;
    memory.nvs.power = 0;
    expect(second.left).toEqual([bootOf(1)]);
    memory.nvs.power = Number.POSITIVE_INFINITY;
    expect(second.left).toEqual([]);
  });

  test('are bounded: the oldest boots go first, and more streams than fit are told of', () => {
    const memory = new Memory();
    const found: Ring[] = [];
    for (let counter = 1; counter <= 40; counter++) {
      const earlier = boot(memory, counter, ...found);
      earlier.note(streams(...Array.from({ length: 30 }, (_, number) => number)));
      expect(earlier.left.length).toBeLessThan(16);
      expect(earlier.left.at(-1) ?? bootOf(0)).toEqual(bootOf(counter - 1));
      found.push(ring(counter, 3));
    }
    const many = Array.from({ length: 70 }, (_, number) => number);
    expect(() => boot(memory, 41).note(streams(...many))).toThrow('more than 64');
    expect(memory.names.filter((key) => /^kept\d/.test(key)).length).toBeLessThanOrEqual(64);
  });

  test('survive a power cut at any write with right declarations or none', () => {
    let cuts = 0;
    for (let left = 0; left < 40; left++) {
      const memory = new Memory();
      boot(memory, 1).note(streams(0, 1));
      memory.nvs.power = left;
      try {
        const second = boot(memory, 2, ring(1, 0));
        second.note(streams(2, 3));
        second.noteClock({ source: 'sntp', offset: 7, uncertainty: 0 });
        const third = boot(memory, 3, ring(2, 2));
        third.note(streams(4, 1));
      } catch {
        cuts++;
      }
      memory.nvs.power = Number.POSITIVE_INFINITY;
      const rings = [ring(1, 0), ring(1, 1), ring(2, 2), ring(2, 3), ring(3, 4), ring(3, 1)];
      for (const { number, declaration: of } of boot(memory, 4, ...rings).list)
        expect(of.plan.identity.resource).toBe(`rdk:component:sensor/s${number}`);
    }
    expect(cuts).toBeGreaterThan(5);
  });

  test('are forgotten when nothing is to be retained any more, whenever the power fails meanwhile', () => {
    for (let power = 0; power < 6; power++) {
      const memory = new Memory();
      const first = boot(memory, 1);
      first.note(streams(0, 1));
      first.noteClock({ source: 'sntp', offset: 7, uncertainty: 0 });
      memory.nvs.power = power;
      try {
        EarlierStreams.forget(memory);
      } catch (error) {
        expect(error).toBeInstanceOf(PowerFailure);
      }
      memory.nvs.power = Number.POSITIVE_INFINITY;
      EarlierStreams.forget(memory);
      expect(memory.nvs.entries.size).toBe(0);
      expect(new EarlierStreams(memory, bootOf(2)).has(bootOf(1), 0)).toBe(false);
    }
  });
});
