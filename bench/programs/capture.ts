/** The way of a reading from the timer to the ring, and what others do with one. */
import Analog from 'embedded:io/analog';
import type Timer from 'timer';
import { IntegerEncoder } from '../../modules/block/integer-encoder';
import { Collector } from '../../modules/capture/collector';
import { Scheduler } from '../../modules/capture/scheduler';
import type { CollectorPlan } from '../../modules/config/plan';
import { Clock } from '../../modules/device/clock';
import type { Source } from '../../modules/resources/source';
import { FlashLog } from '../../modules/ring/flash-log';
import type { Ring } from '../../modules/ring/ring';

/** As in the soak: twelve pins at one rate. */
const collectors = 12;
const boot = { counter: 1, random: 1 };

/** Reads that show a noisy level, at the price of a table; what that costs is measured and taken off again. */
class TableReader {
  index: number;
  constructor(
    readonly values: number[],
    start: number,
  ) {
    this.index = start;
  }
  read(): number {
    this.index = (this.index + 1) & 1023;
    return this.values[this.index]!;
  }
}

function noisyLevel(): number[] {
  const values: number[] = [];
  let state = 1;
  for (let index = 0; index < 1024; index++) {
    let sum = 0;
    for (let part = 0; part < 12; part++) {
      state = (Math.imul(state, 1664525) + 1013904223) | 0;
      sum += (state >>> 0) / 4294967296 - 0.5;
    }
    values.push(Math.round(2000 + 2 * sum));
  }
  return values;
}

/** Nothing but what the scheduler needs to be woken by hand. */
class HandTimer {
  wake: (timer: Timer) => void = () => {};
  set(callback: (timer: Timer) => void): Timer {
    this.wake = callback;
    return this as unknown as Timer;
  }
  schedule(): void {}
  clear(): void {}
}

export default function prepare(): Record<string, (count: number) => void> {
  const values = noisyLevel();
  const ticks = { ticks: 9 };
  const clock = new Clock(ticks);
  const timer = new HandTimer();
  const log = new FlashLog({ boot, headBytes: 40_000 });
  const scheduler = new Scheduler({ clock, timer, failed() {}, flash: log });
  const period = { numerator: 10, denominator: 1 };
  const rings: Ring[] = [];
  for (let stream = 0; stream < collectors; stream++) {
    const ring = log.openRing({ stream, quota: 2_000 });
    rings.push(ring);
    const encoder = new IntegerEncoder({ boot, stream, period, target: 500, sink: ring });
    const io = new TableReader(values, 128 * stream);
    const source: Source = { kind: 'integer', io };
    const plan = {
      identity: { resource: 'rdk:component:board/b', method: 'Analogs' },
      frequency: { numerator: 100, denominator: 1 },
    } as CollectorPlan;
    scheduler.add(new Collector(plan, source, encoder, ring), period);
  }
  const table = new TableReader(values, 0);
  const native = new Analog({ pin: 0 });
  const record = new NaiveRecord();
  const message = new SensorData();
  // The uplink keeps up: rings are emptied each 6 s, whose blocks fit the RAM head.
  const tick = (count: number) => {
    for (let index = 0; index < count; index += collectors) {
      timer.wake(timer as unknown as Timer);
      ticks.ticks += 10;
      if (ticks.ticks % 6000 === 0)
        for (let at = 0; at < collectors; at++) rings[at]!.acknowledge(rings[at]!.next);
    }
  };
  // The first tick is due 1 ms after the collectors were added. Until all have been encoded once nothing is typical.
  ticks.ticks = 10;
  tick(collectors * 1800);
  return {
    path: tick,
    tableRead(count) {
      for (let index = 0; index < count; index++) table.read();
    },
    nativeRead(count) {
      for (let index = 0; index < count; index++) native.read();
    },
    naiveRecord(count) {
      for (let index = 0; index < count; index++) record.write(1_000_000 + index, index & 4095);
    },
    sensorData(count) {
      for (let index = 0; index < count; index++) message.write(1_700_000_000, index, index & 4095);
    },
  };
}

/** 24 B by hand: stream, time, value, CRC-32. */
class NaiveRecord {
  readonly view = new DataView(new ArrayBuffer(24));
  readonly bytes = new Uint8Array(this.view.buffer);
  readonly table: number[] = [];

  constructor() {
    for (let byte = 0; byte < 256; byte++) {
      let value = byte;
      for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
      this.table.push(value | 0);
    }
  }

  write(time: number, value: number): void {
    const { view, bytes, table } = this;
    view.setUint32(0, 7, true);
    view.setFloat64(4, time, true);
    view.setFloat64(12, value, true);
    let crc = -1;
    for (let index = 0; index < 20; index++) crc = (crc >>> 8) ^ table[(crc ^ bytes[index]!) & 255]!;
    view.setInt32(20, ~crc, true);
  }
}

/** viam.app.datasync.v1.SensorData by hand: two time stamps, and a Struct with the four fields of an Analogs reading. */
class SensorData {
  readonly bytes = new Uint8Array(160);
  readonly view = new DataView(this.bytes.buffer);
  readonly names = ['value', 'min_range', 'max_range', 'step_size'].map((name) => {
    const text = Array.from(name, (character) => character.charCodeAt(0));
    return new Uint8Array([0x0a, name.length + 13, 0x0a, name.length, ...text, 0x12, 9, 0x11]);
  });
  readonly numbers = [0, 0, 2.45, 2.45 / 4095];

  write(seconds: number, nanoseconds: number, value: number): void {
    const { bytes, view, names, numbers } = this;
    bytes[0] = 0x0a;
    let at = 2;
    let rest = 0;
    for (let field = 1; field <= 2; field++) {
      const start = at + 2;
      bytes[at] = (field << 3) | 2;
      at = start;
      bytes[at++] = 0x08;
      for (rest = seconds; rest >= 128; rest >>>= 7) bytes[at++] = (rest & 127) | 128;
      bytes[at++] = rest;
      bytes[at++] = 0x10;
      for (rest = nanoseconds; rest >= 128; rest >>>= 7) bytes[at++] = (rest & 127) | 128;
      bytes[at++] = rest;
      bytes[start - 1] = at - start;
    }
    bytes[1] = at - 2;
    bytes[at++] = 0x12;
    const struct = at + 1;
    at = struct;
    numbers[0] = value;
    for (let field = 0; field < 4; field++) {
      bytes.set(names[field]!, at);
      at += names[field]!.length;
      view.setFloat64(at, numbers[field]!, true);
      at += 8;
    }
    bytes[struct - 1] = at - struct;
  }
}
