import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Clock } from '../clock';
import { type AlertNews, newsOf } from './alert';
import { Alerts } from './alerts';
import { Outlet, type Receiver } from './outlet';
import { Webhook } from './receivers';
import { parseAlertSettings } from './settings';

const minute = 60_000;

/** Time that passes when the test says so. */
class TestClock implements Clock {
  time = 1_700_000_000_000;
  #due: { at: number; action(): void }[] = [];

  now(): number {
    return this.time;
  }

  wall(): number {
    return this.time;
  }

  after(delay: number, action: () => void): () => void {
    const entry = { at: this.time + delay, action };
    this.#due.push(entry);
    return () => {
      this.#due = this.#due.filter((other) => other !== entry);
    };
  }

  get waiting(): number {
    return this.#due.length;
  }

  async pass(milliseconds: number): Promise<void> {
    const end = this.time + milliseconds;
    for (;;) {
      for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve));
      const [next] = this.#due.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at);
      if (!next) break;
      this.#due = this.#due.filter((entry) => entry !== next);
      this.time = next.at;
      next.action();
    }
    this.time = end;
  }
}

class TestReceiver implements Receiver {
  readonly name = 'the test';
  readonly taken: AlertNews[] = [];
  answer: 'taken' | { refused: string } | Error = 'taken';

  async send(news: AlertNews): ReturnType<Receiver['send']> {
    if (this.answer instanceof Error) throw this.answer;
    if (this.answer === 'taken') this.taken.push(news);
    return this.answer;
  }

  async close(): Promise<void> {}
}

let directory: string;
let clock: TestClock;
let receiver: TestReceiver;
let logged: { level: number; msg: string }[];
let alerts: Alerts;

const open = () =>
  Alerts.open({
    source: 'main',
    path: join(directory, 'alerts.json'),
    log: pino({}, { write: (line: string) => void logged.push(JSON.parse(line)) }),
    clock,
    receivers: [receiver],
  });
const told = () => receiver.taken.map(({ kind, subject, state }) => `${kind} ${subject} ${state}`);

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'sluice-alerts-'));
  clock = new TestClock();
  receiver = new TestReceiver();
  logged = [];
  alerts = await open();
});

afterEach(async () => {
  await alerts.close();
  rmSync(directory, { recursive: true });
});

describe('an alert', () => {
  test('is raised once when it has held for so long, and resolved once', async () => {
    alerts.holds('part-away', 'shed', 'shed is away', clock.time - minute, 10 * minute);
    await clock.pass(8 * minute);
    alerts.holds('part-away', 'shed', 'shed is away', clock.time - 9 * minute, 10 * minute);
    expect(told()).toEqual([]);
    await clock.pass(2 * minute);
    alerts.holds('part-away', 'shed', 'shed is away', clock.time, 10 * minute);
    await clock.pass(60 * minute);
    expect(told()).toEqual(['part-away shed raised']);
    alerts.ends('part-away', 'shed');
    alerts.ends('part-away', 'shed');
    await clock.pass(60 * minute);
    expect(told()).toEqual(['part-away shed raised', 'part-away shed resolved']);
    expect(logged.map(({ level, msg }) => [level, msg])).toEqual([
      [40, 'shed is away'],
      [30, 'resolved: shed is away'],
    ]);
  });

  test('is none when it ends before', async () => {
    alerts.holds('part-away', 'shed', '', clock.time, 10 * minute);
    await clock.pass(9 * minute);
    alerts.ends('part-away', 'shed');
    await clock.pass(60 * minute);
    expect(told()).toEqual([]);
    expect(clock.waiting).toBe(0);
  });

  test('of what happens ends when it has not happened for a while', async () => {
    alerts.happens('readings-lost', 'shed', 'shed has lost 3 readings', 60 * minute);
    await clock.pass(50 * minute);
    alerts.happens('readings-lost', 'shed', 'shed has lost 9 readings', 60 * minute);
    await clock.pass(50 * minute);
    expect(told()).toEqual(['readings-lost shed raised']);
    await clock.pass(20 * minute);
    expect(told()).toEqual(['readings-lost shed raised', 'readings-lost shed resolved']);
  });

  test('of what is no more ends', async () => {
    for (const part of ['a', 'b']) alerts.holds('part-away', part, '');
    alerts.only('part-away', ['b']);
    await clock.pass(0);
    expect(told()).toEqual(['part-away a raised', 'part-away b raised', 'part-away a resolved']);
  });

  test('that stands stands after a restart, is not raised again, and is resolved then', async () => {
    alerts.holds('disk-filling', 'disk', 'it fills');
    alerts.happens('readings-lost', 'shed', '', 60 * minute);
    await clock.pass(0);
    await alerts.close();
    alerts = await open();
    expect(alerts.view).toMatchObject([{ kind: 'disk-filling' }, { kind: 'readings-lost' }]);
    alerts.holds('disk-filling', 'disk', 'it fills');
    await clock.pass(0);
    expect(told()).toHaveLength(2);
    alerts.ends('disk-filling', 'disk');
    await clock.pass(61 * minute);
    expect(told().slice(2)).toEqual(['disk-filling disk resolved', 'readings-lost shed resolved']);
  });

  test('is shown, the newest first, and for a while when it is over', async () => {
    alerts.holds('part-away', 'a', '');
    await clock.pass(1);
    alerts.holds('part-away', 'b', '');
    const before = alerts.view;
    expect(before.map(({ subject }) => subject)).toEqual(['b', 'a']);
    expect(alerts.view).toBe(before);
    alerts.ends('part-away', 'b');
    expect(alerts.view.map(({ subject, resolved }) => [subject, resolved])).toEqual([
      ['a', undefined],
      ['b', clock.time],
    ]);
  });

  test('does not stand in the way of a start, whatever its file holds', async () => {
    await alerts.close();
    writeFileSync(join(directory, 'alerts.json'), '{"version":');
    alerts = await open();
    expect(logged.at(-1)).toMatchObject({ level: 50, msg: 'alerts of before are not known' });
    alerts.holds('part-away', 'a', '');
    await clock.pass(0);
    expect(told()).toEqual(['part-away a raised']);
  });
});

