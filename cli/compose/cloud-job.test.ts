import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cloud } from '@sluice/cloud/cloud';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runSluice } from '../../test/running';

let directory: string;
let cloud: Cloud;
const yesterday = Date.parse('2026-03-01T12:00:00Z');

async function run(...parameters: string[]): Promise<{ code: number | null; output: string }> {
  const running = runSluice('cloud', 'run', ...parameters, '--directory', directory);
  return { code: await running.exited, output: running.output() };
}

const metadata = () =>
  readFile(join(directory, 'buckets', 'metadata', 'app', 'device-2026-03-01.json'), 'utf8').then(JSON.parse);

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-job-'));
  const log = pino({ level: 'silent' });
  cloud = await Cloud.start({ directory, httpPort: 0, mqttPort: 0, log, now: () => yesterday });
  const body = JSON.stringify({ app_id: 'app', dev_id: 'device', payload_fields: { temperature: 1 } });
  await fetch(`http://127.0.0.1:${cloud.httpPort}/pipeline`, { method: 'POST', body });
});

afterEach(async () => {
  await cloud.close();
  await rm(directory, { recursive: true });
});

describe('sluice cloud run', { timeout: 120_000 }, () => {
  test('asks the cloud that runs, and tells what stood in its way', async () => {
    // It is its clock that says which days are over.
    const refused = await run('copy', '--date', '2026-03-01');
    expect(refused).toMatchObject({ code: 1 });
    expect(refused.output).toContain('copy: 2026-03-01 is not over');
    const unknown = await run('sweep');
    expect(unknown.output).toContain(
      "there is no job 'sweep'; there are copy, metadata, compact, rollup, retention",
    );
    expect(await run('metadata')).toMatchObject({
      code: 0,
      output: expect.stringContaining('0 objects made'),
    });
  });

  test('does it here where the cloud does not run', async () => {
    await cloud.close();
    expect(await run('copy', '--date', '2026-03-01')).toEqual({
      code: 0,
      output: '1 of 1 files copied, the others had been\n',
    });
    expect((await run('metadata')).output).toContain('metadata of 1 objects made');
    expect(await metadata()).toMatchObject({
      keys: ['temperature'],
      num_events: 1,
      date_start: '2026-03-01',
    });
  });

  test('compacts the time series, also without the cloud', async () => {
    expect(await run('compact')).toMatchObject({
      code: 0,
      output: expect.stringContaining('bytes, and takes'),
    });
    await cloud.close();
    expect(await run('retention')).toMatchObject({
      code: 0,
      output: expect.stringContaining('bytes, and takes'),
    });
  });

  test('names what is wrong in the cloud’s configuration', async () => {
    await cloud.close();
    const path = join(directory, 'cloud.json');
    await writeFile(path, '{"broker":{"url":"broker"}}');
    const { code, output } = await run('copy', '--configuration', path);
    expect(code).toBe(1);
    expect(output).toContain('cloud.json: broker.url: is no address');
  });
});
