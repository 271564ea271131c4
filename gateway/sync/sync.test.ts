import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '@sluice/common/clock';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { backoffDelay, longestDelay } from './backoff';
import { Sync, type SyncFiles, type SyncSettings } from './sync';
import { type UploadResult, uploadTo } from './upload';

const log = pino({ level: 'silent' });

class ManualClock implements Clock {
  time = 0;
  due: { at: number; action: () => void } | undefined;
  now = () => this.time;
  wall = () => this.time;
  after(delay: number, action: () => void): () => void {
    const entry = { at: this.time + delay, action };
    this.due = entry;
    return () => {
      if (this.due === entry) this.due = undefined;
    };
  }
  fire(): void {
    const { at, action } = this.due!;
    this.due = undefined;
    this.time = at;
    action();
  }
}

class Files implements SyncFiles<string> {
  completed = 0;
  aside: [string, string][] = [];
  gone: string[] = [];
  constructor(public names: string[]) {}
  async complete() {
    this.completed++;
  }
  list = () => this.names;
  async read(name: string) {
    if (name.startsWith('unreadable')) throw new Error('EIO');
    return Buffer.from(name);
  }
  async uploaded(name: string) {
    this.names = this.names.filter((other) => other !== name);
    this.gone.push(name);
  }
  async setAside(name: string, reason: string) {
    this.names = this.names.filter((other) => other !== name);
    this.aside.push([name, reason]);
  }
  describe = (name: string) => name;
}

const durable: UploadResult = { result: 'durable', readings: 1 };
const later: UploadResult = { result: 'later', reason: 'away' };

function make(
  names: string[],
  upload: (name: string) => Promise<UploadResult>,
  settings: Partial<SyncSettings> = {},
) {
  const files = new Files(names);
  const clock = new ManualClock();
  const sync = new Sync({
    files,
    clock,
    log,
    upload: (bytes) => upload(Buffer.from(bytes).toString()),
    settings: { disabled: false, interval: 6000, threads: 1, ...settings },
    random: () => 0,
  });
  return { files, clock, sync };
}

describe('sync', () => {
  it('uploads oldest first and deletes what is durable', async () => {
    const { files, sync } = make(['a', 'b', 'c'], async () => durable);
    await sync.sync();
    expect(files.gone).toEqual(['a', 'b', 'c']);
    expect(files.completed).toBe(1);
  });

  it('does not let a file on which the cloud fails keep others from it', async () => {
    const upload = async (name: string) => (name.startsWith('poison') ? { ...later, ofFile: true } : durable);
    const poison = ['poison 1', 'poison 2', 'poison 3', 'poison 4'];
    const { files, clock, sync } = make([...poison, 'a', 'b'], upload);
    sync.start();
    for (let pass = 0; pass < 20; pass++) {
      files.names.push(`new ${pass}`);
      clock.fire();
      await sync.sync();
    }
    expect(files.names).toEqual(poison);
    expect(files.aside).toEqual([]);
    expect(sync.state).toMatchObject({ failures: 20, lastError: 'away' });
    expect(clock.due!.at - clock.time).toBe(60_000);
  });

  it('does not try every file on a cloud that fails on each', async () => {
    let tried = 0;
    const upload = async () => {
      tried++;
      return { ...later, ofFile: true };
    };
    const { sync } = make(['a', 'b', 'c', 'd', 'e'], upload);
    await sync.sync();
    expect(tried).toBe(3);
  });

  it('runs every interval', async () => {
    const { files, clock, sync } = make([], async () => durable);
    sync.start();
    for (let pass = 1; pass <= 3; pass++) {
      expect(clock.due?.at).toBe(pass * 6000);
      clock.fire();
      await sync.sync();
    }
    expect(files.completed).toBe(3);
  });

  it('tries again after 200 ms, doubling to one hour, then hourly, and forgets that on success', async () => {
    let away = true;
    const { files, clock, sync } = make(['a'], async () => (away ? later : durable));
    sync.start();
    const delays: number[] = [];
    for (let pass = 0; pass < 18; pass++) {
      clock.fire();
      await sync.sync();
      delays.push(clock.due!.at - clock.time);
    }
    expect(delays.slice(0, 4)).toEqual([200, 400, 800, 1600]);
    expect(delays.slice(-3)).toEqual([longestDelay, longestDelay, longestDelay]);
    expect(sync.state).toMatchObject({ failures: 18, lastError: 'away' });
    away = false;
    clock.fire();
    await sync.sync();
    expect(files.gone).toEqual(['a']);
    expect(clock.due!.at - clock.time).toBe(6000);
  });

  it('sets aside what is refused or cannot be read, and goes on', async () => {
    const refuse = async (name: string): Promise<UploadResult> =>
      name === 'bad' ? { result: 'refused', reason: 'no good' } : durable;
    const { files, sync } = make(['bad', 'unreadable', 'c'], refuse);
    await sync.sync();
    expect(files.aside).toEqual([
      ['bad', 'no good'],
      ['unreadable', 'cannot be read: EIO'],
    ]);
    expect(files.gone).toEqual(['c']);
  });

  it('runs as many uploads at once as it has threads', async () => {
    let running = 0;
    let most = 0;
    const { sync } = make(
      ['a', 'b', 'c', 'd', 'e'],
      async () => {
        most = Math.max(most, ++running);
        await new Promise((resolve) => setTimeout(resolve, 5));
        running--;
        return durable;
      },
      { threads: 3 },
    );
    await sync.sync();
    expect(most).toBe(3);
  });

  it('uploads nothing by itself when it is disabled', () => {
    const { clock, sync } = make(['a'], async () => durable, { disabled: true });
    sync.start();
    expect(clock.due).toBeUndefined();
    expect(sync.state.next).toBeUndefined();
  });
});

