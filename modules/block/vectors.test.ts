import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { type DecodedBlock, decodeBlock } from './decoder';
import { explainBlock, type Field } from './explain.node.js';
import { plainBlock, vectorFolder, vectors } from './vectors.node.js';

const client = fileURLToPath(new URL('../../python/sluice_files/block.py', import.meta.url));
const python = spawnSync('python3', ['--version']).status === 0;
const names = readdirSync(vectorFolder)
  .filter((file) => file.endsWith('.jsonl'))
  .map((file) => file.slice(0, -6));

function blocks(name: string): string[] {
  return readdirSync(vectorFolder)
    .filter((file) => file.startsWith(`${name}-`) && /^-\d+\.bin$/.test(file.slice(name.length)))
    .sort(
      (left, right) =>
        Number.parseInt(left.slice(name.length + 1), 10) - Number.parseInt(right.slice(name.length + 1), 10),
    )
    .map((file) => vectorFolder + file);
}

function described(name: string): unknown[] {
  return readFileSync(`${vectorFolder}${name}.jsonl`, 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

describe('the kept vectors', () => {
  test('are what the encoder makes', () => {
    const made = vectors();
    expect(made.map(({ name }) => name).sort()).toEqual(names.sort());
    for (const { name, blocks: bytes } of made)
      expect(blocks(name).map((file) => [...readFileSync(file)])).toEqual(bytes.map((block) => [...block]));
  });

  test.each(names)('%s: the decoder finds what is described', (name) => {
    const found = blocks(name).map((file) => plainBlock(decodeBlock(readFileSync(file)) as DecodedBlock));
    expect(found).toEqual(described(name));
  });

  test('hold every predictor, scaling, a warm filter and slips', () => {
    const forms = new Set<string>();
    for (const name of names)
      for (const file of blocks(name))
        for (const { name: field, value } of explainBlock(readFileSync(file)) as Field[])
          if (['predictor', 'warm', 'scaled', 'slip'].includes(field))
            forms.add(`${field} ${value.split(' ')[0]}`);
    for (const form of [
      'predictor level',
      'predictor slope',
      'predictor filter',
      'warm 1',
      'predictor scaled,',
      'slip readings',
    ])
      expect(forms).toContain(form);
  });

  // CI installs python3, so there a skip is a failure.
  test.skipIf(!python && !process.env.CI)(
    'an independent decoder in Python reads them (skipped without python3)',
    () => {
      const files = names.flatMap(blocks);
      const { stdout, stderr } = spawnSync('python3', [client, ...files], {
        encoding: 'utf8',
        maxBuffer: 1 << 26,
      });
      expect(stderr).toBe('');
      expect(
        stdout
          .trim()
          .split('\n')
          .map((line) => JSON.parse(line)),
      ).toEqual(names.flatMap(described));
    },
  );
});
