/**
 * How blocks on their way were mapped to wall time: once, before they were first published, and kept until they are
 * acknowledged, so that a redelivery repeats it. It outlives connections, not restarts.
 */
import type { Ring } from '../../ring/ring';

interface Mapping {
  sequence: number;
  /** wall − monotonic, ms; undefined: the boot never knew. */
  offset: number | undefined;
}

class StreamMappings {
  kept: Mapping[] = [];
  /** Wall time of the last reading that was mapped. */
  end = Number.NEGATIVE_INFINITY;
}

export class Mappings {
  private readonly streams = new Map<Ring, StreamMappings>();

  /**
   * The block's mapping, as it was before, else from `clock` so that stamps grow within the stream.
   * @param start monotonic ms of its first reading
   */
  of(ring: Ring, sequence: number, start: number, clock: number | undefined): number | undefined {
    let stream = this.streams.get(ring);
    if (stream === undefined) {
      stream = new StreamMappings();
      this.streams.set(ring, stream);
    }
    const oldest = ring.oldest;
    stream.kept = stream.kept.filter((mapping) => mapping.sequence >= oldest);
    const known = stream.kept.find((mapping) => mapping.sequence === sequence);
    if (known) return known.offset;
    const offset =
      clock === undefined ? undefined : Math.max(Math.round(clock), Math.floor(stream.end - start) + 1);
    stream.kept.push({ sequence, offset });
    return offset;
  }

  /** The last reading of a block that was mapped by `offset` was received at monotonic `end`. */
  ended(ring: Ring, end: number, offset: number | undefined): void {
    const stream = this.streams.get(ring);
    if (stream && offset !== undefined) stream.end = Math.max(stream.end, end + offset);
  }

  /** Forgets streams that are no more. */
  keep(rings: readonly Ring[]): void {
    for (const ring of this.streams.keys()) if (!rings.includes(ring)) this.streams.delete(ring);
  }
}
