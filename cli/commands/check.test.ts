import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { repository, runSluice } from '../../test/running';

const folder = mkdtempSync(join(tmpdir(), 'sluice-check-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function sluice(...parameters: string[]) {
  const running = runSluice(...parameters);
  const code = await running.exited;
  const lines = running.output().trimEnd().split('\n');
  return { code, output: running.output(), last: lines.at(-1)! };
}

function file(name: string, text: string): string {
  writeFileSync(join(folder, name), text);
  return join(folder, name);
}

describe('sluice check', () => {
  test('ends with one line of JSON, and with exit code 1 when there are errors', async () => {
    const wrong = file(
      'wrong.json',
      JSON.stringify({
        components: [{ name: 'b', type: 'board', model: 'esp32', attributes: { pins: [6], pin: 1 } }],
      }),
    );
    const { code, last } = await sluice('check', wrong, '--json');
    expect(code).toBe(1);
    expect(JSON.parse(last)).toEqual({
      errors: 1,
      warnings: 1,
      problems: [
        {
          severity: 'error',
          code: 'out-of-range',
          path: 'components[0].attributes.pins[0]',
          message: expect.stringContaining('carries the flash chip'),
          file: wrong,
        },
        {
          severity: 'warning',
          code: 'unknown-attribute',
          path: 'components[0].attributes.pin',
          message: expect.stringContaining('is "pins" meant?'),
          file: wrong,
        },
      ],
    });
  });

  test('checks for the chip that is named, however it is written', async () => {
    const own = join(repository, 'docs', 'examples', 'esp-home.json');
    const { code, output } = await sluice('check', own, '--chip', 'ESP32-C3');
    expect(code).toBe(1);
    expect(output).toContain('esp32c3 has no GPIO 34: it has 0 to 21; analog inputs are 0, 1, 2, 3, 4');
    expect((await sluice('check', own, '--chip', 'esp8266')).output).toContain(
      'must be one of esp32, esp32c3',
    );
  });

  test('is silent and ends with 0 when nothing is wrong and only problems are wanted', async () => {
    const own = join(repository, 'docs', 'examples', 'esp-home.json');
    expect(await sluice('check', own, '--quiet')).toMatchObject({ code: 0, output: '' });
  });

  test('says the line and column of what is not JSON, and what cannot be read at all', async () => {
    const broken = file('broken.json', '{\n  "components": [\n    {,}\n  ]\n}\n');
    const { code, output } = await sluice('check', broken, folder, join(folder, 'nothing.json'));
    expect(code).toBe(1);
    expect(output).toContain('broken.json: error at $: line 3, column 6');
    expect(output).toContain('is a directory, not a file');
    expect(output).toContain('there is no such file');
  });
});
