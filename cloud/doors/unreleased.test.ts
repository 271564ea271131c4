import { beforeEach, describe, expect, test } from 'vitest';
import { mostUnreleased, mostUnreleasedSessions, UnreleasedMessages, unreleasedShare } from './unreleased';

let messages: UnreleasedMessages;
let stored: string[];

beforeEach(() => {
  messages = new UnreleasedMessages();
  stored = [];
});

async function take(session: string, id: number): Promise<void> {
  await messages.take(session, id, async () => void stored.push(`${session} ${id}`));
  messages.add(session, id);
}

const refusal = /no room for another QoS 2 message/;
const ids = (count: number) => Array.from({ length: count }, (_, index) => index + 1);

describe('a QoS 2 message', () => {
  test('is stored once until it is released', async () => {
    for (const id of [7, 7, 8, 7]) await take('one', id);
    await take('two', 7);
    expect(messages.release('one', 7)).toBe(true);
    expect(messages.release('one', 7)).toBe(false);
    await take('one', 7);
    expect(stored).toEqual(['one 7', 'one 8', 'two 7', 'one 7']);
  });

  test('that comes again while it is on its way waits for that, and is answered as it is', async () => {
    let end = (_error?: Error) => {};
    const first = messages.take(
      'one',
      7,
      () => new Promise((resolve, reject) => (end = (error) => (error ? reject(error) : resolve()))),
    );
    const again = messages.take('one', 7, async () => void stored.push('again'));
    end(new Error('the disk is full'));
    await expect(first).rejects.toThrow('the disk is full');
    await expect(again).rejects.toThrow('the disk is full');
    await take('one', 7);
    expect(stored).toEqual(['one 7']);
  });

  test('of a session that begins anew is another', async () => {
    await take('one', 7);
    const late = messages.take('one', 8, async () => undefined);
    expect(messages.forget('one')).toBe(true);
    await late;
    messages.add('one', 8);
    expect([...messages.kept()]).toEqual([]);
    await take('one', 7);
    expect(stored).toEqual(['one 7', 'one 7']);
  });
});

describe('what there is no room for', () => {
  test('is refused before it is stored: beyond its share to a session, where all have half a million', async () => {
    for (const session of ids(8)) messages.restore(`${session}`, ids(mostUnreleased / 8));
    await expect(take('1', 65_535)).rejects.toThrow(refusal);
    for (const id of ids(unreleasedShare)) await take('small', id);
    await expect(take('small', unreleasedShare + 1)).rejects.toThrow(refusal);
    expect(stored).toHaveLength(unreleasedShare);
    expect(messages.refused).toBe(2);
    await take('1', 1);
    for (const id of ids(unreleasedShare + 1)) messages.release('1', id);
    await take('small', unreleasedShare + 1);
    expect(stored).toHaveLength(unreleasedShare + 1);
  });

  test('is refused to a session more than ten thousand, until one has nothing here any more', async () => {
    for (const session of ids(mostUnreleasedSessions)) messages.restore(`${session}`, [1]);
    await expect(take('late', 1)).rejects.toThrow(refusal);
    await take('5', 2);
    messages.release('9', 1);
    await take('late', 1);
    expect(stored).toEqual(['5 2', 'late 1']);
    expect(messages.refused).toBe(1);
  });
});
