/**
 * `npm run bench [-- names] [--json] [--keep]`: runs bench/*.bench.ts, of a name also those that begin with it and a dash; `--keep` puts the figures where the README has them. Exits 1 when a target is missed or a bench fails, so that
 * it can stand as a gate; a bench whose tools are missing is skipped by name, with CI=true it fails.
 */
import { readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import process from 'node:process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { type Figure, Missing } from './figure';
import { keepFigures, readable } from './kept';

const directory = dirname(fileURLToPath(import.meta.url));
const parameters = process.argv.slice(2);
const json = parameters.includes('--json');
const keep = parameters.includes('--keep');
const wanted = parameters.filter((parameter) => !parameter.startsWith('--'));
const benches = readdirSync(directory)
  .filter((name) => name.endsWith('.bench.ts'))
  .map((name) => name.slice(0, -'.bench.ts'.length))
  .sort();

const isOf = (bench: string, name: string) => bench === name || bench.startsWith(`${name}-`);

for (const name of wanted) {
  if (benches.some((bench) => isOf(bench, name))) continue;
  console.error(`bench: no '${name}'; there are: ${benches.join(', ')}`);
  process.exit(1);
}

function print(name: string, figures: readonly Figure[]): void {
  const rows = figures.map(({ figure, value, unit, target, met, reference }) => [
    figure,
    readable(value),
    unit,
    target,
    met === null ? '' : met ? 'met' : 'MISSED',
    reference,
  ]);
  const widths = rows.reduce<number[]>(
    (most, row) => row.map((cell, i) => Math.max(cell.length, most[i] ?? 0)),
    [],
  );
  console.log(`\n${name}`);
  for (const row of rows)
    console.log(
      `  ${row
        .map((cell, i) => (i === 1 ? cell.padStart(widths[i]!) : cell.padEnd(widths[i]!)))
        .join('  ')
        .trimEnd()}`,
    );
}

const all: Figure[] = [];
let failed = false;
const chosen = benches.filter((bench) => wanted.length === 0 || wanted.some((name) => isOf(bench, name)));
for (const name of chosen) {
  try {
    const { default: run } = (await import(pathToFileURL(join(directory, `${name}.bench.ts`)).href)) as {
      default: () => Promise<Figure[]>;
    };
    const figures = await run();
    print(name, figures);
    all.push(...figures);
    if (keep) keepFigures(name, figures);
    failed ||= figures.some(({ met }) => met === false);
  } catch (error) {
    const missing = error instanceof Missing;
    console.log(`\n${name}\n  ${missing ? `skipped: ${error.message}` : (error as Error).stack}`);
    failed ||= !missing || process.env.CI === 'true';
  }
}
if (json) console.log(JSON.stringify(all));
process.exitCode = failed ? 1 : 0;
