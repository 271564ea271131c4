import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import process from 'node:process';
import { afterAll, describe, expect, test } from 'vitest';
import { excesses, kinds, listedModules, newWarnings, platforms, readKept } from './kept';
import { linkFirmware, readOptions, sdkconfigOf } from './sdk-build';

const moddable = process.env.MODDABLE;
if (!moddable)
  console.log('SKIPPED: the board builds for three chips, since $MODDABLE names no Moddable SDK here');

const devices = join(import.meta.dirname, '..', '..', 'modules', 'device');
/** Those with options of their own, over the chip's USB. */
const overUsb = Object.keys(
  JSON.parse(readFileSync(join(devices, 'sdkconfig-usb', 'manifest.json'), 'utf8')).platforms,
);

const builds = platforms.flatMap((platform) => kinds.map((kind) => [platform, kind] as const));

describe.skipIf(!moddable)('the Moddable SDK builds this repository', () => {
  const output = mkdtempSync(join(tmpdir(), 'sluice-sdk-'));
  afterAll(() => rmSync(output, { recursive: true, force: true }));

  test.each(builds)(
    'for %s, %s, as far as the link: every module of ours preloaded, nothing new to freeze, no larger than kept',
    (platform, kind) => {
      const firmware = linkFirmware(moddable!, platform, kind, mkdtempSync(join(output, 'chip-')));
      const listed = ['main', ...listedModules()].sort();
      const ours = firmware.modules.filter((name) => listed.includes(name));
      expect(ours.sort()).toEqual(listed);
      expect(ours.filter((name) => !firmware.preloaded.includes(name))).toEqual([]);
      expect(firmware.flashBytes).toBeGreaterThan(0);
      expect(Number(firmware.defines.get('MODDEF_TASK_QUEUELENGTH'))).toBeGreaterThanOrEqual(64);
      const kept = readKept();
      expect([...excesses(firmware, kept), ...newWarnings(firmware, kept)]).toEqual([]);
    },
    900_000,
  );

  test.each([...platforms, ...overUsb])(
    'for %s ESP-IDF is configured as modules/device/sdkconfig says, and as the SDK does for that board',
    (platform) => {
      const merged = sdkconfigOf(moddable!, platform, mkdtempSync(join(output, 'idf-')));
      const own = readOptions(join(devices, 'sdkconfig', 'sdkconfig.defaults'));
      expect(own.size).toBeGreaterThan(8);
      const target = join(moddable!, 'build', 'devices', 'esp32', 'targets', basename(platform));
      const ofTheSdk = join(target, 'sdkconfig', 'sdkconfig.defaults');
      const wanted = new Map([...(existsSync(ofTheSdk) ? readOptions(ofTheSdk) : []), ...own]);
      const isOff = (value: string | undefined) => ['n', '', undefined].includes(value);
      const others = [...wanted].filter(([name, value]) =>
        isOff(value) ? !isOff(merged.get(name)) : merged.get(name) !== value,
      );
      expect(others).toEqual([]);
    },
    60_000,
  );
});
