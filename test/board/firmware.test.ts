import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, describe, expect, it } from 'vitest';
import { linkFirmware } from './sdk-build';

const root = join(import.meta.dirname, '..', '..');
const moddable = process.env.MODDABLE;
if (!moddable)
  console.log('skipped: the SDK builds the firmware for three chips ($MODDABLE names no Moddable SDK here)');

describe.skipIf(!moddable)('the Moddable SDK builds this repository', () => {
  const output = mkdtempSync(join(tmpdir(), 'sluice-sdk-'));
  afterAll(() => rmSync(output, { recursive: true, force: true }));

  it.each(['esp32', 'esp32/esp32c3', 'esp32/esp32s3'])(
    'for %s as far as the link, with every module of ours in it and preloaded',
    (platform) => {
      const firmware = linkFirmware(moddable!, platform, mkdtempSync(join(output, 'chip-')));
      const listed = ['main', ...listedModules()].sort();
      const ours = firmware.modules.filter((name) => listed.includes(name));
      expect(ours.sort()).toEqual(listed);
      expect(ours.filter((name) => !firmware.preloaded.includes(name))).toEqual([]);
      expect(firmware.flashBytes).toBeGreaterThan(0);
      console.log(
        `${platform}: ${ours.length} modules of ours of ${firmware.modules.length}; ` +
          `JavaScript in flash ${Math.ceil(firmware.flashBytes / 1024)} KiB, ` +
          `RAM for XS ${Math.ceil(firmware.ramBytes / 1024)} KiB`,
      );
    },
    300_000,
  );
});

/** What the manifests of our folders list. */
function listedModules(): string[] {
  const folders = readdirSync(join(root, 'modules')).map((name) => join('modules', name));
  return [...folders, 'proto'].flatMap((folder) => {
    const manifest = JSON.parse(readFileSync(join(root, folder, 'manifest.json'), 'utf8')) as {
      modules: Record<string, string>;
    };
    return Object.keys(manifest.modules);
  });
}
