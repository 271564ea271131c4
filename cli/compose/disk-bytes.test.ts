import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { repository } from '../../test/running';
import { diskBytes } from './disk-bytes';
import { largestLogFile } from './log-file';

it('is what README says', () => {
  const readme = readFileSync(join(repository, 'README.md'), 'utf8');
  const [, gigabytes] = /All state is in `\.sluice`, which takes ([\d.]+) GB at most/.exec(readme)!;
  expect(Number(gigabytes) * 1e9).toBe(diskBytes.cloud + diskBytes.others);
  // Half of the rest is left to the gateway.
  expect(2 * largestLogFile + (4 << 20)).toBeLessThan(diskBytes.others / 2);
});
