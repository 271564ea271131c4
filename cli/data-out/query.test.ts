import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Cloud } from '@sluice/cloud/cloud';
import { UserList } from '@sluice/common/access';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freePorts, runSluice, sluiceEnded, until } from '../../test/running';
import { bytesText } from '../operate/words';

let folder: string;
let cloud: Cloud;
const begin = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 3_600_000;
const at = (seconds: number) => new Date(begin + seconds * 1000).toISOString();

const address = () => `http://127.0.0.1:${cloud.httpPort}`;
const sluice = async (words: string[], env: NodeJS.ProcessEnv = {}) => {
  const { code, stdout, stderr } = await sluiceEnded(words, { cwd: folder, env: { ...process.env, ...env } });
  return { code, stdout: stdout.toString('utf8'), stderr };
};
const query = (...words: string[]) => sluice(['query', '--address', address(), ...words]);

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sluice-data-out-'));
  const directory = join(folder, 'cloud');
  cloud = await Cloud.start({ directory, httpPort: 0, mqttPort: 0, log: pino({ level: 'silent' }) });
  const messages = Array.from({ length: 10 }, (_, index) => ({
    app_id: 'sluice',
    dev_id: 'esp-home',
    time: begin + index * 1000,
    payload_fields: { board_A1: index, board_26: index % 2 === 0, note: '=1+1' },
  }));
  for (const message of messages)
    await fetch(`${address()}/pipeline`, { method: 'POST', body: JSON.stringify(message) });
});

afterAll(async () => {
  await cloud.close();
  await rm(folder, { recursive: true });
});

describe('sluice query', () => {
  test('prints what the door answers, of a stream that is named by its end', async () => {
    const search = new URLSearchParams({ part: 'esp-home', stream: 'board_A1', from: at(0), format: 'csv' });
    const answered = await (await fetch(`${address()}/query?${search}`)).text();
    expect(answered.split('\r\n')[1]).toBe(`${at(0)},0`);
    expect(await query('A1', '--from', at(0))).toEqual({ code: 0, stdout: answered, stderr: '' });
  });

  test('aggregates', async () => {
    const { stdout } = await query('board_A1', '--last', '3h', '--every', '5s', '--aggregate', 'count,mean');
    expect(stdout).toBe(`time,board_A1_count,board_A1_mean\r\n${at(0)},5,2\r\n${at(5)},5,7\r\n`);
    expect((await query('A1', '--aggregate', 'mean')).stderr).toBe('sluice: --aggregate needs --every\n');
  });

  test('gives the newest, gaps, and a SELECT', async () => {
    expect((await query('A1', '26', '--newest', '1')).stdout).toBe(
      `time,board_26,board_A1\r\n${at(9)},false,9\r\n`,
    );
    expect((await query('A1', '--gaps', '--format', 'json')).stdout).toBe('[]');
    const sql = "select max(value) as most from readings where stream = 'board_A1'";
    expect((await query('--sql', sql)).stdout).toBe('most\r\n9\r\n');
  });

  test.each([
    ['a1.csv', Buffer.from('time,board_A1\r\n')],
    ['a1.json', Buffer.from('[{"time":')],
    ['a1.parquet', Buffer.from('PAR1')],
    ['a1.arrow', Buffer.from([255, 255, 255, 255])],
  ])('writes %s in the format of its ending, and tells of it', async (output, head) => {
    const { code, stdout } = await query('A1', '--output', output, '--json');
    const content = await readFile(join(folder, output));
    expect(code).toBe(0);
    expect(content.subarray(0, head.length)).toEqual(head);
    expect(stdout.split('\n')[0]).toBe(`10 rows, ${bytesText(content.length)} in ${output}`);
    expect(JSON.parse(stdout.split('\n')[1]!)).toEqual({ output, rows: 10, bytes: content.length });
  });

  test('says in a sentence what there is not, with what is near', async () => {
    expect(await query('board_A2')).toEqual({
      code: 1,
      stdout: '',
      stderr: "sluice: there is no stream 'board_A2': is 'board_A1' or 'board_26' meant?\n",
    });
    expect((await query('A1', '--part', 'esp-hme')).stderr).toBe(
      "sluice: there is no part 'esp-hme': is 'esp-home' meant?\n",
    );
    expect((await query('A1', '--from', 'noon')).stderr).toContain('sluice: from: is neither');
    expect(await query('A1', '--last', 'noon')).toMatchObject({ code: 2 });
    expect((await query('A1', '--output', join('nowhere', 'a1.csv'))).stderr).toBe(
      'sluice: there is no folder nowhere\n',
    );
  });

  test('knows what a name that is the end of no stream was meant to be, and says how to find it', async () => {
    expect((await query('A9')).stderr).toBe("sluice: there is no stream 'A9': is 'board_A1' meant?\n");
    expect((await query('pressure')).stderr).toBe(
      "sluice: there is no stream 'pressure': `sluice streams` lists all there are\n",
    );
  });

  test('writes no file of an ending that is none of its formats, unless one is named', async () => {
    expect(await query('A1', '--output', 'a1.xlsx')).toEqual({
      code: 1,
      stdout: '',
      stderr:
        'sluice: nothing here is written as .xlsx: name a file that ends with .csv, .json, .parquet, .arrow ' +
        '(spreadsheets open .csv), or say --format\n',
    });
    expect((await readdir(folder)).filter((name) => name.startsWith('a1.xlsx'))).toEqual([]);
    expect((await query('A1', '--output', 'a1.txt', '--format', 'csv')).code).toBe(0);
    expect((await query('A1', '--output', 'a1-of-today')).code).toBe(0);
  });

  test('finds the door of what runs in a directory, and in the current folder', async () => {
    const directory = join(folder, '.sluice-here');
    const port = await freePorts();
    const running = runSluice('cloud', '--directory', directory, '--port', String(port));
    await until(() => running.output().includes('the cloud runs'), 30_000, 'it runs');
    await fetch(`http://127.0.0.1:${port}/pipeline`, {
      method: 'POST',
      body: JSON.stringify({ app_id: 'a', dev_id: 'p', time: begin, payload_fields: { here: 1 } }),
    });
    const wanted = `time,here\r\n${at(0)},1\r\n`;
    expect((await sluice(['query', 'here', '--directory', '.sluice-here'])).stdout).toBe(wanted);
    expect((await sluice(['query', 'here'])).stdout).toBe(wanted);
    running.child.kill('SIGTERM');
    await running.exited;
    expect((await sluice(['query', '--directory', '.sluice-here'])).stderr).toBe(
      'sluice: nothing runs in .sluice-here\n',
    );
  }, 60_000);
});

