/**
 * docs/flash-a-board.md against what it tells of: settings, pins, messages, sizes. What `serve` and the board do of it is
 * seen by serve.test.ts; what stands in `sh board` needs a board.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { chips } from '../modules/resources/chips';
import { readKept } from './board/kept';
import { repository } from './running';

const read = (path: string) => readFileSync(join(repository, path), 'utf8');
const document = read('docs/flash-a-board.md');

/** What people see, and who says it: the words of the source around what it fills in. */
const said: Record<string, [file: string, ...words: string[]]> = {
  'WiFi …: refused': ['modules/device/network.ts', '`WiFi $', "failed('refused')"],
  'WiFi …: no answer': ['modules/device/network.ts', '`WiFi $', "failed('no answer')"],
  'not seen yet': ['dashboard/waits.ts', 'not seen yet'],
  'uplink: the certificate is not by the pinned authority, or not for this name': [
    'modules/uplink/guarded-tls.ts',
    'the certificate is not by the pinned authority, or not for this name',
  ],
  'uplink: what answers there is no TLS server': [
    'modules/uplink/guarded-tls.ts',
    'what answers there is no TLS server',
  ],
  'uplink: a certificate is not valid at the date of this device': [
    'modules/uplink/guarded-tls.ts',
    'a certificate is not valid at the date of this device',
  ],
  'uplink: …': ['modules/uplink/uplink.ts', '`uplink: $'],
  'crashed 2 times in a row: capturing without the network for 60 s': [
    'modules/device/device.ts',
    'times in a row: capturing without the network for $',
  ],
  'refused: proof': ['gateway/link/session.ts', "'proof'"],
  'duplicate-part': ['modules/config/problems.ts', "'duplicate-part'"],
};

/** Rows of a table, by their cells. */
function rowsUnder(head: string): string[][] {
  const [, after] = document.split(`${head}\n| --- |`);
  const lines = after!.split('\n').slice(1);
  return lines
    .slice(0, lines.indexOf(''))
    .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')));
}

describe('docs/flash-a-board.md', () => {
  test('shows messages that are said', () => {
    const shown = rowsUnder('| what you see | why |').flatMap(([cell]) =>
      [...cell!.matchAll(/[`*]([^`*]+)[`*]/g)].map((match) => match[1]!),
    );
    expect(shown.sort()).toEqual(Object.keys(said).sort());
    for (const [file, ...words] of Object.values(said))
      for (const word of words) expect(read(file), file).toContain(word);
  });

  test('gives the board settings that the firmware reads, in the command that serve prints', () => {
    const [, command] = /```sh board\n(SECRET=[^`]*?)```/.exec(document)!;
    const named = [...command!.matchAll(/([a-z]+)="/g)].map((match) => match[1]!);
    expect(named).toEqual(['ssid', 'password', 'gateway', 'part', 'secret', 'authority']);
    const settings = read('modules/device/settings.ts');
    for (const name of named) expect(settings, name).toMatch(new RegExp(`['.]${name}\\b|\\b${name}:`));
    const printed = read('cli/compose/serve.ts');
    const [first, second] = command!.split('\n').map((line) => line.replace(/ \\$/, '').trim());
    const blanked = printed.replace(/\$\{(quoted\(configuration\)|part)\}/g, '…');
    expect(blanked).toContain(first!.replace(/home\/main\.json|esp-home/g, '…'));
    expect(printed).toContain(second);
    for (const name of named) expect(printed, name).toContain(`${name}="`);
  });

  test('names pins that can be measured', () => {
    const [, esp32, c3, s3] = /GPIO (\d+) .*on a C3 take GPIO ([\d to]+), on an S3 ([\d to]+)\)/.exec(
      document,
    )!;
    const analogOf = (name: string) => chips.find((chip) => chip.name === name)!.analog;
    const range = (name: string) => `${Math.min(...analogOf(name))} to ${Math.max(...analogOf(name))}`;
    expect(analogOf('esp32')).toContain(Number(esp32));
    expect([c3, s3]).toEqual([range('esp32c3'), range('esp32s3')]);
    expect(read('docs/examples/esp-home.json')).toContain(`"pin": "${esp32}"`);
  });

  test('tells how much larger a debug build is', () => {
    const [, kilobytes] = /is (\d+) KB larger/.exec(document)!;
    const { sizes } = readKept();
    for (const platform of ['esp32', 'esp32/esp32c3', 'esp32/esp32s3']) {
      const larger = sizes[`${platform} debug`]!.flashBytes - sizes[`${platform} release`]!.flashBytes;
      expect(Math.abs(larger / 1000 - Number(kilobytes)), platform).toBeLessThan(10);
    }
  });

  test('leads to files that are there', () => {
    const links = [...document.matchAll(/\]\(([^)#:]+)(#[^)]*)?\)/g)].map((match) => match[1]!);
    expect(links.length).toBeGreaterThan(3);
    for (const link of links) expect(existsSync(join(repository, 'docs', link)), link).toBe(true);
    for (const [path] of document.matchAll(/(?<=`)(test|modules|docs)\/[\w./-]+(?=`)/g))
      expect(existsSync(join(repository, path)), path).toBe(true);
  });
});
