/** Blocks whose messages go out: which is next, each stream in turn, and what is freed of them. */
import { BlockError } from '../../block/block-error';
import { bootText } from '../../block/boot-text';
import { type OpenedBlock, openBlock } from '../../block/opened-block';
import type { Cursors } from '../cursors';
import type { Deliverable, UplinkHost } from '../uplink-host';
import { BlockMessages } from './block-messages';
import type { Deliveries, Delivery } from './deliveries';

/** Blocks in hand at most: of a stream, and in all. */
const mostOfStream = 4;
export const mostBlocks = 32;
const longestBlock = 512;

export interface Passage {
  readonly delivery: Delivery;
  readonly messages: BlockMessages;
}

export class Passages {
  private readonly host: UplinkHost;
  private readonly appId: string;
  private readonly deliveries: Deliveries;
  private readonly cursors: Cursors;
  private readonly freed: () => void;
  private readonly bytes = new Uint8Array(longestBlock);

  /** @param freed is called when blocks have been freed */
  constructor(host: UplinkHost, appId: string, deliveries: Deliveries, cursors: Cursors, freed: () => void) {
    this.host = host;
    this.appId = appId;
    this.deliveries = deliveries;
    this.cursors = cursors;
    this.freed = freed;
  }

  /** Takes the next block in hand. */
  next(): Passage | undefined {
    const { deliveries } = this;
    const { streams } = this.cursors;
    for (let looked = 0; looked < streams.length; looked++) {
      if (deliveries.inHand() >= mostBlocks) return undefined;
      deliveries.turn = (deliveries.turn + 1) % streams.length;
      const stream = streams[deliveries.turn]!;
      while (this.mayGo(stream)) {
        const sequence = this.cursors.take(stream);
        if (sequence < 0) break;
        const passage = this.open(stream, sequence);
        if (passage !== undefined) return passage;
      }
    }
    return undefined;
  }

  /** Opens a block once more. @returns undefined when it is gone, be it overwritten or no longer to be read */
  again(delivery: Delivery): Passage | undefined {
    const stream = delivery.stream!;
    const block = this.read(stream, delivery.sequence);
    if (block === undefined) return this.leave(stream, delivery);
    return this.passageOf(stream, delivery, new BlockMessages(block));
  }

  /** Frees what is acknowledged, in order. */
  settle(stream: Deliverable): void {
    const upTo = this.deliveries.settle(stream.ring);
    if (upTo === undefined) return;
    this.cursors.acknowledge(stream, Math.max(upTo, stream.ring.oldest));
    this.freed();
  }

  /** Of an earlier boot nothing more will become known; of this one the time will be. */
  private mayGo({ boot, ring }: Deliverable): boolean {
    if (boot === undefined && this.host.clock.wall.source === 'unknown') return false;
    return this.deliveries.inHand(ring) < mostOfStream;
  }

  private open(stream: Deliverable, sequence: number): Passage | undefined {
    const { host, deliveries } = this;
    const { ring, boot, clock } = stream;
    let delivery = deliveries.find(ring, sequence);
    if (delivery?.done) {
      delivery.stream = stream;
      this.settle(stream);
      return undefined;
    }
    const block = this.read(stream, sequence);
    if (block === undefined)
      return this.leave(stream, delivery ?? deliveries.begin(ring, sequence, 0, 0, undefined));
    const messages = new BlockMessages(block);
    const wall = boot === undefined ? host.clock.wall : clock;
    const offset = wall && wall.source !== 'unknown' ? wall.offset : undefined;
    delivery ??= deliveries.begin(ring, sequence, messages.count, messages.start, offset);
    delivery.stream = stream;
    return this.passageOf(stream, delivery, messages);
  }

  /** The block is gone, which the ring counts: nothing of it is waited for. */
  private leave(stream: Deliverable, delivery: Delivery): undefined {
    delivery.count = delivery.below;
    this.settle(stream);
  }

  private read({ ring }: Deliverable, sequence: number): OpenedBlock | undefined {
    const length = ring.read(sequence, this.bytes);
    const block = length > 0 ? openBlock(this.bytes, 0, length) : undefined;
    return block instanceof BlockError ? undefined : block;
  }

  private passageOf(stream: Deliverable, delivery: Delivery, messages: BlockMessages): Passage {
    const { identity: device } = this.host;
    const { number, declaration, boot } = stream;
    const { part } = device;
    const { plan, range } = declaration;
    const { identity, tags } = plan;
    const name = `${part}/${bootText(boot ?? device.boot)}/${number}/${delivery.sequence}`;
    const { owner, resource, method, parameters } = identity;
    const source = { part, owner, resource, method, parameters, tags, range };
    messages.describe(source, this.appId, name, delivery.offset);
    return { delivery, messages };
  }
}
