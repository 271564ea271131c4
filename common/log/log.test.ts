import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { StrictDisk } from '../storage/strict-disk';
import { Log, type LogOptions, type NewRecord } from './index';

const text = new TextEncoder();

function record(content: string, kind = 1): NewRecord {
  return { kind, bytes: text.encode(content) };
}

async function open(disk: StrictDisk, options: Partial<LogOptions> = {}): Promise<Log> {
  return Log.open({ directory: '/log', storage: disk.mount(), ...options });
}

async function contents(log: Log, from = log.first): Promise<string[]> {
  const reader = log.reader();
  const found: string[] = [];
  for (let position = from; ; ) {
    const { records, next } = await reader.read(position);
    if (records.length === 0) break;
    for (const { bytes } of records) found.push(new TextDecoder().decode(bytes));
    position = next;
  }
  await reader.close();
  return found;
}

describe('appending', () => {
  test('numbers the records in the order of the calls, and gives them back', async () => {
    const log = await open(new StrictDisk());
    const positions = await Promise.all([
      log.writer.append([record('a'), record('b')]),
      log.writer.append([record('c')]),
    ]);
    expect(positions).toEqual([0, 2]);
    const { records, next } = await log.reader().read(0);
    expect(
      records.map(({ position, kind, bytes }) => [position, kind, new TextDecoder().decode(bytes)]),
    ).toEqual([
      [0, 1, 'a'],
      [1, 1, 'b'],
      [2, 1, 'c'],
    ]);
    expect(next).toBe(3);
    expect(log.end).toBe(3);
  });

  test('syncs once for everything that came while the sync before ran', async () => {
    const disk = new StrictDisk();
    const log = await open(disk);
    let syncs = 0;
    let finish: (() => void) | undefined;
    disk.pause = ({ kind, path }) => {
      if (kind !== 'sync' || !path.endsWith('.log')) return undefined;
      syncs++;
      return syncs > 1
        ? undefined
        : new Promise((resolve) => {
            finish = resolve;
          });
    };
    const first = log.writer.append([record('first')]);
    while (finish === undefined) await setImmediate();
    const rest = Array.from({ length: 100 }, (_, index) => log.writer.append([record(`${index}`)]));
    finish();
    await Promise.all([first, ...rest]);
    expect(syncs).toBe(2);
    expect(log.writer.counters).toMatchObject({ records: 101, batches: 2 });
  });
});

const paths = async (disk: StrictDisk) =>
  (await disk.mount().list('/log')).map(({ name }) => name).filter((name) => name.endsWith('.log'));

describe('a disk that fails', () => {
  test('full: refuses the append, keeps nothing of it, and works again when there is room', async () => {
    const disk = new StrictDisk();
    const log = await open(disk);
    await log.writer.append([record('before')]);
    disk.capacity = disk.used + 50;
    const refused = log.writer.append([record('x'.repeat(100))]);
    await expect(refused).rejects.toMatchObject({ code: 'log-write-failed', cause: { code: 'ENOSPC' } });
    expect(await contents(log)).toEqual(['before']);
    disk.capacity = Number.POSITIVE_INFINITY;
    await log.writer.append([record('after')]);
    disk.kill({ power: true });
    expect(await contents(await open(disk))).toEqual(['before', 'after']);
  });

  test('a failed sync: writes the batch anew into another segment, and acknowledges that', async () => {
    const disk = new StrictDisk();
    const problems: Error[] = [];
    const log = await open(disk, { onProblem: (problem) => problems.push(problem) });
    await log.writer.append([record('before')]);
    let failing = 1;
    disk.fault = ({ kind }) => (kind === 'sync' && failing-- > 0 ? 'EIO' : undefined);
    expect(await log.writer.append([record('doubtful')])).toBe(1);
    expect(problems).toHaveLength(1);
    disk.kill({ power: true });
    expect(await contents(await open(disk))).toEqual(['before', 'doubtful']);
  });

  test('no sync works: refuses, and the next append works as soon as one does', async () => {
    const disk = new StrictDisk();
    const log = await open(disk);
    disk.fault = ({ kind }) => (kind === 'sync' ? 'EIO' : undefined);
    await expect(log.writer.append([record('lost')])).rejects.toMatchObject({ code: 'log-write-failed' });
    disk.fault = undefined;
    await log.writer.append([record('kept')]);
    expect(await contents(log)).toEqual(['kept']);
    disk.kill({ power: false });
    expect(await contents(await open(disk))).toEqual(['kept']);
  });

  test('no file can be opened: a reader says so, and reads on later', async () => {
    const disk = new StrictDisk();
    const log = await open(disk);
    await log.writer.append([record('a')]);
    const reader = log.reader();
    disk.fault = ({ kind }) => (kind === 'open' ? 'EMFILE' : undefined);
    await expect(reader.read(0)).rejects.toMatchObject({ code: 'EMFILE' });
    disk.fault = undefined;
    expect((await reader.read(0)).records).toHaveLength(1);
  });
});

