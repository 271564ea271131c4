/**
 * A part that sends what a device once sent, with rings that are as finite, over a connection within this process: it
 * dials until it is let in, goes on at the first block that is not acknowledged, and begins a new boot when told to.
 */

import type { Connection } from '../../gateway/link/connection';
import { ReferencePart } from '../../gateway/link/reference-part';
import type { VirtualClock } from '../../host-sim/device';
import type { BootId } from '../../modules/block/types';
import type { link } from '../../proto/link.js';
import { ofBoot, type RecordedBlock, type Recording } from './recording';
import type { SimulatedGateway } from './simulated-gateway';

/** Bytes of blocks that are under way. */
const window = 32_768;
/** ms between two attempts, and without a word of the gateway after which a connection is given up. */
const redial = 700;
const patience = 15_000;
/** ms after the last block of a boot: by then most of it has arrived. */
const pauseAfter = 10_000;
/** Blocks of a message at most: of 512 B each. */
const mostOfMessage = 16;

export interface SentBlock extends RecordedBlock {
  /** Made way for a newer one before it was acknowledged. */
  overwritten: boolean;
  acknowledged: boolean;
}

/** One boot: what it captured, by stream, and what became of it. */
export interface ReplayedBoot {
  boot: BootId;
  streams: SentBlock[][];
}

interface Ring {
  blocks: SentBlock[];
  /** Sequence numbers: of the oldest that is stored, of the next to be sent, and what the gateway expects. */
  first: number;
  next: number;
  expected: number;
  bytes: number;
}

export interface ReplayedPartOptions {
  name: string;
  secret: string;
  recording: Recording;
  clock: VirtualClock;
  gateway: SimulatedGateway;
  random: () => number;
  /** ms one way. */
  latency: number;
  /** Bytes of a ring. */
  quota: number;
}

export class ReplayedPart {
  readonly boots: ReplayedBoot[] = [];
  /** Nothing passes, and nobody is told. */
  isolated = false;
  #rings: Ring[] = [];
  #line: Line | undefined;
  #part: ReferencePart | undefined;
  #heard = 0;
  #underWay = 0;
  readonly #cancels = new Set<() => void>();

  constructor(readonly options: ReplayedPartOptions) {}

  /** A new boot: what the one before it had not sent is lost. */
  boot(): void {
    const { recording, random } = this.options;
    for (const cancel of this.#cancels) cancel();
    this.#cancels.clear();
    this.cut();
    const boot = { counter: recording.boot.counter, random: Math.floor(random() * 2 ** 32) };
    const streams = recording.declarations.map((): SentBlock[] => []);
    this.boots.push({ boot, streams });
    this.#rings = streams.map((blocks) => ({ blocks, first: 0, next: 0, expected: 0, bytes: 0 }));
    for (const block of recording.blocks) this.#after(block.at, () => this.#capture(block));
    // There is no more of it.
    this.#after(recording.blocks.at(-1)!.at + pauseAfter, () => {
      if (this.#capturing) this.boot();
    });
    this.#dial();
  }

  /** The connection breaks; both ends learn of it. */
  cut(): void {
    this.#line?.break();
    this.#line = undefined;
    this.#part = undefined;
  }

  /** Nothing is captured any more; what there is is sent still. */
  stop(): void {
    this.#capturing = false;
  }

  #capturing = true;

