import { describe, expect, test } from 'vitest';
import { bootText } from '../block/boot-text';
import { drawBootId } from './boot';
import { MemoryPreferences } from './memory-preferences.node';
import { readSettings } from './settings';

function read(stored: Record<string, string>, config: Record<string, unknown> = {}) {
  const preferences = new MemoryPreferences();
  for (const [key, value] of Object.entries(stored)) preferences.set(key, value);
  const warnings: string[] = [];
  return { settings: readSettings(preferences, config, (message) => warnings.push(message)), warnings };
}

describe('the settings', () => {
  test('come from NVS, then from the build', () => {
    const { settings } = read({ part: 'greenhouse' }, { part: 'other', gateway: 'wss://gateway:8443' });
    expect(settings.part).toBe('greenhouse');
    expect(settings.gateway).toBe('wss://gateway:8443');
    expect(settings.secret).toBeUndefined();
    expect(settings.sntp).toEqual(['pool.ntp.org']);
  });

  test('put the networks of NVS before the one of the build', () => {
    const networks = JSON.stringify([{ ssid: 'home', password: 'secret-1' }, { ssid: 'open' }]);
    const { settings } = read({ networks }, { ssid: 'built-in', password: 'secret-2' });
    expect(settings.networks.map(({ ssid }) => ssid)).toEqual(['home', 'open', 'built-in']);
  });

  test("take the build's authority in hexadecimal", () => {
    const { settings, warnings } = read({}, { authority: '3082AbcD' });
    expect([...new Uint8Array(settings.authority!)]).toEqual([0x30, 0x82, 0xab, 0xcd]);
    expect(warnings).toEqual([]);
  });

  test.each(['308', '30zz', '30 2', 'ab'.repeat(4097)])(
    'refuse an authority that is no hexadecimal: %s',
    (authority) => {
      const { settings, warnings } = read({}, { authority });
      expect(settings.authority).toBeUndefined();
      expect(warnings).toEqual(['setting authority is not a certificate in hexadecimal; ignored']);
    },
  );

  test('name what is wrong, never its value', () => {
    const { settings, warnings } = read(
      { networks: '[{"ssid": "a"}, {"password": "hush-hush"}, 7]', secret: 'top-secret'.repeat(20) },
      {},
    );
    expect(settings.networks).toEqual([{ ssid: 'a' }]);
    expect(settings.secret).toBeUndefined();
    expect(warnings.length).toBe(3);
    expect(warnings.join()).toMatch(/networks\[1\].*networks\[2\]|networks\[2\].*networks\[1\]/);
    expect(warnings.join()).not.toMatch(/hush|top-secret/);
  });

  test('survive networks that are not JSON', () => {
    const { settings, warnings } = read({ networks: '[{' });
    expect(settings.networks).toEqual([]);
    expect(warnings).toEqual(['setting networks is not a JSON list; ignored']);
  });
});

describe('the boot id', () => {
  test('counts boots in NVS and goes on past 31 bits', () => {
    const preferences = new MemoryPreferences();
    expect(drawBootId(preferences, () => 0).counter).toBe(1);
    expect(drawBootId(preferences, () => 0).counter).toBe(2);
    preferences.set('boot', 0x7fffffff);
    expect(drawBootId(preferences, () => 0).counter).toBe(0x80000000);
    expect(drawBootId(preferences, () => 0).counter).toBe(0x80000001);
  });

  test('has 32 random bits, written in eight digits', () => {
    const boot = drawBootId(new MemoryPreferences(), () => 0.999999999999);
    expect(boot.random).toBe(0xffffffff);
    expect(bootText({ counter: 12, random: 0x9f00c3a1 })).toBe('12-9f00c3a1');
    expect(bootText({ counter: 12, random: 7 })).toBe('12-00000007');
  });
});
