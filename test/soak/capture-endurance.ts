/**
 * Capture for a long time, with the uplink up and with it down: every tick accounted for, nothing lost between the
 * timer and the ring's counters, no garbage, memory within bounds.
 */
import type { BoardName } from '../../host-sim/manifest/boards';
import { noise, type Signal, sine, toggle } from '../../host-sim/signals';
import {
  analog,
  board,
  type CaptureMethod,
  gpio,
  TestDevice,
} from '../../modules/device/test-device.node.js';
import type { SoakTask } from './task';

const hour = 3_600_000;
/** A first stretch in which everything is allocated that ever will be. */
const warmUp = 5 * 60_000;
/** That a record of 1 Hz fills at most. */
const blocksAnHour = 4;

interface Load {
  board: BoardName;
  /** A pin may be there more than once: it is captured so often. */
  analogs: number[];
  gpios: number[];
  /** Hz of slow records. */
  readings: number[];
  /** The share of the run. */
  share: number;
}

/** The C3 has five analog pins and the least memory; the ESP32 has fixed pools for slots and chunks. */
const loads: Load[] = [
  {
    board: 'esp32c3',
    analogs: [0, 1, 2, 3, 4, 0, 1, 2],
    gpios: [5, 6, 7, 10],
    readings: [1, 0.5, 0.2],
    share: 1,
  },
  {
    board: 'esp32',
    analogs: [32, 33, 34, 35, 36, 37, 38, 39],
    gpios: [4, 5, 18, 19],
    readings: [1, 0.5, 0.2],
    share: 0.25,
  },
];

export const task: SoakTask = {
  description: 'pins at 100 Hz and slow records are captured without a gap, with the uplink up and down',
  unit: 'virtual hours',
  sample: 1,
  full: 24,
  async run(hours, seed) {
    const lines: string[] = [];
    for (const load of loads)
      for (const sync of [6000, 0]) lines.push(await endure(load, hours * hour * load.share, sync, seed));
    return lines.join('\n  ');
  },
};

async function endure(load: Load, duration: number, sync: number, seed: number): Promise<string> {
  const where = `${load.board}, uplink ${sync ? 'up' : 'down'}, seed ${seed}`;
  const fail = (message: string): never => {
    throw new Error(`${where}: ${message}`);
  };
  const delivered = new Map<number, { next: number; readings: number; last: number }>();
  const device = await TestDevice.start({
    board: load.board,
    part: partOf(load),
    pins: pinsOf(load, seed),
    seed,
    sync,
    reboots: 'manual',
    flash: { timing: 'typical' },
    // Without an uplink there is no network either: its attempts to join are no part of capturing.
    settings: sync ? {} : { ssid: '' },
    onBlock(block) {
      const stream = delivered.get(block.stream) ?? { next: 0, readings: 0, last: -1 };
      const { requested } = block.times();
      if (block.sequence !== stream.next)
        fail(`block ${block.sequence} of stream ${block.stream} after ${stream.next - 1}`);
      for (const time of requested) {
        if (time <= stream.last) fail(`stream ${block.stream}: ${time} ms after ${stream.last} ms`);
        stream.last = time;
      }
      delivered.set(block.stream, {
        next: stream.next + 1,
        readings: stream.readings + block.count,
        last: stream.last,
      });
    },
  });
  try {
    await device.run(warmUp);
    if (device.device.exit) fail(`${device.device.exit.reason}\n${device.device.exit.detail}`);
    const before = await device.device.report();
    await device.run(duration);
    const after = await device.device.report();
    const { streams, now } = await device.status();
    if (device.device.boots !== 1) fail(`booted ${device.device.boots} times`);

    const rates = [...load.analogs, ...load.gpios].map(() => 100).concat(load.readings);
    if (streams.length !== rates.length) fail(`${streams.length} streams run, not ${rates.length}`);
    let captured = 0;
    let missed = 0;
    streams.forEach((stream, index) => {
      const ticks = stream.captured + stream.missed + stream.failed;
      if (Math.abs(ticks - (now * rates[index]!) / 1000) > 1)
        fail(`stream ${index} has ${ticks} ticks in ${now} ms`);
      const { acknowledged, overwritten, discarded, stored } = stream;
      if (acknowledged + overwritten + discarded + stored !== stream.captured)
        fail(`stream ${index} loses readings`);
      if (sync && overwritten > 0) fail(`stream ${index} overwrote ${overwritten} readings`);
      if (acknowledged !== (delivered.get(stream.number)?.readings ?? 0))
        fail(`stream ${index}: ${acknowledged} acknowledged`);
      captured += stream.captured;
      missed += stream.missed;
    });
    // An erase takes 45 ms, in which no pin is read: that is what the RAM head is for.
    if (missed > captured * (sync ? 0.001 : 0.015)) fail(`${missed} ticks of ${captured} were missed`);
    // Records enumerate their keys anew in each block (modules/block), some 800 B; a reading leaves nothing.
    const blocks = load.readings.length * (1 + (now / hour) * blocksAnHour);
    const grown =
      16 * (after.slots.current - before.slots.current) + after.chunks.current - before.chunks.current;
    if (!sync && after.collections === before.collections && grown > 800 * blocks)
      fail(`${grown} B of garbage`);
    if (!sync && after.collections - before.collections > now / hour) fail('garbage is collected');
    const kilobytes = (bytes: number) => `${(bytes / 1000).toFixed(1)} KB`;
    // With fixed pools a peak only says that there was garbage; in the C3's arena it is what was needed.
    const live = 16 * (after.slots.current + after.stack.size) + after.chunks.current;
    const memory =
      after.arena.size > 0 ? `arena peak ${kilobytes(after.arena.peak)}` : `memory ${kilobytes(live)}`;
    return `${where}: ${captured} readings in ${(now / hour).toFixed(1)} h, ${missed} ticks missed, ${memory}`;
  } finally {
    await device.close();
  }
}

function partOf({ analogs, gpios, readings }: Load): object {
  const part = board([...new Set(analogs)], gpios, [
    ...analogs.map((pin, index) => again(analog(pin, 100), analogs.indexOf(pin) === index ? 0 : index)),
    ...gpios.map((pin) => gpio(pin, 100)),
  ]);
  readings.forEach((rate, index) => {
    part.components.push({
      name: `slow${index}`,
      api: 'rdk:component:sensor',
      model: 'fake',
      attributes: {},
      service_configs: [
        {
          type: 'data_manager',
          attributes: {
            capture_methods: [{ method: 'Readings', capture_frequency_hz: rate, cache_size_kb: 4 }],
          },
        },
      ],
    });
  });
  return part;
}

/** What is captured once more is another stream by a parameter that the method ignores. */
function again(method: CaptureMethod, copy: number): CaptureMethod {
  if (copy === 0) return method;
  return { ...method, additional_params: { ...method.additional_params, pin_name: String(copy) } };
}

function pinsOf({ analogs, gpios }: Load, seed: number): Record<number, Signal[]> {
  const pins: Record<number, Signal[]> = {};
  analogs.forEach((pin, index) => {
    pins[pin] = [sine(800 + 100 * index, 0.1 * (index + 1)), noise(1 + index, seed + index)];
  });
  gpios.forEach((pin, index) => {
    pins[pin] = [toggle(0.3 * (index + 1))];
  });
  return pins;
}
