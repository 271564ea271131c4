import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NodeStorage } from '@sluice/common/storage';
import { StrictDisk } from '@sluice/common/storage/strict';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { BlocksArrival, MessageArrival } from './arrival';
import { LogInbox } from './inbox';
import { Intake } from './intake';
import { blockOf, messageAt, metadataOf } from './test-arrivals';

const named = (block: string, index: number): MessageArrival => ({
  ...messageAt(index, 'part'),
  name: { block, index },
});
const blocks = (...sequences: number[]): BlocksArrival => ({
  kind: 'blocks',
  arrived: 0,
  appId: 'app',
  devId: 'part',
  main: 'main',
  metadata: metadataOf('part', 0),
  blocks: sequences.map((sequence) => blockOf(0, sequence)),
});
const whole = async () => expect.unreachable('no reading of it came before');

describe('on this machine’s disk', () => {
  let directory: string;
  let inbox: LogInbox;
  let intake: Intake;
  let problems: Error[];

  async function open(): Promise<void> {
    const onProblem = (problem: Error) => void problems.push(problem);
    inbox = await LogInbox.open({ directory, onProblem, segmentBytes: 4096 });
    intake = await Intake.open({
      inbox,
      storage: new NodeStorage(),
      directory,
      onProblem,
      snapshotBytes: 10_000,
    });
  }

  async function close(): Promise<void> {
    await intake.close();
    await inbox.close();
  }

  beforeEach(async () => {
    problems = [];
    directory = await mkdtemp(join(tmpdir(), 'sluice-intake-'));
    await open();
  });

  afterEach(async () => {
    await close();
    await rm(directory, { recursive: true });
  });

  test('takes what has a name once, also when it comes again before it is durable, and over restarts', async () => {
    const twice = await Promise.all([
      intake.message(named('part/1-00000001/0/4', 1)),
      intake.message(named('part/1-00000001/0/4', 1)),
    ]);
    expect(twice).toEqual([true, false]);
    await close();
    await open();
    expect(await intake.message(named('part/1-00000001/0/4', 1))).toBe(false);
    expect(await intake.message(named('part/1-00000001/0/4', 0))).toBe(true);
    expect(inbox.end).toBe(2);
  });

  test('takes of messages that come together each name once, in one batch of the log', async () => {
    const first = named('part/1-00000001/0/4', 1);
    const second = named('part/1-00000001/0/4', 2);
    expect(await intake.messages([first, messageAt(0), second, first, messageAt(0)])).toBe(4);
    expect(inbox.end).toBe(4);
    const again = [intake.messages([second, named('part/1-00000001/0/4', 3)]), intake.messages([first])];
    expect(await Promise.all(again)).toEqual([1, 0]);
    const rivals = [named('part/1-00000001/0/5', 0), named('part/1-00000001/0/5', 1)];
    const taken = await Promise.all([intake.messages(rivals), intake.messages([...rivals].reverse())]);
    expect(taken).toEqual([2, 0]);
    expect(inbox.end).toBe(7);
  });

  test('takes what has no name as often as it comes', async () => {
    expect([await intake.message(messageAt(0)), await intake.message(messageAt(0))]).toEqual([true, true]);
  });

  test('knows a block by its readings, and a reading by its block', async () => {
    await intake.message(named('part/1-00000001/0/1', 3));
    const parted: number[] = [];
    const taken = await intake.blocks(blocks(0, 1), async ({ sequence }) => void parted.push(sequence));
    expect(taken.whole.map(({ sequence }) => sequence)).toEqual([0]);
    expect(parted).toEqual([1]);
    expect(await intake.message(named('part/1-00000001/0/0', 7))).toBe(false);
    expect(await intake.message(named('part/1-00000001/0/2', 7))).toBe(true);
    expect((await intake.blocks(blocks(0, 1), whole)).whole).toEqual([]);
  });

  test('takes a block once that comes twice at a time', async () => {
    const [first, second] = await Promise.all([
      intake.blocks(blocks(5), whole),
      intake.blocks(blocks(5), whole),
    ]);
    expect([first.whole.length, second.whole.length]).toEqual([1, 0]);
  });

  test('knows names whose arrivals are trimmed, from its snapshot', async () => {
    for (let index = 0; index < 200; index++) await intake.message(named('part/1-00000001/0/0', 2 * index));
    await close();
    await open();
    await inbox.trim();
    expect(inbox.first).toBeGreaterThan(0);
    for (let index = 0; index < 200; index++)
      expect(await intake.message(named('part/1-00000001/0/0', 2 * index))).toBe(false);
  });

  test('keeps the inbox short also when nothing that comes has a name', async () => {
    for (let index = 0; index < 200; index++) await intake.message(messageAt(index));
    await vi.waitFor(async () => {
      await inbox.trim();
      expect(inbox.first).toBeGreaterThan(0);
    });
  });

  test('tells of a snapshot that is damaged, and goes on with what the inbox has', async () => {
    await intake.message(named('part/1-00000001/0/0', 0));
    await close();
    await writeFile(join(directory, 'names.snapshot'), 'SLUICENM and no more');
    await open();
    expect(problems).toMatchObject([{ code: 'inbox-names-damaged' }]);
    expect(await intake.message(named('part/1-00000001/0/0', 0))).toBe(false);
  });
});

test('an arrival that the disk refused is no duplicate when it comes again', async () => {
  const disk = new StrictDisk(1);
  const storage = disk.mount();
  const onProblem = () => undefined;
  const inbox = await LogInbox.open({ directory: '/inbox', storage, onProblem });
  const intake = await Intake.open({ inbox, storage, directory: '/inbox', onProblem });
  disk.fault = ({ kind }) => (kind === 'append' ? 'ENOSPC' : undefined);
  const refused = await Promise.allSettled([
    intake.message(named('part/1-00000001/0/0', 0)),
    intake.messages([named('part/1-00000001/0/0', 1), named('part/1-00000001/0/0', 1)]),
    intake.blocks(blocks(3), whole),
  ]);
  expect(refused.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  disk.fault = undefined;
  expect(await intake.messages([named('part/1-00000001/0/0', 1), named('part/1-00000001/0/0', 1)])).toBe(1);
  expect(await intake.message(named('part/1-00000001/0/0', 0))).toBe(true);
  expect((await intake.blocks(blocks(3), whole)).whole).toHaveLength(1);
  await intake.close();
  await inbox.close();
});