describe('the queue', () => {
  test('asks for a pause above one bound, refuses above the other, and goes on when it is short', async () => {
    const disk = new StrictDisk();
    const log = await open(disk, { batchBytes: 200, congestedBytes: 300, queueBytes: 1000 });
    const sent = [log.writer.append([record('x'.repeat(100))])];
    expect(log.writer.congested).toBe(false);
    while (log.writer.waitingBytes + 116 <= 1000) sent.push(log.writer.append([record('y'.repeat(100))]));
    expect(log.writer.congested).toBe(true);
    const refused = log.writer.append([record('z'.repeat(100))]);
    await expect(refused).rejects.toMatchObject({ code: 'log-congested', status: 503 });
    await log.writer.relieved();
    expect(log.writer.waitingBytes).toBeLessThanOrEqual(300);
    await Promise.all(sent);
    expect(await contents(log)).toHaveLength(sent.length);
  });

  test('is written out by a close, which refuses what comes behind', async () => {
    const disk = new StrictDisk();
    const log = await open(disk);
    const sent = log.writer.append([record('a')]);
    const closed = log.close();
    await expect(log.writer.append([record('b')])).rejects.toMatchObject({ code: 'log-closed' });
    await Promise.all([sent, closed]);
    expect(await contents(await open(disk))).toEqual(['a']);
  });

  test('takes no record that a reader would take for damage', async () => {
    const log = await open(new StrictDisk());
    const bytes = new Uint8Array((16 << 20) + 1);
    await expect(log.writer.append([{ kind: 1, bytes }])).rejects.toMatchObject({
      code: 'log-record-too-large',
    });
    const largest = bytes.subarray(1);
    await log.writer.append([record('a'), { kind: 1, bytes: largest }, record('b')]);
    const { records } = await log.reader().read(1, { maxBytes: 100 });
    expect(records.map((found) => found.bytes.length)).toEqual([16 << 20]);
  });
});

describe('segments', () => {
  test('are begun by size, one after another, and a rotation makes no sync of its own wait', async () => {
    const disk = new StrictDisk();
    const log = await open(disk, { segmentBytes: 300 });
    await log.writer.append([record('first')]);
    const kinds: string[] = [];
    disk.pause = ({ kind }) => {
      kinds.push(kind);
      return undefined;
    };
    for (let i = 0; i < 12; i++) {
      await setImmediate();
      const before = kinds.length;
      await log.writer.append([record('x'.repeat(100))]);
      const own = kinds.slice(before).filter((kind) => kind !== 'create' && kind !== 'syncDirectory');
      expect(own).toEqual(['append', 'sync']);
    }
    expect((await paths(disk)).length).toBeGreaterThan(3);
    expect(await contents(log)).toHaveLength(13);
  });

  test('grow on while the next one cannot be made, up to twice their size', async () => {
    const disk = new StrictDisk();
    const log = await open(disk, { segmentBytes: 300 });
    await log.writer.append([record('x'.repeat(100))]);
    disk.fault = ({ kind }) => (kind === 'create' ? 'EMFILE' : undefined);
    let taken = 0;
    let refusal: unknown;
    while (refusal === undefined)
      await log.writer.append([record('x'.repeat(100))]).then(
        () => taken++,
        (error) => {
          refusal = error;
        },
      );
    expect(refusal).toMatchObject({ code: 'log-write-failed', cause: { code: 'EMFILE' } });
    expect(taken).toBeGreaterThan(3);
    disk.fault = undefined;
    await log.writer.append([record('again')]);
  });

  test('are trimmed whole, behind the slowest cursor’s durable position, and never the last', async () => {
    const disk = new StrictDisk();
    const log = await open(disk, { segmentBytes: 100 });
    const slow = await log.openCursor('slow');
    const own = log.attachCursor('own', 0);
    for (let i = 0; i < 10; i++) await log.writer.append([record('x'.repeat(100))]);
    await log.trim(); // The segment that the log began with has no record.
    expect(await log.trim()).toBe(0);
    await own.move(9);
    await slow.move(4);
    const held = log.bytes;
    expect(await log.trim()).toBe(held - log.bytes);
    expect(log.first).toBeLessThanOrEqual(4);
    expect(log.first).toBeGreaterThan(2);
    await expect(log.reader().read(0)).rejects.toMatchObject({
      code: 'log-position-gone',
      data: { first: log.first },
    });
    await log.dropCursor('slow');
    await own.move(10);
    await log.trim();
    expect(await paths(disk)).toHaveLength(2);
    expect(log.end).toBe(10);
    disk.kill({ power: true });
    const again = await open(disk);
    expect(again.end).toBe(10);
    expect(again.cursors).toEqual([]);
  });

  test('leave the positions as they are when everything before was trimmed', async () => {
    const disk = new StrictDisk();
    let log = await open(disk, { segmentBytes: 100 });
    for (let i = 0; i < 5; i++) await log.writer.append([record('x'.repeat(100))]);
    for (let life = 0; life < 3; life++) {
      await log.trim();
      await log.close();
      log = await open(disk, { segmentBytes: 100 });
      expect(log.end).toBe(5);
    }
    expect(await log.writer.append([record('next')])).toBe(5);
  });
});

