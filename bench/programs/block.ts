/** What it costs to stage and encode readings, time and check included: the loop is a collector's. */

import { BooleanEncoder } from 'modules/block/boolean-encoder';
import { DoubleEncoder } from 'modules/block/double-encoder';
import { IntegerEncoder } from 'modules/block/integer-encoder';
import { predictorChoiceAt } from 'modules/block/integer-words';
import { trialWord } from 'modules/block/predictor-choice';
import { RecordEncoder } from 'modules/block/record-encoder';

const sink = { block() {} };
const options = {
  boot: { counter: 300, random: 0x9f00c3a1 },
  stream: 3,
  period: { numerator: 10, denominator: 1 },
  target: 512,
  sink,
};

/** Uniform 0 … 1. */
let state = 1;
function random(): number {
  state = (Math.imul(state, 1664525) + 1013904223) | 0;
  return (state >>> 8) / 0x1000000;
}
function gauss(): number {
  let sum = -6;
  for (let index = 0; index < 12; index += 1) sum += random();
  return sum;
}

const length = 512;
function column(value: (index: number) => number): number[] {
  const values: number[] = [];
  for (let index = 0; index < length; index += 1) values.push(value(index));
  return values;
}

/** A heart's beat at 360 Hz, about as the recorded one: rest, and a sharp wave every 290 readings. */
function beat(index: number): number {
  const phase = index % 290;
  const wave = phase > 100 && phase < 130 ? 220 * Math.sin((phase - 100) / 4.8) : 20 * Math.sin(phase / 46);
  return Math.round(970 + wave + 2.2 * gauss());
}

/** In what the encoder remembers, for ever. */
function postponeTrials(encoder: IntegerEncoder): void {
  encoder.staged[predictorChoiceAt + trialWord] = 0x7fffffff;
}

export default function () {
  const signals: Record<string, number[]> = {
    beat: column(beat),
    quiet: column(() => Math.round(2000 + 0.5 * gauss())),
    noise: column(() => Math.round(2000 + 2 * gauss())),
    loud: column(() => Math.round(2000 + 8 * gauss())),
    wave: column((index) => Math.round(2000 + 800 * Math.sin((2 * Math.PI * 5 * index) / 100) + 2 * gauss())),
    still: column(() => 1234),
  };
  const cases: Record<string, (count: number) => void> = {};
  for (const name of Object.keys(signals)) {
    const encoder = new IntegerEncoder(options);
    encoder.start(100_000);
    const values = signals[name]!;
    let at = 0;
    const run = (count: number) => {
      let left = count;
      while (left > 0) {
        encoder.staged[encoder.count] = values[at]!;
        encoder.count += 1;
        if (encoder.count === encoder.capacity) while (!encoder.advance());
        at = (at + 1) & (length - 1);
        left -= 1;
      }
    };
    // Past the first blocks, in which the filter is tried. Later trials, two blocks in 128, would fall into
    // one measurement or another by chance: they are left out.
    run(6000);
    postponeTrials(encoder);
    cases[name] = run;
  }

  // The loop's own cost, to take off: the same without an encoder.
  const sinkhole = { value: 0 };
  let position = 0;
  cases.loop = (count) => {
    const values = signals.noise!;
    let left = count;
    while (left > 0) {
      sinkhole.value = values[position]!;
      position = (position + 1) & (length - 1);
      left -= 1;
    }
  };

  const levels = new BooleanEncoder(options);
  levels.start(0);
  let level = 0;
  cases.levels = (count) => {
    for (let index = 0; index < count; index += 1) {
      level = level === 199 ? 0 : level + 1;
      (levels.staged as { [index: number]: number | boolean })[levels.count] = level < 100;
      levels.count += 1;
      if (levels.count === levels.capacity) levels.flush();
    }
  };

  const doubles = new DoubleEncoder(options);
  doubles.start(0);
  const degrees = column(() => Math.round(2150 + 10 * gauss()) / 100);
  let degree = 0;
  cases.doubles = (count) => {
    for (let index = 0; index < count; index += 1) {
      doubles.staged[doubles.count] = degrees[degree]!;
      doubles.count += 1;
      if (doubles.count === doubles.capacity) doubles.flush();
      degree = (degree + 1) & (length - 1);
    }
  };

  const records = new RecordEncoder(options);
  records.start(0);
  const reading = { temperature: 0, humidity: 0, ok: false };
  cases.records = (count) => {
    for (let index = 0; index < count; index += 1) {
      reading.temperature = degrees[degree]!;
      reading.humidity = degrees[(degree + 7) & (length - 1)]!;
      reading.ok = (degree & 64) === 0;
      records.staged[records.count] = reading;
      records.count += 1;
      if (records.count === records.capacity) records.flush();
      degree = (degree + 1) & (length - 1);
    }
  };

  // Texts are long beside numbers, and to look into one costs an object unless it is done with care.
  const texts = new RecordEncoder(options);
  texts.start(0);
  const states = ['idle', 'charging', 'full'];
  const status = { state: '' };
  let at = 0;
  cases.texts = (count) => {
    for (let index = 0; index < count; index += 1) {
      at = at === 2 ? 0 : at + 1;
      status.state = states[at]!;
      texts.staged[texts.count] = status;
      texts.count += 1;
      if (texts.count === texts.capacity) texts.flush();
    }
  };
  return cases;
}
