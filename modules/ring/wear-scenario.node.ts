/** Long lives of a flash log in Node: the real log over modelled flash, fed with blocks of collectors of any rates. */
import { FlashLog } from './flash-log';
import { NorFlash, randomNumbers } from './nor-flash.node.js';
import type { Ring } from './ring';
import { conservation } from './test-blocks.node.js';

export interface WearOptions {
  sectors: number;
  blocks: number;
  seed: number;
  /** Of each collector: blocks in relation to the others', and its share of all that the partition caches. */
  collectors: readonly { rate: number; share: number }[];
  /** Bytes of a block: uniform between both. */
  lengths: readonly [number, number];
  /** Share of the syncs, one every 20 blocks, at which the uplink is there and everything is acknowledged. */
  uplink?: number;
  headBytes?: number;
  /** Blocks from one restart to the next; none without it. */
  restarts?: number;
}

export interface Wear {
  minimum: number;
  maximum: number;
  mean: number;
  /** (maximum − minimum) / mean. */
  spread: number;
  /** Bytes programmed over bytes of the blocks that went to flash. */
  amplification: number;
  carried: number;
  flushed: number;
  /** What does not add up at the end, if anything. */
  problem?: string | undefined;
}

/** Runs a workload with the uplink down (or up now and then), and measures how the flash wore. */
export function wearOf(options: WearOptions): Wear {
  const { sectors, blocks, seed, collectors, lengths, uplink = 0, headBytes = 4096, restarts = 0 } = options;
  const flash = new NorFlash(sectors, seed);
  const random = randomNumbers(seed);
  const bytes = new Uint8Array(512);
  const due = collectors.map(() => 0);
  const total = collectors.reduce((sum, { rate }) => sum + rate, 0);
  let flushedBytes = 0;
  let flushed = 0;
  let carried = 0;
  let boot = 0;
  let log: FlashLog | undefined;
  let rings: Ring[] = [];
  const count = () => {
    if (log === undefined) return;
    flushedBytes += log.counters.flushedBytes;
    flushed += log.counters.flushed;
    carried += log.counters.carried;
  };
  for (let block = 0; block < blocks; block += 1) {
    if (log === undefined || (restarts > 0 && block % restarts === 0)) {
      count();
      boot += 1;
      log = new FlashLog({ flash, boot: { counter: boot, random: boot * 0x9e3779b1 }, headBytes });
      // Each ring takes some room for its index's spare blocks.
      const fits = 0.99 * (log.fits() - 600 * collectors.length);
      rings = [];
      for (const [stream, { share }] of collectors.entries())
        rings.push(log.openRing({ stream, quota: Math.max(1000, Math.floor(fits * share)) }));
    }
    // The collector that is furthest behind its rate has a block.
    let next = 0;
    for (let index = 0; index < collectors.length; index += 1) {
      due[index] += collectors[index].rate / total;
      if (due[index] > due[next]) next = index;
    }
    due[next] -= 1;
    const ring = rings[next];
    const [shortest, longest] = lengths;
    let length = 2 * Math.floor((shortest + (longest - shortest) * random()) / 2);
    if (ring.quota < 4 * length) length = 2 * Math.floor(ring.quota / 8);
    ring.block(bytes, length, ring.next, 100, block, block + 1);
    if (uplink > 0 && block % 20 === 0 && random() < uplink)
      for (const each of rings) each.acknowledge(each.next);
  }
  count();
  let problem = log === undefined || log.counters.damaged > 0 ? 'blocks were damaged' : undefined;
  if (log !== undefined) for (const ring of rings) problem ??= conservation(log, ring);
  const minimum = Math.min(...flash.wear);
  const maximum = Math.max(...flash.wear);
  const mean = flash.wear.reduce((sum, erases) => sum + erases, 0) / sectors;
  return {
    minimum,
    maximum,
    mean,
    spread: (maximum - minimum) / mean,
    amplification: flash.programmedBytes / flushedBytes,
    carried,
    flushed,
    problem,
  };
}

/** Ten collectors, of 100 Hz down to a reading a minute, that share the partition evenly. */
export const mixedCollectors = [1000, 1000, 1000, 500, 100, 100, 50, 10, 10, 1].map((rate) => ({
  rate,
  share: 0.1,
}));
/** Ten of 100 Hz. */
export const fastCollectors = new Array(10).fill({ rate: 100, share: 0.1 });
/** Half the partition for a collector that hardly ever has a block: the hardest there is. */
export const stillCollectors = [
  { rate: 1000, share: 0.5 },
  { rate: 1, share: 0.5 },
];
