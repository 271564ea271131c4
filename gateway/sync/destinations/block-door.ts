/** Our cloud: capture files go to its block door as they are, binaries and files to its file door; it knows all by name. */
import { largestCaptureFile } from '../../../modules/block/file';
import { type Delivery, type Destination, type DestinationSpecification, unread } from '../destination';
import { CloudConnection, type CloudConnectionOptions } from './cloud-connection';
import { FileDoor, type FileUpload } from './file-door';

export type CloudUpload = { blocks: Uint8Array } | FileUpload;

export interface BlockDoorOptions<Item> extends CloudConnectionOptions {
  /** The main part's name. */
  main: string;
  /** What of an item goes over; undefined when it has been deleted by hand. */
  read(item: Item): Promise<CloudUpload | undefined>;
  /** What the main calls the part whose item it is; its own name when undefined. */
  remote?(item: Item): string | undefined;
}

interface Answer {
  readings: number;
  refused: { block: string; reason: string }[];
}

class BlockDoor<Item> implements Destination<Item> {
  readonly #options: BlockDoorOptions<Item>;
  readonly #cloud: CloudConnection;
  readonly #files: FileDoor;

  constructor(
    readonly name: string,
    options: BlockDoorOptions<Item>,
  ) {
    this.#options = options;
    this.#cloud = new CloudConnection(options);
    this.#files = new FileDoor(this.#cloud, options.main);
  }

  async deliver(item: Item, signal: AbortSignal): Promise<Delivery> {
    let upload: CloudUpload | undefined;
    try {
      upload = await this.#options.read(item);
    } catch (error) {
      return unread(error);
    }
    if (upload === undefined) return { result: 'gone' };
    if ('blocks' in upload) return this.#post(upload.blocks, item, signal);
    return this.#files.deliver(upload, signal);
  }

  async #post(bytes: Uint8Array, item: Item, signal: AbortSignal): Promise<Delivery> {
    const { appId, main, remote } = this.#options;
    const name = remote?.(item);
    const query: Record<string, string> = name === undefined ? {} : { remote: name };
    const answer = await this.#cloud.send<Answer>('POST', ['blocks', appId, main], query, bytes, signal);
    return 'result' in answer ? answer : understood(answer);
  }
}

function understood({ refused }: Answer): Delivery {
  if (refused.length === 0) return { result: 'delivered' };
  const reason = refused.map((refusal) => `${refusal.block}: ${refusal.reason}`).join('\n');
  return { result: 'refused', reason };
}

export const blockDoor = {
  summary: "Our cloud's doors: capture files as they are, binaries and files in parts, over HTTP.",
  largestItem: largestCaptureFile,
  isIdempotent: true,
  open: <Item>(name: string, options: BlockDoorOptions<Item>): Destination<Item> =>
    new BlockDoor(name, options),
} satisfies DestinationSpecification<BlockDoorOptions<never>, never>;