describe('an outlet', () => {
  test('tries again, ever later, and hands over all in their order', async () => {
    receiver.answer = new Error('connection refused');
    alerts.holds('part-away', 'a', '');
    alerts.ends('part-away', 'a');
    await clock.pass(10 * minute);
    const problems = logged.filter(({ msg }) => msg.includes('takes no alert'));
    expect(problems.map(({ msg }) => msg)).toEqual(['the test takes no alert: connection refused']);
    receiver.answer = 'taken';
    await clock.pass(6 * minute);
    expect(told()).toEqual(['part-away a raised', 'part-away a resolved']);
  });

  test('hands over after a restart what it could not before', async () => {
    receiver.answer = new Error('away');
    alerts.holds('part-away', 'a', '');
    await clock.pass(0);
    await alerts.close();
    receiver.answer = 'taken';
    alerts = await open();
    await clock.pass(0);
    expect(told()).toEqual(['part-away a raised']);
  });

  test('gives up what is refused for good, and goes on', async () => {
    receiver.answer = { refused: 'it answers 400' };
    alerts.holds('part-away', 'a', '');
    await clock.pass(0);
    receiver.answer = 'taken';
    alerts.holds('part-away', 'b', '');
    await clock.pass(0);
    expect(told()).toEqual(['part-away b raised']);
    expect(logged.map(({ msg }) => msg)).toContain('the test refuses an alert: it answers 400');
  });

  test('is bounded: the oldest give way, and are counted', async () => {
    receiver.answer = new Error('away');
    const problems: string[] = [];
    const onProblem = (problem: string) => void problems.push(problem);
    const outlet = new Outlet({ receiver, clock, changed: () => undefined, onProblem, most: 3 });
    const raised = { kind: 'part-away' as const, message: '', raised: 0 };
    for (let index = 0; index < 8; index++) {
      outlet.add(newsOf('main', { ...raised, subject: String(index) }));
      await clock.pass(0);
    }
    expect(outlet.dropped).toBe(5);
    expect(problems.filter((problem) => problem.includes('given up'))).toHaveLength(1);
    receiver.answer = 'taken';
    await clock.pass(10 * minute);
    expect(receiver.taken.map(({ subject }) => subject)).toEqual(['5', '6', '7']);
    await outlet.close();
  });
});

describe('the webhook', () => {
  const news = newsOf('main', { kind: 'part-away', subject: 'shed', message: 'away', raised: 1_000 });
  let server: Server;
  let status: number;
  let asked: { body: string; key: string | undefined }[];
  let webhook: Webhook;

  beforeEach(async () => {
    asked = [];
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (chunk) => {
        body += chunk;
      });
      request.on('end', () => {
        asked.push({ body, key: request.headers.authorization });
        response.writeHead(status).end();
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook`;
    webhook = new Webhook({ url, authorization: 'Bearer key' });
  });
  afterEach(() => {
    server.close();
    server.closeAllConnections();
  });

  test('is given JSON, by key', async () => {
    status = 204;
    expect(await webhook.send(news, AbortSignal.timeout(5_000))).toBe('taken');
    expect(asked[0]!.key).toBe('Bearer key');
    expect(JSON.parse(asked[0]!.body)).toEqual({
      id: 'main/part-away/shed/1000/raised',
      source: 'main',
      state: 'raised',
      kind: 'part-away',
      subject: 'shed',
      message: 'away',
      raised: '1970-01-01T00:00:01.000Z',
    });
  });

  test.each([
    [400, { refused: 'it answers 400' }],
    [404, { refused: 'it answers 404' }],
  ])('that answers %d will never take it', async (answer, refused) => {
    status = answer;
    expect(await webhook.send(news, AbortSignal.timeout(5_000))).toEqual(refused);
  });

  test.each([408, 429, 500, 503])('that answers %d is tried again', async (answer) => {
    status = answer;
    await expect(webhook.send(news, AbortSignal.timeout(5_000))).rejects.toThrow(`it answers ${answer}`);
  });
});

describe('the settings', () => {
  test('have a default each', () => {
    expect(parseAlertSettings('{"part_away_mins": 2, "stage_behind_mins": null}', 'alerts.json')).toEqual({
      part_away_mins: 2,
      readings_lost: true,
      readings_lost_quiet_mins: 60,
      disk_used_share: 0.85,
      destination_behind_mins: 10,
      stage_behind_mins: null,
      certificate_days: 14,
      authority_days: 365,
    });
  });

  test.each([
    ['{', /^alerts\.json is not JSON/],
    ['{"part_away": 2}', /^alerts\.json: part_away: is not read: there are part_away_mins, /],
    [
      '{"webhook": {"url": "https://a.example", "token": "x"}}',
      /^alerts\.json: webhook\.token: is not read: there are url, authorization$/,
    ],
    ['{"webhook": {"url": "example"}}', /^alerts\.json: webhook\.url: is no address such as https:/],
    ['{"mqtt": {"url": "mqtt://b", "topic": "a/#"}}', /^alerts\.json: mqtt\.topic: takes no wildcards/],
    ['{"disk_used_share": 85}', /^alerts\.json: disk_used_share: /],
  ])('%s is refused by what is wrong', (json, sentence) => {
    expect(() => parseAlertSettings(json, 'alerts.json')).toThrow(sentence);
  });
});
