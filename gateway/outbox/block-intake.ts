/**
 * Blocks come in: in the order of their stream, each once, to the writer.
 *
 * What holds: a declaration goes to the log before anything of its stream, again when it was lost; stamps of a stream
 * only ever grow, unless that leaves them far ahead of the clock; what a failed commit has lost is taken again.
 */
import type { PartMilliseconds } from '@sluice/common/clock';
import type { CaptureFileMetadata } from '../../modules/block/file';
import type { Entry } from './entry';
import type { LogRoom } from './log-room';
import { type Boot, type StreamState, type StreamStates, sameBoot } from './streams';
import type { OutboxWriter } from './writer';

/** A block as it came over the link. */
export interface IncomingBlock {
  sequence: number;
  readings: number;
  start: PartMilliseconds;
  end: PartMilliseconds;
  bytes: Uint8Array;
}

/** `wall = monotonic + offset`; undefined: the boot has not learned the time. */
export type ClockOffset = number | undefined;

export type AppendOutcome = 'taken' | 'duplicate' | 'out-of-order' | 'full' | 'closed';

export interface BlockIntakeOptions {
  streams: StreamStates;
  writer: OutboxWriter;
  room: LogRoom;
  /** Whether anything is taken. */
  isOpen(): boolean;
  /** Stamps of a stream went back to the clock, which they were `ahead` ms ahead of. */
  corrected(state: StreamState, ahead: number): void;
}

/** Milliseconds by which a stream's stamps may be ahead of the clock, so that they grow. */
const mostAhead = 60_000;

export class BlockIntake {
  readonly #options: BlockIntakeOptions;
  /** Streams whose declaration is neither in the log nor on its way there. */
  readonly #undeclared = new WeakSet<StreamState>();

  constructor(options: BlockIntakeOptions) {
    this.#options = options;
  }

  /** The same again is the same stream. */
  declare(metadata: CaptureFileMetadata): StreamState {
    const { streams } = this.#options;
    const known = streams.ofBoot(metadata.part, metadata.boot).get(metadata.stream);
    const state = known ?? streams.add(metadata);
    if (known === undefined) this.#undeclared.add(state);
    this.#ensureDeclared(state);
    return state;
  }

  /** Takes the next block of a stream, or says why not. */
  append(state: StreamState, block: IncomingBlock, clock: ClockOffset): AppendOutcome {
    const { writer, room, isOpen } = this.#options;
    if (block.sequence < state.next) return 'duplicate';
    if (block.sequence > state.next) return 'out-of-order';
    if (!isOpen()) return 'closed';
    if (room.isFull) {
      room.hold();
      return 'full';
    }
    this.#ensureDeclared(state);
    const offset = clock === undefined ? 0 : this.#map(state, block, clock);
    state.next = block.sequence + 1;
    const { sequence, readings, bytes } = block;
    const mapped = { known: clock !== undefined, offset, end: state.end };
    writer.enqueue({ kind: 'block', id: state.id, sequence, readings, ...mapped, bytes });
    return 'taken';
  }

  /** The part no longer has the blocks below `next`. */
  skip(state: StreamState, next: number): void {
    if (next <= state.next) return;
    this.#ensureDeclared(state);
    state.next = next;
    this.#options.writer.enqueue({ kind: 'gap', id: state.id, next });
  }

  /** Takes on what another capture directory had of streams, so that nothing of theirs is taken twice. */
  async takeOver(streams: Iterable<StreamState>): Promise<void> {
    for (const { metadata, durable, durableEnd, offset } of streams) {
      const state = this.declare(metadata);
      if (durable <= state.durable) continue;
      await this.#options.writer.commit({
        kind: 'gap',
        id: state.id,
        next: durable,
        ...(Number.isFinite(durableEnd) ? { end: durableEnd } : {}),
        ...(offset === undefined ? {} : { offset }),
      });
    }
  }

  /** Forgets the watermarks of the boots of a part that are over. */
  async prune(part: string, live: readonly Boot[]): Promise<void> {
    const { streams } = this.#options;
    const over = streams.bootsOf(part).filter((boot) => !live.some((other) => sameBoot(other, boot)));
    await this.#forget(over.flatMap((boot) => [...streams.ofBoot(part, boot).values()]));
  }

  /** Forgets streams of a boot that goes on: those of them of which all is durable. */
  async forget(part: string, boot: Boot, ended: readonly number[]): Promise<void> {
    const streams = this.#options.streams.ofBoot(part, boot);
    const states = ended.flatMap((number) => streams.get(number) ?? []);
    await this.#forget(states.filter(({ durable, next }) => durable === next));
  }

  /** A commit failed: what it had of streams is expected again. */
  lost(entries: readonly Entry[]): void {
    for (const entry of entries) {
      const state = 'id' in entry ? this.#options.streams.byNumber(entry.id) : undefined;
      if (state === undefined) continue;
      state.next = state.durable;
      state.end = state.durableEnd;
      if (entry.kind === 'stream') this.#undeclared.add(state);
    }
  }

  /** Wall time of a block: stamps of a stream only ever grow, unless that leaves them far ahead of the clock. */
  #map(state: StreamState, block: IncomingBlock, clock: number): number {
    // A clock that was set back must not bend time. But where stamps would go on far ahead of it, as after a start
    // without the right time, they are put right once.
    let offset = Math.max(Math.round(clock), Math.floor(state.end - block.start) + 1);
    const ahead = offset - Math.round(clock);
    if (ahead > mostAhead) {
      offset = Math.round(clock);
      this.#options.corrected(state, ahead);
    }
    state.end = block.end + offset;
    return offset;
  }

  #ensureDeclared(state: StreamState): void {
    if (!this.#undeclared.delete(state)) return;
    this.#options.writer.enqueue({ kind: 'stream', id: state.id, metadata: state.metadata });
  }

  async #forget(states: readonly StreamState[]): Promise<void> {
    await Promise.all(states.map(({ id }) => this.#options.writer.commit({ kind: 'over', id })));
  }
}
