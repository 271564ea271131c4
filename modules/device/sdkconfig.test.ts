import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const options = (folder: string) =>
  readFileSync(join(import.meta.dirname, folder, 'sdkconfig.defaults'), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'));

test('flash that can suspend an erase differs by that one option, which all other boards are without', () => {
  const usual = options('sdkconfig');
  expect(usual.join()).not.toContain('AUTO_SUSPEND');
  expect(options('sdkconfig-suspend')).toEqual([...usual, 'CONFIG_SPI_FLASH_AUTO_SUSPEND=y']);
});

test('a panic restarts the chip, on an S3 too, which the SDK would have wait for a debugger', () => {
  expect(options('sdkconfig')).toContain('CONFIG_ESP_SYSTEM_PANIC_PRINT_REBOOT=y');
  expect(options('sdkconfig')).toContain('CONFIG_ESP_SYSTEM_PANIC_GDBSTUB=n');
});

test("boards over the chip's own USB have the same options, and the SDK's besides, in place of the SDK's alone", () => {
  const { platforms } = JSON.parse(
    readFileSync(join(import.meta.dirname, 'sdkconfig-usb', 'manifest.json'), 'utf8'),
  );
  const document = readFileSync(join(import.meta.dirname, '../../docs/flash-a-board.md'), 'utf8');
  const named = [...document.matchAll(/`(esp32\/\w+_(?:cdc|usb))`/g)].map((match) => match[1]!);
  expect(named.sort()).toEqual(Object.keys(platforms).sort());
  const usual = options('sdkconfig');
  for (const { build } of Object.values<{ build: Record<string, string> }>(platforms)) {
    const own = options(join('sdkconfig-usb', build['SDKCONFIGPATH ?=']!));
    expect(own.slice(0, usual.length)).toEqual(usual);
    expect(own.length).toBeGreaterThan(usual.length);
  }
  // Behind the SDK's own, which would take its place again.
  const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '../../manifest.json'), 'utf8'));
  expect(manifest.platforms.esp32.include.at(-1)).toBe('./modules/device/sdkconfig-usb/manifest.json');
});

test('the manifest takes another sdkconfig from the environment, as docs/flash-a-board.md says', () => {
  const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '../../manifest.json'), 'utf8'));
  expect(manifest.build['SDKCONFIGPATH ?=']).toBe('./modules/device/sdkconfig');
});
