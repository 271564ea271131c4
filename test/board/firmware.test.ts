import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, describe, expect, test } from 'vitest';
import { excesses, kinds, listedModules, newWarnings, platforms, readKept } from './kept';
import { linkFirmware } from './sdk-build';

const moddable = process.env.MODDABLE;
if (!moddable)
  console.log('SKIPPED: the board builds for three chips, since $MODDABLE names no Moddable SDK here');

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
});
