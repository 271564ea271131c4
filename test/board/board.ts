/**
 * `npm run board`: links the firmware for each chip with the Moddable SDK at `$MODDABLE`, prints what it takes, and
 * fails where that exceeds `kept.json` or the linker says something new. `npm run board -- esp32/esp32c3` builds for one
 * chip; `npm run board -- --keep` renews the table.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import {
  excesses,
  type Kept,
  keptFile,
  kinds,
  newWarnings,
  noReason,
  platforms,
  readKept,
  type Sizes,
  sizesOf,
} from './kept';
import { linkFirmware } from './sdk-build';

const moddable = process.env.MODDABLE;
if (!moddable) {
  console.error('$MODDABLE names no Moddable SDK: see test/board/README.md');
  process.exit(1);
}
const keep = process.argv.includes('--keep');
const named = process.argv.slice(2).filter((argument) => argument !== '--keep');
if (keep && named.length > 0) throw new Error('the table is kept for all chips at once');
const kept = readKept();
const sizes: Record<string, Sizes> = {};
const warnings = new Set<string>();
const problems = new Set<string>();
console.log('build                 in flash   keys   slots  aliases  RAM for XS');
for (const platform of platforms.filter((each) => named.length === 0 || named.includes(each))) {
  for (const kind of kinds) {
    const output = mkdtempSync(join(tmpdir(), 'sluice-board-'));
    try {
      const firmware = linkFirmware(moddable, platform, kind, output);
      const { flashBytes, keys, slots, aliases } = sizesOf(firmware);
      const columns = [flashBytes, keys, slots, aliases, firmware.ramBytes];
      const widths = [9, 7, 8, 8, 12];
      const text = columns
        .map((value, index) => value.toLocaleString('en').padStart(widths[index]!))
        .join('');
      console.log(`${`${platform} ${kind}`.padEnd(22)}${text}`);
      sizes[`${platform} ${kind}`] = sizesOf(firmware);
      for (const warning of firmware.warnings) warnings.add(warning);
      for (const problem of [...excesses(firmware, kept), ...newWarnings(firmware, kept)])
        problems.add(problem);
    } finally {
      rmSync(output, { recursive: true, force: true });
    }
  }
}
if (keep) {
  const warningsOfTheSdk = kept.warningsOfTheSdk.filter((warning) => warnings.has(warning));
  const ours = [...warnings].filter((warning) => !kept.warningsOfTheSdk.includes(warning)).sort();
  const reasons = ours.map((warning) => [warning, kept.warningsOfOurs[warning] ?? noReason]);
  const renewed: Kept = { sizes, warningsOfTheSdk, warningsOfOurs: Object.fromEntries(reasons) };
  writeFileSync(keptFile, `${JSON.stringify(renewed, null, 2)}\n`);
  console.log('kept.json is renewed: look at its difference');
} else if (problems.size > 0) {
  for (const problem of problems) console.error(problem);
  process.exit(1);
}
