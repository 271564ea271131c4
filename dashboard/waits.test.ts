import type { PartView } from '@sluice/gateway/page-api/state';
import { expect, test } from 'vitest';
import { dayTime } from './dom';
import { waitingOf } from './waits';

const now = Date.UTC(2026, 10, 29, 12);
const minute = 60_000;
const since = now - 30 * minute;
const at = dayTime(since, now);

function shown(of: Partial<PartView>): string {
  const part: Partial<PartView> = { connected: false, since, statusAt: null, ...of };
  const { isGood, state, wait } = waitingOf(part as PartView, now);
  return `${isGood ? 'good' : 'bad'}: ${state}${wait && `; ${wait}`}`;
}

test.each<[string, Partial<PartView>, string]>([
  ['is there', { connected: true, statusAt: now }, `good: connected since ${at}`],
  [
    'sleeps',
    { asleepUntil: now + minute },
    `good: asleep until ${dayTime(now + minute, now)}; it captures, and is back in 1 min`,
  ],
  [
    'was heard no more',
    { endedBy: 'silent' },
    `bad: away since ${at}, 30 min: silent; it captures, and looks for its WiFi every 30 s, then for this gateway`,
  ],
  [
    'is refused',
    { refused: { code: 'proof', detail: '', address: '192.0.2.7', since, count: 3 } },
    `bad: refused since ${at}; it goes on trying: what it is told is below`,
  ],
  [
    'has never come',
    { since: null },
    'bad: not seen yet; it has never dialled this gateway: is it flashed, and in reach of its WiFi?',
  ],
])('of a part that %s this is said, with since when, and what is waited for', (_, part, text) => {
  expect(shown(part)).toBe(text);
});
