import type { PartView, StreamView } from '@sluice/gateway/page-api/state';
import { describe, expect, test } from 'vitest';
import { partStatus, statusLines } from './status';

const now = 1_800_000_000_000;

function part(of: Partial<PartView>): PartView {
  return {
    name: 'shed',
    connected: true,
    since: now - 41_000,
    statusAt: null,
    losses: [],
    ...of,
  } as PartView;
}

function stream(received: number, device?: { captured: number; acknowledged: number }, over?: 'earlier') {
  return { gateway: { received }, device, over } as unknown as StreamView;
}

function lineOf(of: Partial<PartView>): string {
  const program = { directory: '.sluice', bytes: 0, running: true, since: now, pid: 1, healthy: true };
  return statusLines({ ...program, parts: [partStatus(part(of))] }, now).at(-1)!;
}

describe('the status of a part', () => {
  test('counts what has come by now, and says how old is what the part told', () => {
    const streams = [
      stream(5_395, { captured: 200, acknowledged: 0 }),
      stream(11, { captured: 34, acknowledged: 0 }),
    ];
    expect(lineOf({ streams, statusAt: now - 40_000 })).toBe(
      '  shed: connected for 41 s; 2 streams, 5406 readings received, 0 lost; ' +
        '234 captured since its start and 0 acknowledged, as it told 40 s ago',
    );
  });

  test('has no figures of a part that has told none', () => {
    expect(lineOf({ streams: [stream(7)] })).toBe(
      '  shed: connected for 41 s; 1 stream, 7 readings received, 0 lost',
    );
  });

  test('says how many can have been lost where that is not known', () => {
    const loss = { stream: '', boot: '1-1', cause: 'reboot', start: 0, end: 0, lowerBound: true };
    const losses = [
      { ...loss, readings: 0, atMost: 24_500 },
      { ...loss, readings: 13 },
    ];
    expect(lineOf({ streams: [], losses })).toMatch(/, 13 to 24513 lost$/);
  });

  test('counts the streams that run, and the readings of all that ran', () => {
    expect(lineOf({ streams: [stream(7), stream(5, undefined, 'earlier')] })).toMatch(
      /: .*; 1 stream, 12 readings received/,
    );
  });
});
