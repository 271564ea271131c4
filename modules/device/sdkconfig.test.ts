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

test('the manifest takes another sdkconfig from the environment, as docs/flash-a-board.md says', () => {
  const manifest = JSON.parse(readFileSync(join(import.meta.dirname, '../../manifest.json'), 'utf8'));
  expect(manifest.build['SDKCONFIGPATH ?=']).toBe('./modules/device/sdkconfig');
});
