/**
 * What a device has in memory, as reckoned: whether another configuration has room beside it, to be read and then to run.
 *
 * In: what was admitted of the configuration that runs, collectors that ended. Out: whether more fits.
 * Holds: where slots and chunks share a memory, what slots once had is never reckoned as free for chunks: XS does not
 * give it back.
 */
import {
  type ChipMemory,
  deviceCost,
  endedCost,
  growthCost,
  handshakeCost,
  type MemoryCost,
  problemCost,
  readerCost,
  secureCost,
  slotBytes,
  workCost,
} from './memory-costs';

export class MemoryInUse {
  private readonly memory: ChipMemory;
  /** What runs. */
  private slots = deviceCost.slots;
  private chunks = deviceCost.chunks;
  /** That were in use at once at the most. */
  private mostSlots = 0;

  constructor(memory: ChipMemory) {
    this.memory = memory;
  }

  /** @param admitted all of what runs from now on */
  run({ slots, chunks }: MemoryCost): void {
    this.slots = slots;
    this.chunks = chunks;
    this.mostSlots = Math.max(this.mostSlots, slots + workCost.slots + handshakeCost.slots);
  }

  /** Whether a message of so many bytes has room beside what runs. @param ended collectors that are still listed */
  fitsMessage(bytes: number, ended: number): boolean {
    const { slots, chunks } = readerCost;
    return this.fitsReading(slots + secureCost.slots, chunks + secureCost.chunks + bytes, ended, 0);
  }

  /** Whether what a reader takes has room beside what runs. @param ended collectors that are still listed @param problems so far */
  fitsReading(slots: number, chunks: number, ended: number, problems: number): boolean {
    return this.fits(this.slots + slots, this.chunks + chunks, ended, problems);
  }

  /** Whether there is room for all of another configuration beside collectors that have ended by then. */
  fitsRunning({ slots, chunks }: MemoryCost, ended: number, problems: number): boolean {
    return this.fits(slots + secureCost.slots, chunks + secureCost.chunks, ended, problems);
  }

  private fits(slots: number, chunks: number, ended: number, problems: number): boolean {
    const { memory } = this;
    const most =
      slots + workCost.slots + growthCost.slots + ended * endedCost.slots + problems * problemCost.slots;
    const bytes =
      chunks + workCost.chunks + growthCost.chunks + ended * endedCost.chunks + problems * problemCost.chunks;
    const mostSlots = Math.max(this.mostSlots, most);
    const fits =
      memory.shared === 0
        ? mostSlots <= memory.slots && bytes <= memory.chunks
        : (memory.slots + mostSlots) * slotBytes + bytes <= memory.shared;
    if (fits) this.mostSlots = mostSlots;
    return fits;
  }
}
