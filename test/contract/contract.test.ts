import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import process from 'node:process';
import { describe, expect, test } from 'vitest';
import { runContract } from './run-contract';

const here = import.meta.dirname;

function expectKept(lines: string[], skipped = 0): void {
  expect(lines.filter((line) => !/^(ok|done)/.test(line))).toEqual([]);
  expect(lines.at(-1)).toMatch(new RegExp(`^done (?!0 )\\d+ passed, 0 failed, ${skipped} skipped$`));
}

test.each(['esp32', 'esp32s3'] as const)(
  'The simulated modules keep the contract of the SDK on an %s',
  {
    timeout: 120_000,
  },
  async (board) => {
    expectKept(await runContract(here, board));
  },
);

test('The simulated modules keep the contract of the SDK on an esp32c3, which counts and times no pulses', {
  timeout: 120_000,
}, async () => {
  const lines = await runContract(here, 'esp32c3');
  expectKept(
    lines.filter((line) => !/^skip pulse(count|width):/.test(line)),
    2,
  );
});

describe('The table of what the SDK does', () => {
  const rows = readFileSync(join(here, 'README.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| ') && !line.startsWith('| ---'))
    .slice(1)
    .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '').trim()));

  test('names files of ours that still say what is quoted', () => {
    expect(rows.length).toBeGreaterThan(25);
    const wrong = rows.flatMap(([, , ours]) => {
      const [, file, quoted] = /^`([^`]+)`(?:: `([^`]+)`)?$/.exec(ours!) ?? [];
      if (file === undefined) return ours === '—' ? [] : [`${ours} is no file`];
      if (!existsSync(join(here, '../..', file))) return [`${file} is not there`];
      if (quoted === undefined) return [];
      return readFileSync(join(here, '../..', file), 'utf8').includes(quoted) ? [] : [`${file}: ${quoted}`];
    });
    expect(wrong).toEqual([]);
  });

  test('names cases and tests that exist', () => {
    const names = readdirSync(join(here, 'cases'))
      .map((file) => readFileSync(join(here, 'cases', file), 'utf8'))
      .flatMap((text) =>
        [...text.matchAll(/name: (?:'([^']+)'|"([^"]+)")/g)].map((match) => match[1] ?? match[2]!),
      );
    const missing = rows
      .flatMap(([, , , cases]) => [...cases!.matchAll(/`([^`]+)`/g)].map((match) => match[1]!))
      .filter((cited) =>
        cited.includes(': ')
          ? !names.some((name) => name.startsWith(cited))
          : !existsSync(join(here, '../..', cited)),
      );
    expect(missing).toEqual([]);
  });
});

const moddable = process.env.MODDABLE;
if (!moddable)
  console.log("skipped: the SDK's own client keeps the contract ($MODDABLE names no Moddable SDK here)");

/** The SDK's clients, as far as they need what only later versions of XS have. */
const clients = {
  'embedded:network/websocket/client': {
    source: 'examples/io/tcp/websocketclient/websocketclient.js',
    replace: [
      [/Math\.irandom\((\d+)\)/g, 'Math.floor(Math.random() * $1)'],
      ['key.toBase64()', "'dGhlIHNhbXBsZSBub25jZQ=='"],
    ],
  },
} as const;

/** The SDK's module `logical`, which is native there. */
const logical = `
const bytes = (buffer) => (buffer instanceof ArrayBuffer ? new Uint8Array(buffer) : buffer);
export default Object.freeze({
  xor(target, mask, count = target.byteLength) {
    const [into, by] = [bytes(target), bytes(mask)];
    for (let index = 0; index < count; index += 1) into[index] ^= by[index & 3];
  },
}, true);
`;

interface ManifestText {
  modules: Record<string, string>;
  preload: string[];
  config?: unknown;
}

/** A manifest like the contract's, but with the SDK's own clients over the simulated sockets. */
function withClientsOf(sdk: string): string {
  const root = join(here, '../..');
  const directory = join(root, '.build', 'contract');
  mkdirSync(directory, { recursive: true });
  const merged: Required<ManifestText> = { modules: {}, preload: [], config: {} };
  for (const path of ['host-sim/moddable', 'host-sim/moddable/network', 'test/contract']) {
    const part = JSON.parse(readFileSync(join(root, path, 'manifest.json'), 'utf8')) as ManifestText;
    for (const [name, source] of Object.entries(part.modules)) {
      merged.modules[name] = relative(directory, join(root, path, source));
    }
    merged.preload.push(...part.preload);
    if (part.config) merged.config = part.config;
  }
  for (const [name, { source, replace }] of Object.entries(clients)) {
    let text = readFileSync(join(sdk, source), 'utf8');
    for (const [what, by] of replace) text = text.replace(what, by);
    const file = name.replaceAll(/\W/g, '-');
    writeFileSync(join(directory, `${file}.js`), text);
    merged.modules[name] = `./${file}`;
  }
  writeFileSync(join(directory, 'logical.js'), logical);
  merged.modules.logical = './logical';
  merged.preload.push('logical');
  writeFileSync(join(directory, 'manifest.json'), JSON.stringify(merged, null, 2));
  return directory;
}

describe.skipIf(!moddable)('With a Moddable SDK', () => {
  test("the SDK's own WebSocket client keeps the same contract", { timeout: 120_000 }, async () => {
    expectKept(await runContract(withClientsOf(moddable!)));
  });
});
