/**
 * The sync's other end: takes complete files, fails now and then, and keeps all it was given. What a gateway has
 * not noted as delivered before it died comes again, perhaps in another file: the cloud tells by the blocks' names.
 */
import type { Item } from '../../gateway/outbox/items';
import type { Delivery as Answer, Destination } from '../../gateway/sync/destination';
import { type CaptureFileContents, readCaptureFile } from '../../modules/block/file';

export interface Delivery {
  path: string;
  contents: CaptureFileContents;
  /** The gateway lived to note it, and its disk had room for the note. */
  noted: boolean;
}

/** Of one life of a gateway. */
export interface Source {
  read(item: Item): Promise<Uint8Array | undefined>;
  /** On the way: longer than the gateway's life, if need be. */
  wait(milliseconds: number): Promise<void>;
}

export class SimulatedCloud {
  readonly deliveries: Delivery[] = [];
  /** Deliveries fail while set. */
  down = false;
  /** ms that a delivery takes. */
  delay = 0;
  /** So many deliveries are refused for good. */
  refusals = 0;
  readonly #unnoted = new Map<Item, Delivery>();

  destination({ read, wait }: Source): Destination<Item> {
    return {
      name: 'cloud',
      deliver: async (item): Promise<Answer> => {
        if (this.down) return { result: 'again', reason: 'the cloud is down', of: 'destination' };
        let bytes: Uint8Array | undefined;
        try {
          bytes = await read(item);
        } catch (error) {
          return { result: 'again', reason: (error as Error).message, of: 'item' };
        }
        if (bytes === undefined) return { result: 'gone' };
        if (this.delay > 0) await wait(this.delay);
        if (this.refusals > 0) {
          this.refusals--;
          return { result: 'refused', reason: 'the cloud does not want it' };
        }
        const delivery = { path: item.file.path, contents: readCaptureFile(bytes), noted: false };
        this.deliveries.push(delivery);
        this.#unnoted.set(item, delivery);
        return { result: 'delivered' };
      },
    };
  }

  /** The gateway has noted a delivery. @param isDurable not where there was no room for the note */
  noted(item: Item, isDurable: boolean): void {
    const delivery = this.#unnoted.get(item);
    if (delivery !== undefined) delivery.noted = isDurable;
    this.#unnoted.delete(item);
  }
}
