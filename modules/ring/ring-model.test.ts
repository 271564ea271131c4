/** The log and its rings against the simplest model there is, under every order of calls that fast-check thinks of. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { runs } from '../../test/chance';
import { FlashLog } from './flash-log';
import { NorFlash } from './nor-flash.node.js';
import { blockTarget, indexCapacity, type Ring } from './ring';
import { conservation, isWhole, testBlock } from './test-blocks.node.js';

const sectors = 12;
const rings = 3;

interface ModelRing {
  stream: number;
  quota: number;
  next: number;
  stored: { sequence: number; length: number; readings: number }[];
  appended: number;
  acknowledged: number;
  overwritten: number;
  discarded: number;
  closed: boolean;
}
function readingsOf(blocks: readonly { readings: number }[]): number {
  return blocks.reduce((sum, { readings }) => sum + readings, 0);
}

interface Model {
  rings: (ModelRing | undefined)[];
  streams: number;
}
interface Real {
  flash: NorFlash;
  log: FlashLog;
  headBytes: number;
  boots: number;
  rings: (Ring | undefined)[];
}

function boot(real: { flash: NorFlash; headBytes: number }, boots: number): FlashLog {
  return new FlashLog({
    flash: real.flash,
    isWhole,
    boot: { counter: boots, random: boots * 77 },
    headBytes: real.headBytes,
  });
}

function checkAll(model: Model, real: Real): void {
  const into = new Uint8Array(512);
  for (let slot = 0; slot < rings; slot += 1) {
    const expected = model.rings[slot];
    const ring = real.rings[slot];
    if (expected === undefined || ring === undefined) continue;
    expect(conservation(real.log, ring)).toBeUndefined();
    // A closed ring's blocks may be overwritten whenever they are in the way.
    if (expected.closed) {
      expect(ring.oldest).toBeGreaterThanOrEqual(expected.stored[0]?.sequence ?? expected.next);
      while (expected.stored.length > 0 && expected.stored[0].sequence < ring.oldest) {
        expected.overwritten += expected.stored.shift()!.readings;
      }
    }
    expect(ring.next).toBe(expected.next);
    expect(ring.oldest).toBe(expected.stored[0]?.sequence ?? expected.next);
    expect(ring.bytes).toBe(expected.stored.reduce((sum, block) => sum + block.length, 0));
    expect(ring.counters).toEqual({
      appendedReadings: expected.appended,
      acknowledgedReadings: expected.acknowledged,
      overwrittenReadings: expected.overwritten,
      discardedReadings: expected.discarded,
    });
    for (const block of [expected.stored[0], expected.stored[expected.stored.length >> 1]]) {
      if (block === undefined) continue;
      expect(ring.read(block.sequence, into)).toBe(block.length);
      expect(into.subarray(0, block.length)).toEqual(
        testBlock(expected.stream, block.sequence, block.length),
      );
    }
  }
}

type Step = (model: Model, real: Real) => void;

class Command implements fc.Command<Model, Real> {
  readonly #name: string;
  readonly #step: Step;

  constructor(name: string, step: Step) {
    this.#name = name;
    this.#step = step;
  }
  check(): boolean {
    return true;
  }
  run(model: Model, real: Real): void {
    this.#step(model, real);
    checkAll(model, real);
  }
  toString(): string {
    return this.#name;
  }
}

const slots = fc.nat(rings - 1);

const open = fc.tuple(slots, fc.integer({ min: 1000, max: 7000 })).map(
  ([slot, quota]) =>
    new Command(`open(${slot}, ${quota})`, (model, real) => {
      if (model.rings[slot] !== undefined && !model.rings[slot].closed) return;
      const stream = model.streams;
      model.streams += 1;
      real.rings[slot] = real.log.openRing({ stream, quota });
      model.rings[slot] = {
        stream,
        quota,
        next: 0,
        stored: [],
        appended: 0,
        acknowledged: 0,
        overwritten: 0,
        discarded: 0,
        closed: false,
      };
    }),
);

const append = fc
  .tuple(slots, fc.integer({ min: 3, max: 256 }), fc.integer({ min: 1, max: 60 }), fc.nat(3))
  .map(
    ([slot, words, blocks, shape]) =>
      new Command(`append(${slot}, ${2 * words} B, ${blocks} times, ${shape})`, (model, real) => {
        const expected = model.rings[slot];
        if (expected === undefined || expected.closed) return;
        const largest = Math.floor(blockTarget(expected.quota) / 2);
        for (let block = 0; block < blocks; block += 1) {
          const length = 2 * Math.min(largest, shape === 0 ? words : 100 + ((words * (block + 7)) % 156));
          const sequence = expected.next;
          let bytes = expected.stored.reduce((sum, stored) => sum + stored.length, 0);
          while (
            bytes + length > expected.quota ||
            expected.stored.length === indexCapacity(expected.quota)
          ) {
            const oldest = expected.stored.shift()!;
            bytes -= oldest.length;
            expected.overwritten += oldest.readings;
          }
          expected.stored.push({ sequence, length, readings: words });
          expected.next += 1;
          expected.appended += words;
          real.rings[slot]!.block(
            testBlock(expected.stream, sequence, length),
            length,
            sequence,
            words,
            sequence * 1000,
            sequence * 1000 + 999,
          );
        }
      }),
  );

const acknowledge = fc.tuple(slots, fc.nat(70)).map(
  ([slot, blocks]) =>
    new Command(`acknowledge(${slot}, ${blocks})`, (model, real) => {
      const expected = model.rings[slot];
      if (expected === undefined) return;
      const ring = real.rings[slot]!;
      ring.acknowledge(ring.oldest + blocks);
      expected.acknowledged += readingsOf(expected.stored.splice(0, blocks));
    }),
);

const close = fc.tuple(slots, fc.boolean()).map(
  ([slot, handover]) =>
    new Command(`close(${slot}, ${handover ? 'handover' : 'discard'})`, (model, real) => {
      const expected = model.rings[slot];
      if (expected === undefined || expected.closed) return;
      expected.closed = true;
      real.rings[slot]!.close(handover ? 'handover' : 'discard');
      if (!handover) expected.discarded += readingsOf(expected.stored.splice(0));
    }),
);

const idle = fc
  .integer({ min: 0, max: 100 })
  .map((budget) => new Command(`idle(${budget})`, (_, real) => real.log.idle(budget)));

const reboot = fc.constant(
  new Command('reboot', (model, real) => {
    real.boots += 1;
    real.log = boot(real, real.boots);
    real.rings.fill(undefined);
    model.rings.fill(undefined);
  }),
);

test('does what a list in memory does, whatever is called in whatever order', () => {
  const result = fc.check(
    fc.property(
      fc.commands([open, append, append, append, acknowledge, close, idle, reboot], {
        maxCommands: 60,
        size: 'max',
      }),
      fc.constantFrom(0, 1200, 5000),
      (commands, headBytes) => {
        fc.modelRun(() => {
          const flash = new NorFlash(sectors);
          const real: Real = { flash, headBytes, boots: 1, rings: [], log: boot({ flash, headBytes }, 1) };
          return { model: { rings: [], streams: 0 }, real };
        }, commands);
      },
    ),
    runs(250),
  );
  console.log(`ring model: ${result.numRuns} runs, seed ${result.seed}`);
  if (result.failed)
    throw new Error(fc.defaultReportMessage(result) ?? 'failed', { cause: result.errorInstance });
});