describe('a cursor', () => {
  test('is where it was stored after a crash', async () => {
    const disk = new StrictDisk();
    const log = await open(disk);
    for (let i = 0; i < 5; i++) await log.writer.append([record(`${i}`)]);
    const cursor = await log.openCursor('a');
    await Promise.all([cursor.move(2), cursor.move(3), cursor.move(1)]);
    disk.kill({ power: true });
    const again = await open(disk);
    expect((await again.openCursor('a')).position).toBe(3);
    expect((await again.openCursor('b', 'end')).position).toBe(5);
  });

  test('that cannot be stored says so, and is stored with the next move', async () => {
    const disk = new StrictDisk();
    const log = await open(disk);
    for (let i = 0; i < 5; i++) await log.writer.append([record(`${i}`)]);
    const cursor = await log.openCursor('a');
    disk.fault = ({ kind }) => (kind === 'rename' ? 'EIO' : undefined);
    await expect(cursor.move(3)).rejects.toMatchObject({ code: 'EIO' });
    expect([cursor.position, cursor.durable]).toEqual([3, 0]);
    disk.fault = undefined;
    await cursor.move(3);
    expect(cursor.durable).toBe(3);
  });

  test('says how far it is behind', async () => {
    let now = 1000;
    const log = await open(new StrictDisk(), { wall: () => now, segmentBytes: 1 });
    const cursor = await log.openCursor('a');
    expect(cursor.lag(now)).toEqual({ records: 0, bytes: 0, milliseconds: 0 });
    for (let i = 0; i < 4; i++) {
      await log.writer.append([record('x'.repeat(36)), record('y'.repeat(36))]);
      now += 1000;
    }
    await cursor.move(6);
    expect(cursor.lag(now)).toEqual({ records: 2, bytes: 152, milliseconds: 1000 });
    expect(log.age).toBe(4000);
  });

  test('that is damaged is reported, and starts at the oldest record', async () => {
    const disk = new StrictDisk();
    const log = await open(disk);
    await log.writer.append([record('a')]);
    await (await log.openCursor('a')).move(1);
    await log.close();
    const storage = disk.mount();
    const bytes = await storage.read('/log/cursors/a.cursor');
    bytes[14]! ^= 1;
    await storage.replace('/log/cursors/a.cursor', bytes);
    const problems: Error[] = [];
    const again = await open(disk, { onProblem: (problem) => problems.push(problem) });
    expect(problems).toMatchObject([{ code: 'log-cursor-damaged', path: '/log/cursors/a.cursor' }]);
    expect((await again.openCursor('a')).position).toBe(0);
  });
});

describe('a reader', () => {
  test('waits for the next record, and is let go by a close or a signal', async () => {
    const log = await open(new StrictDisk());
    const reader = log.reader();
    const waiting = reader.waitFor(0);
    await log.writer.append([record('a')]);
    expect(await waiting).toBe(true);
    const abort = new AbortController();
    const aborted = reader.waitFor(1, abort.signal);
    abort.abort();
    expect(await aborted).toBe(false);
    const closed = reader.waitFor(1);
    await log.close();
    expect(await closed).toBe(false);
  });

  test('sees nothing before it is durable', async () => {
    const disk = new StrictDisk();
    const log = await open(disk);
    let finish: (() => void) | undefined;
    disk.pause = ({ kind }) =>
      kind === 'sync'
        ? new Promise((resolve) => {
            finish = resolve;
          })
        : undefined;
    const appended = log.writer.append([record('a')]);
    while (finish === undefined) await setImmediate();
    expect((await log.reader().read(0)).records).toEqual([]);
    finish();
    await appended;
    expect((await log.reader().read(0)).records).toHaveLength(1);
  });

  test('that asks for what is not there yet is told so', async () => {
    const log = await open(new StrictDisk());
    await expect(log.reader().read(7)).rejects.toMatchObject({
      code: 'log-position-ahead',
      data: { end: 0 },
    });
  });
});
