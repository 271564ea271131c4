import { expect, test } from 'vitest';
import type { link } from '../../proto/link.js';
import type { StreamState } from '../outbox/streams';
import { checkKeptParts } from './kept-parts';
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

/** As the next process of the gateway has it. */
function restarted(state: PartState): PartState {
  const kept = JSON.parse(JSON.stringify([state]));
  checkKeptParts(kept);
  return PartState.restore(kept[0]);
}

/** What is lost of a stream of one reading a second when boot 13 begins so many ms after the session of 12 ended. */
function lossAfter(pause: number, begin: link.IBegin, handedOver = false) {
  const state = new PartState('esp');
  state.opened(session(12, begun), { resetReason: 'Power-On', previousUptime: 0 }, begun);
  state.handedOver = handedOver;
  state.ended(ended, 'closed');
  const kept = restarted(state);
  kept.opened(session(13, ended + pause), begin, ended + pause + 1_000);
  const stream = {
    metadata: { period: { numerator: 1_000, denominator: 1 } },
    readings: 3_000,
    end: ended - 5_000,
  } as unknown as StreamState;
  kept.settle([], ({ counter }) => new Map(counter === 12 ? [[0, stream]] : []));
  return kept.losses[0]!;
}

test('a boot that had handed over everything has lost nothing, whenever the next one begins', () => {
  const begin = { resetReason: 'asked by a remote call', previousUptime: 0 };
  expect(lossAfter(60 * hour, begin)).toMatchObject({ cause: 'reboot' });
  expect(lossAfter(60 * hour, begin, true)).toBeUndefined();
});

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

const period = { numerator: 1_000, denominator: 1 };
const name = {
  owner: 'part' as const,
  resource: 'rdk:component:board/b',
  method: 'Analogs',
  parameters: { reader_name: 'A1' },
};
const received = (readings: number) =>
  new Map([[0, { metadata: { ...name, period }, readings, end: ended - 5_000 } as unknown as StreamState]]);

function open(counter = 12): PartState {
  const state = new PartState('esp');
  state.opened(session(counter, begun), { resetReason: 'Power-On' }, begun);
  return state;
}

test('a new boot has told nothing of itself, whatever the one before told', () => {
  const state = open();
  state.onStatus({ streams: [{ stream: 0, captured: 9 }], details: '{"uptime":1000}' }, begun + 1_000);
  state.opened(session(13, ended), { resetReason: 'Power-On' }, ended);
  expect(state).toMatchObject({ details: '', statusAt: 0 });
  expect(state.streams.size).toBe(0);
});

test('a report has beside it what the gateway had at that moment', () => {
  const state = open();
  state.onStatus({ streams: [{ stream: 0, captured: 90, acknowledged: 70 }] }, begun, received(75));
  expect(state.streams.get(0)).toMatchObject({ captured: 90, acknowledged: 70, received: 75 });
});

test('losses keep the names of their streams over a restart of the gateway, and when the stream is forgotten', () => {
  const state = open();
  const losses = [{ stream: 0, cause: 'quota', readings: 4, start: 1, end: 2 }];
  state.onStatus({ streams: [], losses, ledger: true }, begun, received(75));
  state.onStatus({ streams: [], losses, ledger: true }, begun, new Map());
  expect(state.losses).toMatchObject([{ stream: 0, name, readings: 4 }]);
  expect(restarted(state).losses[0]!.name).toEqual(name);
});

test('what all losses come to does not grow with what is told again', () => {
  const state = open();
  const losses = [{ stream: 0, cause: 'quota', readings: 4, start: 1, end: 2 }];
  for (let round = 0; round < 3; round++) state.onStatus({ losses, ledger: true }, begun);
  expect(state.lost).toEqual({ readings: 4, atMost: 4 });
  const kept = restarted(state);
  kept.opened(session(13, ended), { resetReason: 'Task WDT' }, ended);
  kept.settle([], () => received(3_000));
  expect(kept.lost).toEqual({ readings: 4, atMost: 9 });
});

test('a stream that had ended and was delivered has lost nothing when its boot is over', () => {
  const state = open();
  state.onStatus({ streams: [{ stream: 0, captured: 70, acknowledged: 70 }] }, begun);
  state.onStatus({ streams: [{ stream: 1, captured: 9 }] }, begun);
  state.onStatus({ streams: [] }, begun);
  state.onStatus({ streams: [{ stream: 1, captured: 9 }] }, begun);
  state.onStatus({ streams: [] }, begun);
  state.ended(ended, 'closed');
  const kept = restarted(state);
  kept.opened(session(13, ended), { resetReason: 'Task WDT' }, ended);
  const both = new Map([...received(70), [1, received(5).get(0)!] as const]);
  kept.settle([], () => both);
  expect(kept.losses).toMatchObject([{ stream: 1, readings: 4 }]);
});

test('a part that was there when the gateway ended is away since its last status, not since it came', () => {
  const state = open();
  state.onStatus({ streams: [] }, ended);
  expect(restarted(state).since).toBe(ended);
  state.ended(ended + 1_000, 'closed');
  expect(restarted(state).since).toBe(ended + 1_000);
});

test.each([
  ['all of it', () => ({})],
  ['0.name', () => [{}]],
  ['1.boot.counter', (kept: object) => [kept, { ...kept, boot: { random: 1 } }]],
  [
    '0.losses.0.readings',
    (kept: object) => [{ ...kept, losses: [{ boot: '1-1', stream: 0, cause: 'quota' }] }],
  ],
  ['0.streams', (kept: object) => [{ ...kept, streams: {} }]],
] as const)('what is kept of parts and has become something else is refused at %s', (path, change) => {
  const kept = JSON.parse(JSON.stringify(open()));
  expect(() => checkKeptParts(change(kept))).toThrow(new RegExp(`^${path}: `));
});
