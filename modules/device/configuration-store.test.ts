import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { runs } from '../../test/chance';
import { encodeUtf8 } from '../config/utf8';
import { AtomicPreferences } from './atomic-preferences';
import { ConfigurationStore } from './configuration-store';
import { MemoryPreferences, PowerFailure } from './memory-preferences.node';

function configuration(revision: string, part: string, additions = '') {
  return { revision, part: encodeUtf8(part), additions: encodeUtf8(additions) };
}

const good = configuration('r1', '{"components": []}');

describe('the configuration store', () => {
  test('has nothing at the very first start', () => {
    expect(
      new ConfigurationStore(new AtomicPreferences(new MemoryPreferences())).load(false),
    ).toBeUndefined();
  });

  test('gives back any text that it was given', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 5000 }),
        fc.string({ unit: 'grapheme', maxLength: 2000 }),
        (part, additions) => {
          const store = new ConfigurationStore(new AtomicPreferences(new MemoryPreferences()));
          store.save(configuration('r', part, additions));
          expect(store.load(false)).toEqual(configuration('r', part, additions));
        },
      ),
      runs(50),
    );
  });

  test('gives the same texts another revision, and no others, on trial as before', () => {
    const preferences = new MemoryPreferences();
    const store = new ConfigurationStore(new AtomicPreferences(preferences));
    const texts = { part: 'p'.repeat(2000), additions: 'ä'.repeat(1000) };
    const relabel = (revision: string, part: string, additions: string) =>
      store.relabel(revision, encodeUtf8(part), encodeUtf8(additions));
    store.save(configuration('r1', texts.part, texts.additions));
    for (const [part, additions] of [
      [`${texts.part}p`, texts.additions],
      [texts.part.slice(1), texts.additions],
      [texts.part, ''],
      [texts.part, `${texts.additions}a`],
      ['p', 'a'],
    ])
      expect(relabel('r2', part!, additions!)).toBe(false);
    expect(store.load(false)!.revision).toBe('r1');
    const chunks = preferences.entries.get('cfg0.0');
    expect(relabel('r2', texts.part, texts.additions)).toBe(true);
    expect(relabel('r3', '', texts.additions)).toBe(true);
    expect(store.load(false)).toEqual(configuration('r3', texts.part, texts.additions));
    expect(preferences.entries.get('cfg0.0')).toBe(chunks);
    // Two crashes take it back under its new revision.
    store.load(true);
    expect(store.load(true)).toBeUndefined();
    expect(store.refused).toBe('r3');
  });

  test.each([5_000, 3_200])(
    'leaves nothing of one that does not fit into %d B, or fits without room for anything else',
    (size) => {
      const preferences = new MemoryPreferences();
      const store = new ConfigurationStore(new AtomicPreferences(preferences));
      store.save(configuration('r1', 'a'.repeat(1_000)));
      store.confirm();
      const before = new Map(preferences.entries);
      preferences.size = size;
      expect(() => store.save(configuration('r2', 'b'.repeat(size === 5_000 ? 9_000 : 2_000)))).toThrow(
        'nvs set fail',
      );
      expect(preferences.entries).toEqual(before);
      store.save(configuration('r3', 'c'.repeat(900)));
      expect(store.load(false)!.revision).toBe('r3');
    },
  );

  test('cuts no character', () => {
    for (const text of ['', 'ä'.repeat(900), `a${'€'.repeat(700)}`, `ab${'😀'.repeat(500)}`]) {
      const preferences = new MemoryPreferences();
      new ConfigurationStore(new AtomicPreferences(preferences)).save(configuration('r', text));
      const chunks = [...preferences.entries].filter(([name]) => name.startsWith('cfg0.'));
      expect(chunks.map(([, chunk]) => chunk).join('')).toBe(text);
      for (const [, chunk] of chunks) expect(encodeUtf8(String(chunk)).length).toBeLessThanOrEqual(900);
    }
  });

  test('has the old or the new configuration whole, at whichever write the power fails', () => {
    const next = configuration('r2', 'n'.repeat(4000), 'm'.repeat(1000));
    const seen = new Set<string>();
    for (let writes = 0; writes < 30; writes++) {
      const preferences = new MemoryPreferences();
      const store = new ConfigurationStore(new AtomicPreferences(preferences));
      store.save({ ...next, revision: 'r0' });
      store.save(good);
      store.confirm();
      preferences.power = writes;
      try {
        store.save(next);
      } catch (error) {
        expect(error).toBeInstanceOf(PowerFailure);
      }
      preferences.power = 100;
      const loaded = new ConfigurationStore(new AtomicPreferences(preferences)).load(false);
      expect([good, next]).toContainEqual(loaded);
      seen.add(loaded!.revision);
    }
    expect([...seen].sort()).toEqual(['r1', 'r2']);
  });

  test('keeps what it has when another does not fit', () => {
    const preferences = new MemoryPreferences();
    const store = new ConfigurationStore(new AtomicPreferences(preferences));
    store.save(good);
    preferences.size = 2000;
    expect(() => store.save(configuration('r2', 'x'.repeat(8000)))).toThrow('nvs set fail');
    expect(store.load(false)).toEqual(good);
  });

  test('takes back a configuration in which the device crashed twice, and refuses it from then on', () => {
    const store = new ConfigurationStore(new AtomicPreferences(new MemoryPreferences()));
    store.save(good);
    store.confirm();
    store.save(configuration('r2', 'bad'));
    expect(store.load(true)!.revision).toBe('r2');
    expect(store.load(true)!.revision).toBe('r1');
    expect(store.refused).toBe('r2');
    store.save(configuration('r3', 'better'));
    expect(store.refused).toBe('r2');
  });

  test('falls back to the last one that proved itself, however many bad ones came since', () => {
    const store = new ConfigurationStore(new AtomicPreferences(new MemoryPreferences()));
    store.save(good);
    store.confirm();
    store.save(configuration('r2', 'bad'));
    expect(store.load(true)!.revision).toBe('r2');
    store.save(configuration('r3', 'bad too'));
    expect(store.load(true)!.revision).toBe('r3');
    for (let boot = 0; boot < 4; boot++) expect(store.load(true)).toEqual(good);
  });

  test('does not stay for ever with one that never proved itself', () => {
    const store = new ConfigurationStore(new AtomicPreferences(new MemoryPreferences()));
    store.save(configuration('r1', 'bad'));
    store.save(configuration('r2', 'bad too'));
    for (let boot = 0; boot < 4; boot++) store.load(true);
    expect(store.load(true)).toBeUndefined();
  });

  test('does not blame a configuration that has proved itself, nor for a power cut', () => {
    const store = new ConfigurationStore(new AtomicPreferences(new MemoryPreferences()));
    store.save(good);
    for (let boot = 0; boot < 5; boot++) expect(store.load(false)).toEqual(good);
    store.confirm();
    for (let boot = 0; boot < 5; boot++) expect(store.load(true)).toEqual(good);
  });
});
