import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cloud } from '@sluice/cloud/cloud';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sluiceEnded } from '../../test/running';

let folder: string;
let cloud: Cloud;
const begin = Date.now() - 60_000;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-export-'));
  const directory = join(folder, 'cloud');
  cloud = await Cloud.start({ directory, httpPort: 0, mqttPort: 0, log: pino({ level: 'silent' }) });
  for (const [app_id, dev_id, payload_fields] of [
    ['home', 'a', { 'T/1': 1, 'T:1': 2 }],
    ['home', 'b', { x: 3 }],
    ['plant', 'a', { x: 4 }],
  ] as const)
    for (const time of [begin, begin + 1])
      await fetch(`http://127.0.0.1:${cloud.httpPort}/pipeline`, {
        method: 'POST',
        body: JSON.stringify({ app_id, dev_id, time, payload_fields }),
      });
});

afterAll(async () => {
  await cloud.close();
  await rm(folder, { recursive: true });
});

async function exported(...words: string[]) {
  const door = ['--address', `http://127.0.0.1:${cloud.httpPort}`];
  const { code, stdout, stderr } = await sluiceEnded(['export', ...door, ...words], { cwd: folder });
  return { code, lines: stdout.toString('utf8').trimEnd().split('\n'), stderr };
}

describe('sluice export', () => {
  test('writes every stream into a file of its own, named so that none takes another’s place', async () => {
    const { code, lines } = await exported('--last', '1h', '--json');
    expect(code).toBe(0);
    const output = join(folder, 'sluice-export');
    const names = ['home-a-T_1-2.csv', 'home-a-T_1.csv', 'home-b-x.csv', 'plant-a-x.csv'];
    expect((await readdir(output)).sort()).toEqual(names);
    expect(lines).toHaveLength(5);
    const { files, failed } = JSON.parse(lines[4]!) as {
      files: { stream: string; output: string }[];
      failed: [];
    };
    expect(failed).toEqual([]);
    for (const { stream, output: file } of files)
      expect((await readFile(join(folder, file), 'utf8')).split('\r\n')[0]).toBe(`time,${stream}`);
    expect(await readFile(join(output, 'plant-a-x.csv'), 'utf8')).toBe(
      `time,x\r\n${new Date(begin).toISOString()},4\r\n${new Date(begin + 1).toISOString()},4\r\n`,
    );
  });

  test('takes the span, the streams and the parts that are named', async () => {
    const output = 'some';
    const until = new Date(begin + 1).toISOString();
    const { lines } = await exported(
      'x',
      '--part',
      'b',
      '--to',
      until,
      '--format',
      'json',
      '--output',
      output,
    );
    expect(lines).toEqual([expect.stringMatching(/^1 row, \d+ B in some\/b-x\.json$/)]);
    expect(await readdir(join(folder, output))).toEqual(['b-x.json']);
  });

  test('says what is refused of each, and ends with 1', async () => {
    const { code, stderr } = await exported('x', '--every', '1s', '--aggregate', 'median', '--output', 'no');
    expect(code).toBe(1);
    expect(stderr.trimEnd().split('\n')).toEqual([
      expect.stringContaining('sluice: b x: aggregate: is none of count, min'),
      expect.stringContaining('sluice: a x: aggregate: is none of count, min'),
    ]);
    expect(await readdir(join(folder, 'no'))).toEqual([]);
  });
});