describe('sluice streams', () => {
  const streams = (...words: string[]) => sluice(['streams', '--address', address(), ...words]);

  test('lists what there is, in columns for people and as JSON', async () => {
    const { code, stdout } = await streams();
    expect(code).toBe(0);
    expect(stdout.split('\n')).toEqual([
      `esp-home  board_26  10 values  ${at(0)} to ${at(9)}`,
      `esp-home  board_A1  10 values  ${at(0)} to ${at(9)}`,
      `esp-home  note      10 values  ${at(0)} to ${at(9)}`,
      '',
    ]);
    const [first] = (await streams('--json')).stdout.split('\n');
    expect(JSON.parse(first!)).toMatchObject({
      app_id: 'sluice',
      stream: 'board_26',
      values: 10,
      first: begin,
    });
  });

  test('says that there is none', async () => {
    expect((await streams('--part', 'nobody')).stdout).toBe(`${address()} has no values of that yet\n`);
  });
});

describe('sluice query of a cloud with users, over TLS', () => {
  test('takes the key from the environment, the authority from the directory, and asks for both', async () => {
    const directory = join(folder, 'guarded');
    await mkdir(directory);
    const key = await new UserList(join(directory, 'users.json')).add('viewer', 'viewer', ['sluice']);
    const port = await freePorts();
    const running = runSluice('cloud', '--directory', directory, '--host', '0.0.0.0', '--port', String(port));
    await until(() => running.output().includes('the cloud runs'), 30_000, 'it runs');
    const door = `https://localhost:${port}`;
    const said = async (words: string[], SLUICE_CLOUD_KEY?: string) =>
      (await sluice(['query', ...words], { ...(SLUICE_CLOUD_KEY && { SLUICE_CLOUD_KEY }) })).stderr;
    const found = ['--directory', directory];
    expect(await said(found)).toBe(
      `sluice: ${door} wants a key: --key, or SLUICE_CLOUD_KEY in the environment\n`,
    );
    expect(await said([...found, '--key', 'wrong'])).toBe(`sluice: ${door} does not know this key\n`);
    expect(await said(found, key)).toBe(`sluice: ${door} has no values yet\n`);
    expect(await said(['--address', door], key)).toContain('name the PEM file of who did with --authority');
    running.child.kill('SIGTERM');
    await running.exited;
  }, 60_000);
});

describe('an answer that is not whole', () => {
  let server: Server;
  let after: 'breaks' | 'stalls';
  const words = ['query', '--output', 'kept.csv', '--address'];

  beforeAll(async () => {
    const streams = [{ app_id: 'a', part: 'p', stream: 's', tags: {}, first: 0, last: 0 }];
    server = createServer((request, response) => {
      if (request.url!.startsWith('/streams')) return response.end(JSON.stringify(streams));
      response.writeHead(200, { 'content-length': 1000 }).write('time,s\r\n');
      if (after === 'breaks') setTimeout(() => response.destroy(), 100);
      return response;
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    words.push(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    await writeFile(join(folder, 'kept.csv'), 'from before');
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const parts = async () => (await readdir(folder)).filter((name) => name.endsWith('.part'));

  test('takes no place: what was there stays, and nothing beside it', async () => {
    after = 'breaks';
    const { code, stderr } = await sluice(words);
    expect([code, stderr]).toEqual([
      1,
      'sluice: the connection to the cloud broke before the answer was whole\n',
    ]);
    expect(await readFile(join(folder, 'kept.csv'), 'utf8')).toBe('from before');
    expect(await parts()).toEqual([]);
  });

  test('is taken away at Ctrl-C', async () => {
    after = 'stalls';
    const output = join(folder, 'ended.csv');
    const { child, exited, output: printed } = runSluice('query', '--output', output, ...words.slice(3));
    await until(async () => (await parts()).length > 0, 20_000, 'it writes');
    child.kill('SIGINT');
    expect(await exited).toBe(1);
    expect(printed()).toBe('sluice: ended by a signal before it was whole\n');
    expect((await readdir(folder)).filter((name) => name.includes('ended'))).toEqual([]);
  });
});
