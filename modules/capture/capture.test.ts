import { describe, expect, test } from 'vitest';
import { type DecodedBlock, decodeBlock } from '../block/decoder';
import type { CollectorPlan, Owner } from '../config/plan';
import type { Source } from '../resources/source';
import { FlashLog } from '../ring/flash-log';
import { NorFlash } from '../ring/nor-flash.node';
import { Capture } from './capture';
import type { Stream } from './collector';
import { statusOf } from './conservation';
import { VirtualTimer } from './virtual-timer.node';

const boot = { counter: 3, random: 0x12345678 };

function plan(
  reader: string,
  hertz: number,
  changes: Partial<CollectorPlan> = {},
  owner: Owner = 'part',
): CollectorPlan {
  return {
    identity: {
      owner,
      resource: 'rdk:component:board/b',
      method: 'Analogs',
      parameters: { reader_name: reader },
    },
    frequency: { numerator: hertz, denominator: 1 },
    quota: 10_000,
    target: 512,
    tags: [],
    ...changes,
  };
}

class Bench {
  readonly timer = new VirtualTimer();
  readonly log = new FlashLog({ flash: new NorFlash(256), boot, headBytes: 8192 });
  readonly failures: string[] = [];
  readonly capture = new Capture({
    clock: this.timer,
    timer: this.timer,
    boot,
    log: this.log,
    failed: (collector, error) => this.failures.push(`${collector.number}: ${error}`),
  });

  apply(collectors: CollectorPlan[], rebuilt?: Set<string>) {
    const paths = collectors.map(({ identity }) => `components[0].${identity.parameters.reader_name}`);
    return this.capture.apply({ collectors, paths }, (wanted) => this.#source(wanted), rebuilt);
  }

  run(duration: number): void {
    this.timer.run(this.timer.now() + duration);
  }

  stream(reader: string): Stream {
    const found = this.capture.streams.filter(
      ({ plan: { identity } }) => identity.parameters.reader_name === reader,
    );
    return found.at(-1)!;
  }

  /** Everything the ring of a stream holds, decoded. */
  blocks({ ring }: Stream): DecodedBlock[] {
    const into = new Uint8Array(512);
    const blocks: DecodedBlock[] = [];
    for (let sequence = ring.oldest; sequence < ring.next; sequence++) {
      const length = ring.read(sequence, into);
      const block = decodeBlock(into.slice(0, length));
      if (!('values' in block)) throw new Error(`block ${sequence}: ${block.message}`);
      blocks.push(block);
    }
    return blocks;
  }

  #source({ identity }: CollectorPlan): Source {
    const reader = identity.parameters.reader_name!;
    if (reader === 'absent') throw new Error('no reader "absent"');
    return {
      kind: reader === 'double' ? 'double' : 'integer',
      range: { min: 0, max: 2450, step: 2450 / 4095, unit: 'mV' },
      io: { read: () => this.timer.now() % 4096 },
    };
  }
}

function conserved(bench: Bench): void {
  for (const stream of bench.capture.streams) {
    const { captured, acknowledged, overwritten, discarded, stored } = statusOf(stream);
    expect(acknowledged + overwritten + discarded + stored).toBe(captured);
  }
}

