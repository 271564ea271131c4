/** The flash log: what a block costs, what its index takes, how long flash lives, how much outage a partition holds. */
import { FlashLog } from '../modules/ring/flash-log';
import { lifeYears, outageHours, sampleBlocks, secondsPerErase } from '../modules/ring/life-scenario.node.js';
import { NorFlash } from '../modules/ring/nor-flash.node.js';
import { blockTarget, indexCapacity } from '../modules/ring/ring';
import {
  fastCollectors,
  mixedCollectors,
  stillCollectors,
  wearOf,
} from '../modules/ring/wear-scenario.node.js';
import { atLeast, atMost, exactly, type Figure, plain } from './figure';
import { measureInstructions } from './rv32/measure';

const megabyte = 1 << 20;
const boot = { counter: 1, random: 2 };

async function costs(): Promise<Figure[]> {
  const partitions = ['kept', 'down', 'backlog', 'straight', 'stored'];
  const measured = await measureInstructions({
    include: ['bench/programs/ring-manifest.json'],
    program: 'bench/programs/ring.ts',
    counts: { mount: 8 },
    device: [
      `flash\timage\t-\t${partitions.length * megabyte}`,
      ...partitions.map((label, index) => `flash\tpartition\t${label}\t${index * megabyte}\t${megabyte}`),
      'flash\ttiming\t0\t0\t0\t0',
    ],
  });
  const { keepingUp, down, straight, backlog, read, mount } = measured;
  const unit = 'rv32 instructions';
  const block = 'encoding the 1,000 readings of such a block: about 4,000,000';
  return [
    atMost('append and acknowledge a block, RAM head only', keepingUp.instructions, unit, 150_000, block),
    atMost(
      'append a block, uplink down: overwrite the oldest, program, erase',
      down.instructions,
      unit,
      400_000,
      block,
    ),
    atMost('append a block straight to flash', straight.instructions, unit, 300_000, block),
    atMost(
      'acknowledge a block in flash',
      backlog.instructions - straight.instructions,
      unit,
      100_000,
      block,
    ),
    plain('read a block from flash, its check included', read.instructions, unit),
    plain('mount 1 MiB, all objects made', mount.instructions, unit),
    exactly('garbage of append and acknowledge', keepingUp.garbage + down.garbage + backlog.garbage, 'B', 0),
    exactly('garbage of a read', read.garbage, 'B', 0),
  ];
}

/** Bytes of index in RAM when rings of 50 KB take all that the partition allows, and reads of a mount. */
function memory(sectors: number): Figure[] {
  const flash = new NorFlash(sectors);
  let log = new FlashLog({ flash, boot, headBytes: 0 });
  let entries = 0;
  let quotas = 0;
  for (let stream = 0; log.fits() >= 50_000; stream += 1) {
    log.openRing({ stream, quota: 50_000 });
    entries += 2 * indexCapacity(50_000);
    quotas += 50_000;
  }
  const name = `${(sectors * 4096) / megabyte} MiB`;
  const blocks = quotas / blockTarget(50_000);

  // Mounts at many places of the head, in a partition written all over.
  const mounted = new NorFlash(sectors);
  const bytes = new Uint8Array(512);
  let most = 0;
  for (let counter = 1; counter <= 40; counter += 1) {
    log = new FlashLog({ flash: mounted, boot: { counter, random: counter }, headBytes: 0 });
    most = Math.max(most, log.counters.mountReads);
    const ring = log.openRing({ stream: 1, quota: 20_000 });
    for (let block = 0; block < sectors; block += 1) ring.block(bytes, 512, block, 1, block, block);
  }
  const halvings = Math.ceil(Math.log2(sectors));
  return [
    plain(
      `index in RAM, ${name}, rings of 50 KB to its limit`,
      entries + sectors,
      'B',
      `${Math.round(blocks)} blocks, ${sectors} sectors`,
    ),
    plain(`index a full block, ${name}`, entries / blocks, 'B'),
    exactly(`index a sector, ${name}`, log.log.states.byteLength / sectors, 'B', 1),
    plain(`cached at most, ${name}`, quotas / 1000, 'KB'),
    atMost(
      `flash reads of a mount, ${name}, most of 40`,
      most,
      'reads',
      5 * (halvings + 1) + 16,
      `5 (log₂ ${sectors} + 1) + 16`,
    ),
  ];
}

function life(): Figure[] {
  const sample = sampleBlocks(2, 300_000);
  const figures = [plain('Analogs at 100 Hz, σ = 2', sample.bytesPerReading, 'B a reading')];
  for (const collectors of [1, 3, 10]) {
    const years = lifeYears(sample, collectors, megabyte / 4096, 3);
    const name = `life of 1 MiB, uplink always down, ${collectors} at 100 Hz`;
    figures.push(
      collectors === 1 ? atLeast(name, years, 'years', 50, '100,000 erases') : plain(name, years, 'years'),
    );
  }
  for (const megabytes of [1, 2, 8])
    for (const collectors of [1, 3, 10])
      figures.push(
        plain(
          `outage that ${megabytes} MiB holds, ${collectors} at 100 Hz`,
          outageHours(sample, collectors, megabytes * 256),
          'hours',
        ),
      );
  figures.push(plain('an erase, 12 at 100 Hz, uplink down, every', secondsPerErase(sample, 12), 'seconds'));
  return figures;
}

function wear(): Figure[] {
  const options = { sectors: 64, blocks: 40_000, seed: 1 };
  const fast = wearOf({ ...options, collectors: fastCollectors, lengths: [512, 512] });
  const mixed = wearOf({ ...options, collectors: mixedCollectors, lengths: [440, 512] });
  const half = wearOf({
    ...options,
    collectors: mixedCollectors.map(({ rate }) => ({ rate, share: 0.05 })),
    lengths: [440, 512],
  });
  const still = wearOf({ ...options, collectors: stillCollectors, lengths: [440, 512] });
  const reference = 'the sample; npm run soak flash-wear: ten million blocks';
  return [
    atMost(
      'write amplification, ten at 100 Hz, blocks of 512 B',
      fast.amplification,
      'times',
      1.15,
      reference,
    ),
    plain('write amplification, 100 Hz … 1/min, partition full', mixed.amplification, 'times', reference),
    plain('write amplification, 100 Hz … 1/min, half of what fits', half.amplification, 'times', reference),
    plain('write amplification, half of the partition lying still', still.amplification, 'times', reference),
    atMost(
      'spread of wear, the worst of these',
      100 * Math.max(fast.spread, mixed.spread, half.spread, still.spread),
      '%',
      5,
      reference,
    ),
  ];
}

export default async function (): Promise<Figure[]> {
  return [...(await costs()), ...memory(256), ...memory(2048), ...wear(), ...life()];
}
