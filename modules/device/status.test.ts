import { expect, test } from 'vitest';
import { streamFigures } from '../../proto/figures';
import { FlashLog } from '../ring/flash-log';
import { testBlock } from '../ring/test-blocks.node';
import { figurePieces, statusPieces, type Told } from './status';

interface Answer {
  uptime: number;
  flash: Record<string, number>;
  streams: unknown[];
}

function textOf(pieces: Iterator<string, string>): string {
  let text = '';
  for (;;) {
    const { done, value } = pieces.next();
    text += value;
    if (done) return text;
  }
}

function deviceOf(streamCount: number): Told {
  const flashLog = new FlashLog({ flash: undefined, boot: { counter: 1, random: 7 }, headBytes: 20_000 });
  const streams = Array.from({ length: streamCount }, (_, number) => {
    const ring = flashLog.openRing({ stream: number, quota: 4_000 });
    for (let sequence = 0; sequence < 3; sequence++)
      ring.block(
        testBlock(number, sequence, 500),
        500,
        sequence,
        100,
        sequence * 1_000,
        sequence * 1_000 + 990,
      );
    ring.acknowledge(1);
    const some = number === 1 ? { missed: 1, late: 2, failed: 3, slow: 4, refused: 5 } : {};
    return {
      number,
      plan: { identity: { resource: 'rdk:component:board/board', method: 'Analogs' } },
      encoder: { held: 17, refused: 0 },
      ring,
      counters: { captured: 317, missed: 0, late: 0, failed: 0, slow: 0, refused: 0, ...some },
    };
  });
  return {
    clock: { now: () => 5_000, wall: { source: 'sntp', uncertainty: 3 } },
    identity: { resetReason: 'power on', firmware: '0.1.0' },
    revision: '',
    problems: [],
    problemCount: 0,
    network: {},
    flashLog,
    capture: { streamAfter: (number: number) => streams[number + 1] },
    log: { recent: [] },
  } as unknown as Told;
}

test('the figures of a page are those of the status, in the order that both sides know', () => {
  const device = deviceOf(3);
  const status = JSON.parse(textOf(statusPieces(device))) as Answer;
  const figures = JSON.parse(textOf(figurePieces(device))) as Answer;
  expect(figures.uptime).toBe(status.uptime);
  expect(Object.keys(figures.flash).length).toBeGreaterThan(0);
  expect(status.flash).toMatchObject(figures.flash);
  for (const [name, value] of Object.entries(status.flash)) expect(figures.flash[name] ?? 0).toBe(value);
  const rows = figures.streams.map((row) =>
    Object.fromEntries(streamFigures.map((name, index) => [name, (row as number[])[index] ?? 0])),
  );
  expect(rows.length).toBe(3);
  expect(status.streams).toEqual(rows.map((row) => expect.objectContaining(row)));
});

test('a part without streams has figures all the same', () => {
  expect(JSON.parse(textOf(figurePieces(deviceOf(0))))).toEqual({ uptime: 5_000, flash: {}, streams: [] });
});
