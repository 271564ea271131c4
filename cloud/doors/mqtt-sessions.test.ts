import { NodeStorage } from '@sluice/common/storage';
import type { AedesPublishPacket } from 'aedes';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { MqttSessions } from './mqtt-sessions';

const mebibyte = 1 << 20;
let sessions: MqttSessions;

beforeEach(async () => {
  // Nothing is written: a hundred MiB of queues would take a while.
  vi.useFakeTimers();
  const onProblem = () => undefined;
  sessions = await MqttSessions.open({
    storage: new NodeStorage(),
    path: '/nowhere/sessions.json',
    onProblem,
  });
});
afterEach(() => vi.useRealTimers());

const packet = (topic: string, payload: Buffer) =>
  ({ cmd: 'publish', topic, payload, qos: 1, retain: false, dup: false }) as AedesPublishPacket;
const subscription = (topic: string) => ({ topic, qos: 1 as const }) as never;

async function queued(id: string): Promise<number> {
  let count = 0;
  for await (const _ of sessions.outgoingStream({ id })) count++;
  return count;
}

async function retained(): Promise<number> {
  let count = 0;
  const all = sessions as unknown as { createRetainedStream(filter: string): AsyncIterable<unknown> };
  for await (const _ of all.createRetainedStream('#')) count++;
  return count;
}

test('no more than 10,000 messages are retained; what takes the place of one has room', async () => {
  for (let index = 0; index < 10_002; index++)
    await sessions.storeRetained(packet(`t/${index}`, Buffer.from('x')));
  expect(await retained()).toBe(10_000);
  await sessions.storeRetained(packet('t/1', Buffer.from('y')));
  expect(sessions.dropped).toMatchObject({ retained: 2 });
  await sessions.storeRetained(packet('t/1', Buffer.alloc(0)));
  await sessions.storeRetained(packet('t/later', Buffer.from('x')));
  expect(sessions.dropped).toMatchObject({ retained: 2 });
  expect(await retained()).toBe(10_000);
});

test('no more than 64 MiB are retained', async () => {
  const payload = Buffer.alloc(mebibyte);
  for (let index = 0; index < 66; index++) await sessions.storeRetained(packet(`t/${index}`, payload));
  expect(await retained()).toBe(64);
  await sessions.storeRetained(packet('t/0', Buffer.from('x')));
  await sessions.storeRetained(packet('small', Buffer.from('x')));
  expect(sessions.dropped).toMatchObject({ retained: 2 });
});

test('no more than 10,000 sessions have subscriptions, none more than 200', async () => {
  for (let index = 0; index < 10_000; index++)
    await sessions.addSubscriptions({ id: `${index}` }, [subscription('t')]);
  await expect(sessions.addSubscriptions({ id: 'late' }, [subscription('t')])).rejects.toThrow(
    'more than 10000 sessions',
  );
  for (let index = 1; index < 200; index++)
    await sessions.addSubscriptions({ id: '7' }, [subscription(`t/${index}`)]);
  await sessions.addSubscriptions({ id: '7' }, [subscription('t/1')]);
  await expect(sessions.addSubscriptions({ id: '7' }, [subscription('other')])).rejects.toThrow(
    'more than 200 subscriptions',
  );
  await sessions.cleanSubscriptions({ id: '7' });
  await sessions.addSubscriptions({ id: 'late' }, [subscription('t')]);
});

test('no more than 8 MiB wait for a session, nor 128 MiB for all', async () => {
  const message = packet('t', Buffer.alloc(mebibyte));
  const ids = Array.from({ length: 17 }, (_, index) => ({ clientId: `${index}` }));
  for (let index = 0; index < 9; index++) await sessions.outgoingEnqueueCombi(ids.slice(0, 16), message);
  expect(await Promise.all(ids.map(({ clientId }) => queued(clientId)))).toEqual([
    ...Array.from({ length: 16 }, () => 8),
    0,
  ]);
  expect(sessions.dropped).toMatchObject({ queued: 16 });
  await sessions.outgoingEnqueue(ids[16]!, message);
  expect(sessions.dropped).toMatchObject({ queued: 17 });
  await sessions.outgoingClearMessageId({ id: '3' }, {});
  await sessions.outgoingEnqueue(ids[16]!, message);
  expect(await queued('16')).toBe(1);
  expect(sessions.dropped).toMatchObject({ queued: 17 });
});