describe('capture', () => {
  test('brings every reading into the ring, whole and at its time', () => {
    const bench = new Bench();
    expect(bench.apply([plan('a', 100), plan('c', 60)])).toEqual([]);
    bench.run(60_000);
    bench.capture.seal();
    bench.run(100);
    for (const reader of ['a', 'c']) {
      const stream = bench.stream(reader);
      const readings = bench.blocks(stream).flatMap((block) => [...block.readings()]);
      expect(readings.length).toBeGreaterThanOrEqual(reader === 'a' ? 5999 : 3599);
      for (const { requested, value } of readings) expect(value).toBe(requested % 4096);
    }
    conserved(bench);
  });

  test('seals every open block, one a turn, and says when it has finished', () => {
    const bench = new Bench();
    bench.apply([plan('a', 10), plan('c', 10), plan('d', 0.5 * 2)]);
    bench.run(1_050);
    let done = 0;
    bench.capture.seal(() => done++);
    expect(done).toBe(0);
    bench.run(20);
    expect(done).toBe(1);
    for (const { encoder, ring } of bench.capture.streams) {
      expect(encoder.held).toBe(0);
      expect(ring.next).toBe(1);
    }
    bench.capture.seal(() => done++);
    bench.run(20);
    expect(done).toBe(2);
    expect(bench.capture.streams.map(({ ring }) => ring.next)).toEqual([1, 1, 1]);
  });

  test('lets what did not change go on untouched through a reconfiguration', () => {
    const bench = new Bench();
    bench.apply([plan('a', 100), plan('c', 100), plan('d', 7)]);
    bench.run(10_005);
    const before = bench.stream('a');
    bench.apply([plan('e', 100), plan('c', 50), plan('a', 100)]);
    bench.run(10_000);
    bench.capture.seal();
    bench.run(20);
    const after = bench.stream('a');
    expect(after).toBe(before);
    expect(after.number).toBe(0);
    const times = bench.blocks(after).flatMap((block) => [...block.times().requested]);
    expect(times.every((time, index) => index === 0 || time === times[index - 1]! + 10)).toBe(true);
    expect(bench.blocks(after).map(({ sequence }) => sequence)).toEqual(
      bench.blocks(after).map((_, index) => index),
    );
    expect(bench.stream('c').number).toBeGreaterThan(2);
    expect([70, 71]).toContain(bench.stream('d').counters.captured);
    conserved(bench);
  });

  test('hands over what a removed collector holds, its open block included', () => {
    const bench = new Bench();
    bench.apply([plan('a', 100)]);
    bench.run(5_000);
    bench.apply([]);
    const stream = bench.stream('a');
    expect(bench.blocks(stream).reduce((sum, { count }) => sum + count, 0)).toBe(stream.counters.captured);
    expect(bench.capture.holds).toBe(true);
    stream.ring.acknowledge(stream.ring.next);
    expect(bench.capture.holds).toBe(false);
    expect(statusOf(stream).acknowledged).toBe(stream.counters.captured);
    bench.run(5_000);
    expect(stream.counters.captured).toBe(500);
  });

  test('keeps of ended streams no more than their counts, of few, and their rings until they are delivered', () => {
    const bench = new Bench();
    for (let change = 0; change < 40; change++) {
      bench.apply([plan('a', change % 2 ? 50 : 100), plan('b', change % 2 ? 60 : 80)]);
      bench.run(1000);
      for (const stream of bench.capture.streams) if (change > 2) stream.ring.acknowledge(stream.ring.next);
    }
    const ended = bench.capture.streams.slice(0, -2);
    expect(ended.length).toBeGreaterThan(0);
    expect(ended.length).toBeLessThanOrEqual(10);
    for (const { encoder } of ended) expect(encoder).toEqual({ held: 0, refused: 0 });
    conserved(bench);
  });

  test('gives a new stream to each collector it starts, and never the same number twice', () => {
    const bench = new Bench();
    for (let round = 0; round < 100; round++) {
      bench.apply([plan('a', 100 + (round % 2)), plan('c', 10)]);
      bench.run(50);
    }
    expect(bench.stream('a').number).toBe(100);
    expect(bench.stream('c').number).toBe(1);
    for (const stream of bench.capture.streams) stream.ring.acknowledge(stream.ring.next);
    bench.capture.seal();
    expect(bench.capture.streams.length).toBeLessThanOrEqual(34);
  });

  test('starts anew what reads from a resource that was built anew', () => {
    const bench = new Bench();
    bench.apply([plan('a', 100)]);
    bench.run(1_000);
    bench.apply([plan('a', 100)], new Set(['rdk:component:board/b']));
    expect(bench.capture.streams.map(({ number }) => number)).toEqual([0, 1]);
  });

  test('reports by its path what cannot run, and runs the rest', () => {
    const bench = new Bench();
    const problems = bench.apply([
      plan('absent', 100),
      plan('big', 100, { quota: 10_000_000 }),
      plan('double', 100),
      plan('a', 100),
    ]);
    expect(problems.map(({ code, path }) => [code, path])).toEqual([
      ['no-source', 'components[0].absent'],
      ['build-failed', 'components[0].big'],
      ['no-source', 'components[0].double'],
    ]);
    expect(problems[1]!.message).toMatch(/would fit/);
    bench.run(1_000);
    expect(bench.stream('a').counters.captured).toBe(100);
  });

  test('runs the same reader for the part and for its main', () => {
    const bench = new Bench();
    bench.apply([plan('a', 100), plan('a', 10, {}, 'main')]);
    bench.run(1_000);
    expect(bench.capture.streams.map(({ counters }) => counters.captured)).toEqual([100, 10]);
  });

  test('is closed for good, with what it holds in the rings', () => {
    const bench = new Bench();
    bench.apply([plan('a', 100)]);
    bench.run(1_000);
    bench.capture.close();
    bench.capture.close();
    bench.run(10_000);
    expect(bench.stream('a').counters.captured).toBe(100);
    conserved(bench);
  });
});
