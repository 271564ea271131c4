import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { configValues, manifestConfig } from './config-values';

const known = { password: '', retries: 3, fast: false, led: { rainbow: false } };

describe('values of mc/config', () => {
  test('stay texts where the manifest has texts, whatever they look like', () => {
    expect(configValues(['password=12345678', 'password=true', 'password={}'], known)).toEqual({
      password: '{}',
    });
    expect(configValues(['password=00120'], known)).toEqual({ password: '00120' });
  });

  test('are numbers, booleans and objects where the manifest has those', () => {
    expect(configValues(['retries=5', 'fast=true', 'led={"rainbow":true}'], known)).toEqual({
      retries: 5,
      fast: true,
      led: { rainbow: true },
    });
  });

  test('of another type than the manifest has are refused by name', () => {
    expect(() => configValues(['retries=many'], known)).toThrow(
      '--config retries: the manifest has a number there',
    );
    expect(() => configValues(['retries'], known)).toThrow('name=value wanted');
  });

  test('of this firmware are texts: a WiFi password of digits is one', () => {
    const config = manifestConfig(join(import.meta.dirname, '..', '..'), 'esp32');
    expect(configValues(['ssid=42', 'password=12345678'], config)).toEqual({
      ssid: '42',
      password: '12345678',
    });
  });
});