describe('the delay after failures', () => {
  it('is shortened by jitter by half at most', () => {
    expect(backoffDelay(1, 0.999)).toBeGreaterThanOrEqual(100);
    expect(backoffDelay(1000, 0)).toBe(longestDelay);
  });
});

describe('an upload', () => {
  let server: Server;
  let status = 200;
  let body = '';
  let seen: { url?: string; authorization?: string } = {};

  beforeEach(async () => {
    server = createServer((request, response) => {
      seen = { url: request.url, authorization: request.headers.authorization };
      request.resume().on('end', () => response.writeHead(status).end(body));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => new Promise((resolve) => server.close(resolve)));

  const upload = (part = 'esp-2') => {
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const door = { address, appId: 'app', main: 'the main', key: 'k' };
    const of = (part: string) => (part === 'esp-1' ? 'lab bench' : undefined);
    return uploadTo(door, of)(Buffer.from('file'), new AbortController().signal, part);
  };

  it.each([
    [200, '{"readings":5,"refused":[]}', 'durable'],
    [200, '{"readings":5,"refused":[{"block":"b","reason":"check"}]}', 'partly'],
    [422, '{"error":"x"}', 'refused'],
    [401, '', 'later'],
    [503, '', 'later'],
    [200, 'not json', 'later'],
  ])('answered with %i %s is %s', async (code, text, result) => {
    status = code;
    body = text;
    expect(await upload()).toMatchObject({ result });
    expect(seen).toEqual({ url: '/blocks/app/the%20main', authorization: 'Bearer k' });
  });

  it('says what the main calls the part', async () => {
    status = 200;
    body = '{"readings":5,"refused":[]}';
    await upload('esp-1');
    expect(seen.url).toBe('/blocks/app/the%20main?remote=lab+bench');
  });

  it('that does not reach the cloud is for later', async () => {
    const away = uploadTo({ address: 'http://127.0.0.1:1', appId: 'a', main: 'm' });
    const answer = await away(Buffer.from(''), new AbortController().signal, undefined);
    expect(answer).toMatchObject({ result: 'later', reason: expect.stringContaining('not reached') });
  });
});
