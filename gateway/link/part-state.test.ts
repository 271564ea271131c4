import { expect, test } from 'vitest';
import type { link } from '../../proto/link.js';
import type { StreamState } from '../outbox/streams';
import { PartState } from './part-state';
import type { Session } from './session';

const minute = 60_000;
const hour = 60 * minute;
/** Wall milliseconds: when the boot began, and when its session ended an hour later. */
const begun = Date.UTC(2026, 0, 2);
const ended = begun + hour;

function session(counter: number, offset: number): Session {
  const clock = { offset, source: 'sntp', roundTrip: 10 };
  return {
    boot: { counter, random: counter },
    remote: '',
    firmware: '',
    chip: '',
    clock,
  } as unknown as Session;
}

/** What is lost of a stream of one reading a second when boot 13 begins so many ms after the session of 12 ended. */
function lossAfter(pause: number, begin: link.IBegin) {
  const state = new PartState('esp');
  state.opened(session(12, begun), { resetReason: 'Power-On', previousUptime: 0 }, begun);
  state.ended(ended, 'closed');
  const kept = PartState.restore(JSON.parse(JSON.stringify(state)));
  kept.opened(session(13, ended + pause), begin, ended + pause + 1_000);
  const stream = {
    metadata: { period: { numerator: 1_000, denominator: 1 } },
    readings: 3_000,
    end: ended - 5_000,
  } as unknown as StreamState;
  kept.settle([], ({ counter }) => new Map(counter === 12 ? [[0, stream]] : []));
  return kept.losses[0]!;
}

test('a board that was switched off for a weekend has not captured through it', () => {
  const loss = lossAfter(60 * hour, { resetReason: 'Power-On', previousUptime: 0 });
  expect(loss).toMatchObject({ cause: 'reboot', start: ended - 5_000, end: ended + 10 * minute });
  expect(loss.atMost).toBe(605);
});

test('what it noted of its life without a gateway counts', () => {
  const loss = lossAfter(60 * hour, { resetReason: 'Power-On', previousUptime: 3 * hour });
  expect(loss.end).toBe(begun + 3 * hour + 10 * minute);
  expect(loss.atMost).toBe(2 * 3_600 + 605);
});

test.each([
  ['restarted by its watchdog', { resetReason: 'Task WDT', previousUptime: 0 }],
  ['with a firmware that makes no notes', { resetReason: 'Power-On' }],
])('a board %s may have captured until it began again', (_, begin) => {
  const loss = lossAfter(hour, begin);
  expect(loss.end).toBe(ended + hour);
  expect(loss.atMost).toBe(3_605);
});

test('no bound goes beyond the beginning of the next boot', () => {
  const loss = lossAfter(minute, { resetReason: 'Power-On', previousUptime: 0 });
  expect(loss.end).toBe(ended + minute);
});
