/** How long flash lives and how much outage it holds, with real blocks of simulated Analogs collectors at 100 Hz. */
import { IntegerEncoder } from '../block/integer-encoder';
import { FlashLog } from './flash-log';
import { recordBytes, sectorBytes, sectorHeaderBytes } from './format';
import { NorFlash, randomNumbers } from './nor-flash.node.js';

const boot = { counter: 1, random: 0x9f00c3a1 };

export interface Sample {
  /** Bytes of each block. */
  lengths: number[];
  /** Milliseconds that a block covers, and bytes a reading, on average. */
  milliseconds: number;
  bytesPerReading: number;
}

/** Full blocks of 512 B of a 12-bit converter at 100 Hz whose noise has the given σ, in counts. */
export function sampleBlocks(sigma: number, readings: number): Sample {
  const lengths: number[] = [];
  let encoded = 0;
  const encoder = new IntegerEncoder({
    boot,
    stream: 1,
    period: { numerator: 10, denominator: 1 },
    target: 512,
    sink: {
      block(_bytes, length, _sequence, count) {
        lengths.push(length);
        encoded += count;
      },
    },
  });
  encoder.start(0);
  const random = randomNumbers(1);
  for (let reading = 0; reading < readings; reading += 1) {
    // Box and Muller (1958).
    const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    encoder.staged[encoder.count] = Math.round(2048 + sigma * normal);
    encoder.count += 1;
    if (encoder.count === encoder.capacity) encoder.flush();
  }
  const bytes = lengths.reduce((sum, length) => sum + length, 0);
  return { lengths, milliseconds: (encoded * 10) / lengths.length, bytesPerReading: bytes / encoded };
}

/** Years until a partition of `sectors` is worn out, the uplink always down: from `laps` around it. */
export function lifeYears(sample: Sample, collectors: number, sectors: number, laps: number): number {
  const flash = new NorFlash(sectors);
  const log = new FlashLog({ flash, boot, headBytes: 8192 });
  const quota = Math.floor(log.fits() / collectors) - 700;
  const rings = [];
  for (let stream = 0; stream < collectors; stream += 1) rings.push(log.openRing({ stream, quota }));
  const bytes = new Uint8Array(512);
  let time = 0;
  let block = 0;
  while (log.counters.erases < laps * sectors) {
    const ring = rings[block % collectors];
    ring.block(bytes, sample.lengths[block % sample.lengths.length], ring.next, 1000, time, time);
    time += sample.milliseconds / collectors;
    block += 1;
  }
  return log.lifeYears(time);
}

/** Hours of outage that all quotas of a partition hold together, shared evenly by `collectors`. */
export function outageHours(sample: Sample, collectors: number, sectors: number): number {
  const log = new FlashLog({ flash: new NorFlash(sectors), boot, headBytes: 0 });
  const quota = Math.floor(log.fits() / collectors) - 700;
  const length = sample.lengths.reduce((sum, each) => sum + each, 0) / sample.lengths.length;
  return (Math.floor(quota / length) * sample.milliseconds) / 3_600_000;
}

/** Seconds from one erase to the next with the uplink down. */
export function secondsPerErase(sample: Sample, collectors: number): number {
  const length = sample.lengths.reduce((sum, each) => sum + each, 0) / sample.lengths.length;
  const blocks = (sectorBytes - sectorHeaderBytes) / recordBytes(Math.round(length));
  return (blocks * sample.milliseconds) / 1000 / collectors;
}
