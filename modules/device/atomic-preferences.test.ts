import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runs } from '../../test/chance';
import { encodeUtf8 } from '../config/utf8';
import { AtomicPreferences } from './atomic-preferences';
import { drawBootId } from './boot';
import { ConfigurationStore, type StoredConfiguration } from './configuration-store';
import { MemoryPreferences, PowerFailure } from './memory-preferences.node';

type Value = boolean | number | string | ArrayBuffer;
type Change = [key: string, value: Value | undefined];

const keys = ['boot', 'cfg', 'kept', 'keptclock', 'mqtt_password'];

/** Makes changes until the power fails. @returns how many were made whole */
function makeUntilCut(nvs: MemoryPreferences, power: number, changes: readonly Change[]): number {
  const preferences = new AtomicPreferences(nvs);
  nvs.power = power;
  for (const [index, [key, value]] of changes.entries()) {
    try {
      if (value === undefined) preferences.delete(key);
      else preferences.set(key, value);
    } catch (error) {
      expect(error).toBeInstanceOf(PowerFailure);
      return index;
    }
  }
  return changes.length;
}

function read(nvs: MemoryPreferences): Map<string, Value | undefined> {
  nvs.power = Number.POSITIVE_INFINITY;
  const preferences = new AtomicPreferences(nvs);
  return new Map(keys.map((key) => [key, preferences.get(key)]));
}

describe('a setting', () => {
  test('is old or new whole after a power cut at any step, and all others are what they were', () => {
    const value = fc.oneof(
      fc.boolean(),
      fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
      fc.string({ maxLength: 40 }),
      fc.uint8Array({ minLength: 1, maxLength: 8 }).map((bytes) => bytes.slice().buffer),
    );
    const change = fc.tuple(fc.constantFrom(...keys), fc.option(value, { nil: undefined }));
    const boot = fc.record({ power: fc.nat(12), changes: fc.array(change, { minLength: 1, maxLength: 6 }) });
    let cuts = 0;
    fc.assert(
      // Several boots in turn: each begins with what the cut before it has left.
      fc.property(fc.array(boot, { minLength: 1, maxLength: 8 }), (boots) => {
        const nvs = new MemoryPreferences();
        let expected = read(nvs);
        for (const { power, changes } of boots) {
          const made = makeUntilCut(nvs, power, changes);
          const seen = read(nvs);
          for (const [key, next] of changes.slice(0, made)) expected.set(key, next);
          const cut = changes[made];
          if (cut) {
            cuts++;
            const [key, next] = cut;
            expect([expected.get(key), next]).toContainEqual(seen.get(key));
            expected.set(key, seen.get(key));
          }
          expect(seen).toEqual(expected);
          expected = seen;
        }
      }),
      runs(1000),
    );
    expect(cuts).toBeGreaterThan(1000);
  });

  test('stays when NVS has no room for the new one', () => {
    for (const turns of [0, 1]) {
      const nvs = new MemoryPreferences();
      const preferences = new AtomicPreferences(nvs);
      for (let turn = 0; turn <= turns; turn++) preferences.set('cfg', `old ${turn}`);
      nvs.size = 100;
      expect(() => preferences.set('cfg', 'n'.repeat(200))).toThrow('nvs set fail');
      expect(preferences.get('cfg')).toBe(`old ${turns}`);
      nvs.size = Number.POSITIVE_INFINITY;
      preferences.set('cfg', 'new');
      expect(preferences.get('cfg')).toBe('new');
      expect(nvs.entries.size).toBe(1);
    }
  });

  test('that an earlier firmware, or the maker of the board, has written is read, and replaced like any other', () => {
    const nvs = new MemoryPreferences();
    nvs.set('boot', 41);
    nvs.set('secret', 'hush');
    const preferences = new AtomicPreferences(nvs);
    expect(drawBootId(preferences, () => 0).counter).toBe(42);
    expect(preferences.get('secret')).toBe('hush');
  });

  test('that is set to what it is wears no flash', () => {
    const nvs = new MemoryPreferences();
    const preferences = new AtomicPreferences(nvs);
    for (let time = 0; time < 10; time++) preferences.set('crashes', 0);
    expect(nvs.writes).toBe(1);
  });

  test('has a twin whose name NVS takes', () => {
    for (const key of keys) expect(`${key}~`.length).toBeLessThanOrEqual(15);
  });
});

describe('the boot counter', () => {
  test('never stands still nor falls back by a power cut', () => {
    const nvs = new MemoryPreferences();
    let last = 0;
    for (let power = 0; power < 300; power++) {
      nvs.power = power % 4;
      try {
        drawBootId(new AtomicPreferences(nvs), () => 0);
      } catch (error) {
        expect(error).toBeInstanceOf(PowerFailure);
      }
      nvs.power = Number.POSITIVE_INFINITY;
      const { counter } = drawBootId(new AtomicPreferences(nvs), () => 0);
      expect(counter).toBeGreaterThan(last);
      expect(counter).toBeLessThanOrEqual(last + 2);
      last = counter;
    }
  });
});

describe('the configuration', () => {
  test('is the new one, the one before or the last that proved itself, whole, after each of 1,000 cuts', () => {
    const nvs = new MemoryPreferences();
    const texts = new Map<string, StoredConfiguration>();
    let running: StoredConfiguration | undefined;
    let proved: string | undefined;
    let cuts = 0;
    for (let round = 0; cuts < 1000; round++) {
      const revision = `r${round}`;
      const next = {
        revision,
        part: encodeUtf8(`${revision} `.repeat((round * 37) % 500)),
        additions: encodeUtf8('ä'.repeat((round * 53) % 700)),
      };
      texts.set(revision, next);
      nvs.power = (round * 7) % 60;
      const store = new ConfigurationStore(new AtomicPreferences(nvs));
      try {
        store.save(next);
        if (round % 3 === 0) {
          store.confirm();
          proved = revision;
        }
      } catch (error) {
        expect(error).toBeInstanceOf(PowerFailure);
        cuts++;
      }
      nvs.power = Number.POSITIVE_INFINITY;
      const loaded = new ConfigurationStore(new AtomicPreferences(nvs)).load(false);
      if (running) expect([running.revision, revision, proved]).toContain(loaded!.revision);
      if (loaded) expect(isSame(loaded, texts.get(loaded.revision)!)).toBe(true);
      running = loaded;
    }
    // What the cuts have left over is no more than two slots of chunks.
    expect(nvs.entries.size).toBeLessThan(20);
  }, 120_000);
});

function isSame(a: StoredConfiguration, b: StoredConfiguration): boolean {
  return !Buffer.compare(a.part, b.part) && !Buffer.compare(a.additions, b.additions);
}