  #after(delay: number, action: () => void): void {
    const { clock } = this.options;
    const cancel = clock.at(clock.now() + delay, () => {
      this.#cancels.delete(cancel);
      action();
    });
    this.#cancels.add(cancel);
  }

  #capture(block: RecordedBlock): void {
    if (!this.#capturing) return;
    const { boot } = this.boots.at(-1)!;
    const ring = this.#rings[block.stream]!;
    const bytes = ofBoot(block, boot, boot.random);
    ring.blocks.push({ ...block, bytes, overwritten: false, acknowledged: false });
    ring.bytes += bytes.length;
    while (ring.bytes > this.options.quota) {
      const oldest = ring.blocks[ring.first++]!;
      oldest.overwritten = true;
      ring.bytes -= oldest.bytes.length;
    }
    this.#flow();
  }

  #dial(): void {
    const { gateway, clock, name, secret, random, latency, recording } = this.options;
    this.#after(redial * (0.7 + 0.6 * random()), () => this.#dial());
    if (this.#line !== undefined) {
      if (this.#line.isOpen && clock.now() - this.#heard < patience) return;
      this.cut();
    }
    if (!gateway.running || gateway.server === undefined || this.isolated) return;
    const line = new Line(clock, latency, `10.2.0.1:${name}`, () => this.isolated);
    const part = new ReferencePart({
      part: name,
      secret,
      boot: this.boots.at(-1)!.boot,
      send: (bytes) => line.up(bytes),
      random: (bytes) => Uint8Array.from({ length: bytes }, () => Math.floor(random() * 256)),
      now: () => clock.now(),
      onAcknowledged: (acknowledgements) => this.#acknowledged(acknowledgements),
    });
    this.#line = line;
    this.#part = part;
    this.#heard = clock.now();
    let isDeclared = false;
    line.connect(gateway.server.accept(line), (bytes) => {
      this.#heard = clock.now();
      part.receive(bytes);
      if (!part.open || this.#line !== line) return;
      if (!isDeclared) part.send({ streams: recording.declarations });
      isDeclared = true;
      this.#flow();
    });
    this.#underWay = 0;
    for (const ring of this.#rings) ring.expected = ring.next = 0;
    part.hello();
  }

  #acknowledged(acknowledgements: link.IAcknowledgement[]): void {
    for (const { stream, next, boot } of acknowledgements) {
      const ring = this.#rings[stream ?? 0];
      if (ring === undefined || boot) continue;
      const upTo = next ?? 0;
      if (upTo > ring.blocks.length) throw new Error(`${upTo} is acknowledged of ${ring.blocks.length}`);
      for (let sequence = ring.expected; sequence < Math.min(upTo, ring.next); sequence++)
        this.#underWay -= ring.blocks[sequence]!.bytes.length;
      for (let sequence = ring.first; sequence < upTo; sequence++)
        ring.bytes -= ring.blocks[sequence]!.bytes.length;
      for (const block of ring.blocks.slice(0, upTo)) block.acknowledged ||= !block.overwritten;
      ring.first = Math.max(ring.first, upTo);
      ring.expected = Math.max(ring.expected, upTo);
      ring.next = Math.max(ring.next, upTo);
    }
  }

  #flow(): void {
    const part = this.#part;
    if (!part?.open) return;
    for (const [stream, ring] of this.#rings.entries()) {
      const gaps: link.IGap[] = [];
      if (ring.next < ring.first) {
        for (let sequence = ring.expected; sequence < ring.next; sequence++)
          this.#underWay -= ring.blocks[sequence]!.bytes.length;
        gaps.push({ stream, next: ring.first });
        ring.next = ring.expected = ring.first;
      }
      const blocks: Uint8Array[] = [];
      while (ring.next < ring.blocks.length && blocks.length < mostOfMessage) {
        const { bytes } = ring.blocks[ring.next]!;
        if (this.#underWay + bytes.length > window) break;
        blocks.push(bytes);
        this.#underWay += bytes.length;
        ring.next++;
      }
      if (blocks.length > 0 || gaps.length > 0) part.send({ gaps, blocks });
    }
  }
}

/** A connection within this process: whole messages, in order, each after a while. */
class Line implements Connection {
  readonly unsent = 0;
  isOpen = true;
  #session: { receive(bytes: Uint8Array): void; lost(): void } | undefined;
  #down: (bytes: Uint8Array) => void = () => undefined;
  #isPaused = false;
  readonly #waiting: Uint8Array[] = [];
  readonly #clock: VirtualClock;
  readonly #latency: number;
  readonly #isIsolated: () => boolean;

  constructor(
    clock: VirtualClock,
    latency: number,
    readonly remote: string,
    isIsolated: () => boolean,
  ) {
    this.#clock = clock;
    this.#latency = latency;
    this.#isIsolated = isIsolated;
  }

  connect(
    session: { receive(bytes: Uint8Array): void; lost(): void },
    down: (bytes: Uint8Array) => void,
  ): void {
    this.#session = session;
    this.#down = down;
  }

  up(bytes: Uint8Array): void {
    this.#pass(() => {
      if (this.#isPaused) this.#waiting.push(bytes);
      else this.#session?.receive(bytes);
    });
  }

  // Also by whoever listens in, an object of its own over this one.
  readonly send = (bytes: Uint8Array): void => this.#pass(() => this.#down(bytes));

  readonly close = (): void => {
    this.isOpen = false;
  };

  readonly pause = (): void => {
    this.#isPaused = true;
  };

  readonly resume = (): void => {
    this.#isPaused = false;
    while (!this.#isPaused && this.#waiting.length > 0) this.#session?.receive(this.#waiting.shift()!);
  };

  break(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    this.#session?.lost();
  }

  #pass(action: () => void): void {
    if (this.#isIsolated()) {
      // A stream with a hole in it never goes on.
      this.isOpen = false;
      return;
    }
    this.#clock.at(this.#clock.now() + this.#latency, () => {
      if (this.isOpen) action();
    });
  }
}
