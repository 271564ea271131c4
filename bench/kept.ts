/**
 * The figures that documents and tools show: those of the last `npm run bench -- --keep`, in `bench/kept.json`, and the
 * README's table made of those with a target. A test compares the two, so that nobody writes a figure by hand.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Figure } from './figure';

const path = join(import.meta.dirname, 'kept.json');
const readme = join(import.meta.dirname, '..', 'README.md');
const begin = '<!-- figures of `npm run bench -- --keep` -->';
const end = '<!-- end of the figures -->';

/** By bench. */
export type KeptFigures = Record<string, Figure[]>;

export function keptFigures(): KeptFigures {
  return JSON.parse(readFileSync(path, 'utf8')) as KeptFigures;
}

/** Replaces those of one bench, here and in the README. */
export function keepFigures(bench: string, figures: Figure[]): void {
  const kept = { ...keptFigures(), [bench]: figures };
  const sorted = Object.fromEntries(Object.entries(kept).sort(([a], [b]) => (a < b ? -1 : 1)));
  writeFileSync(path, `${JSON.stringify(sorted, null, 2)}\n`);
  writeFileSync(readme, withFigures(readFileSync(readme, 'utf8'), sorted));
}

/** @throws when the text has no place for figures */
export function withFigures(text: string, kept: KeptFigures): string {
  const [before, rest] = text.split(begin);
  const after = rest?.split(end)[1];
  if (after === undefined) throw new Error(`README.md has no '${begin}' … '${end}'`);
  return `${before}${begin}\n${table(kept)}\n${end}${after}`;
}

/** Those without one are in `kept.json` only: the README has room for what something was promised of. */
const hasTarget = ({ met }: Figure): boolean => met !== null;

function table(kept: KeptFigures): string {
  const rows = Object.entries(kept).flatMap(([bench, figures]) =>
    figures
      .filter(hasTarget)
      .map(({ figure, value, unit, target, met, reference }) => [
        bench,
        figure,
        `${readable(value)} ${unit}`.trim(),
        `${target} ${met ? 'met' : '**missed**'}`,
        reference,
      ]),
  );
  const header = ['bench', 'figure', 'measured', 'target', 'to compare'];
  const lines = [header, header.map(() => '---'), ...rows];
  return lines
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');
}

export function readable(value: number): string {
  const digits = Math.abs(value) >= 1000 ? 0 : Math.abs(value) >= 10 ? 1 : 3;
  return value.toLocaleString('en', { maximumFractionDigits: digits });
}
