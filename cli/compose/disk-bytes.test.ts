import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { boards } from '@sluice/host-sim/manifest/boards';
import { expect, test } from 'vitest';
import { repository } from '../../test/running';
import { diskBytes } from './disk-bytes';
import { largestLogFile } from './log-file';

test('is what README says', () => {
  const readme = readFileSync(join(repository, 'README.md'), 'utf8');
  const [, gigabytes] = /All state is in `\.sluice`, which takes ([\d.]+) GB at most/.exec(readme)!;
  expect(Number(gigabytes) * 1e9).toBe(diskBytes.cloud + diskBytes.capture + diskBytes.others);
  const flash = Object.values(boards).reduce((sum, { flash }) => sum + flash, 0);
  // The outbox's, of half its log.
  const reserve = 8 << 20;
  const page = 1e6;
  expect(2 * largestLogFile + flash + reserve + page).toBeLessThan(diskBytes.others);
});
