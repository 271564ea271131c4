import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { runs } from '../../test/chance';
import { ConfigurationStore } from './configuration-store';
import { MemoryPreferences, PowerFailure } from './memory-preferences.node';

const good = { revision: 'r1', part: '{"components": []}', additions: '' };

describe('the configuration store', () => {
  it('has nothing at the very first start', () => {
    expect(new ConfigurationStore(new MemoryPreferences()).load(false)).toBeUndefined();
  });

  it('gives back any text that it was given', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'grapheme', maxLength: 5000 }),
        fc.string({ unit: 'grapheme', maxLength: 2000 }),
        (part, additions) => {
          const store = new ConfigurationStore(new MemoryPreferences());
          store.save({ revision: 'r', part, additions });
          expect(store.load(false)).toEqual({ revision: 'r', part, additions });
        },
      ),
      runs(50),
    );
  });

  it('has the old or the new configuration whole, at whichever write the power fails', () => {
    const next = { revision: 'r2', part: 'n'.repeat(4000), additions: 'm'.repeat(1000) };
    const seen = new Set<string>();
    for (let writes = 0; writes < 30; writes++) {
      const preferences = new MemoryPreferences();
      const store = new ConfigurationStore(preferences);
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
      const loaded = new ConfigurationStore(preferences).load(false);
      expect([good, next]).toContainEqual(loaded);
      seen.add(loaded!.revision);
    }
    expect([...seen].sort()).toEqual(['r1', 'r2']);
  });

  it('keeps what it has when another does not fit', () => {
    const preferences = new MemoryPreferences();
    const store = new ConfigurationStore(preferences);
    store.save(good);
    preferences.size = 2000;
    expect(() => store.save({ revision: 'r2', part: 'x'.repeat(8000), additions: '' })).toThrow(
      'nvs set fail',
    );
    expect(store.load(false)).toEqual(good);
  });

  it('takes back a configuration in which the device crashed twice, and refuses it from then on', () => {
    const store = new ConfigurationStore(new MemoryPreferences());
    store.save(good);
    store.confirm();
    store.save({ revision: 'r2', part: 'bad', additions: '' });
    expect(store.load(true)!.revision).toBe('r2');
    expect(store.load(true)!.revision).toBe('r1');
    expect(store.refused).toBe('r2');
    store.save({ revision: 'r3', part: 'better', additions: '' });
    expect(store.refused).toBe('r2');
  });

  it('falls back to the last one that proved itself, however many bad ones came since', () => {
    const store = new ConfigurationStore(new MemoryPreferences());
    store.save(good);
    store.confirm();
    store.save({ revision: 'r2', part: 'bad', additions: '' });
    expect(store.load(true)!.revision).toBe('r2');
    store.save({ revision: 'r3', part: 'bad too', additions: '' });
    expect(store.load(true)!.revision).toBe('r3');
    for (let boot = 0; boot < 4; boot++) expect(store.load(true)).toEqual(good);
  });

  it('does not stay for ever with one that never proved itself', () => {
    const store = new ConfigurationStore(new MemoryPreferences());
    store.save({ revision: 'r1', part: 'bad', additions: '' });
    store.save({ revision: 'r2', part: 'bad too', additions: '' });
    for (let boot = 0; boot < 4; boot++) store.load(true);
    expect(store.load(true)).toBeUndefined();
  });

  it('does not blame a configuration that has proved itself, nor for a power cut', () => {
    const store = new ConfigurationStore(new MemoryPreferences());
    store.save(good);
    for (let boot = 0; boot < 5; boot++) expect(store.load(false)).toEqual(good);
    store.confirm();
    for (let boot = 0; boot < 5; boot++) expect(store.load(true)).toEqual(good);
  });
});
