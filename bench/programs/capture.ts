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

const COLLECTORS = 8;
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
  const scheduler = new Scheduler({ clock, timer, failed() {}, idle: (budget) => log.idle(budget) });
  const period = { numerator: 10, denominator: 1 };
  for (let stream = 0; stream < COLLECTORS; stream++) {
    const ring = log.openRing({ stream, quota: 2_000 });
    const encoder = new IntegerEncoder({ boot, stream, period, target: 500, sink: ring });
    const io = new TableReader(values, 128 * stream);
    const source: Source = { kind: 'integer', io, close() {} };
    const plan = { frequency: { numerator: 100, denominator: 1 } } as CollectorPlan;
    scheduler.add(new Collector(stream, plan, period, source, encoder, ring));
  }
  const table = new TableReader(values, 0);
  const native = new Analog({ pin: 0 });
  const record = new NaiveRecord();
  const message = new SensorData();
  const tick = (count: number) => {
    for (let index = 0; index < count; index += COLLECTORS) {
      timer.wake(timer as unknown as Timer);
      ticks.ticks += 10;
    }
  };
  // The first tick is due 1 ms after the collectors were added. Until all have been encoded once nothing is typical.
  ticks.ticks = 10;
  tick(COLLECTORS * 2000);
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
  at = 0;

  write(seconds: number, nanoseconds: number, value: number): void {
    this.at = 0;
    this.byte(0x0a);
    this.byte(2 * 14);
    for (let field = 1; field <= 2; field++) {
      this.byte((field << 3) | 2);
      this.byte(12);
      this.byte(0x08);
      this.varint(seconds);
      this.byte(0x10);
      this.varint(nanoseconds);
    }
    this.byte(0x12);
    this.byte(0);
    const start = this.at;
    this.field('value', value);
    this.field('min_range', 0);
    this.field('max_range', 2.45);
    this.field('step_size', 2.45 / 4095);
    this.bytes[start - 1] = this.at - start;
  }

  private field(name: string, value: number): void {
    this.byte(0x0a);
    this.byte(name.length + 13);
    this.byte(0x0a);
    this.byte(name.length);
    for (let index = 0; index < name.length; index++) this.byte(name.charCodeAt(index));
    this.byte(0x12);
    this.byte(9);
    this.byte(0x11);
    this.view.setFloat64(this.at, value, true);
    this.at += 8;
  }

  private varint(value: number): void {
    let rest = value;
    while (rest >= 128) {
      this.byte((rest & 127) | 128);
      rest >>>= 7;
    }
    this.byte(rest);
  }

  private byte(value: number): void {
    this.bytes[this.at] = value;
    this.at++;
  }
}
