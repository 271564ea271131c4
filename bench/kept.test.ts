import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { keptFigures, withFigures } from './kept';

test('the README shows the figures that were kept, and no others', () => {
  const readme = readFileSync(join(import.meta.dirname, '..', 'README.md'), 'utf8');
  expect(withFigures(readme, keptFigures())).toBe(readme);
});
