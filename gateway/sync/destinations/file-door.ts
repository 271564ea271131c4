/**
 * Our cloud's file door: binaries and files of any size, in parts, by name; the cloud says `stored` once it has all of
 * it durably, with the digest of what it has.
 *
 * What holds: whatever the size of a file, its delivery takes one buffer.
 */
import { createHash, type Hash } from 'node:crypto';
import { isSluiceError } from '@sluice/common/errors';
import { type Delivery, unread } from '../destination';
import type { CloudConnection } from './cloud-connection';

/** An item that is no capture file, as it goes over. */
export interface FileUpload {
  /** In all the world. */
  name: string;
  /** What the cloud keeps beside it. */
  description: {
    type: 'binary' | 'file';
    captured: number;
    metadata: object;
    deleteDataOnPartDeletion?: boolean;
  };
  bytes: number;
  /** In the buffer, one after another; all but the last are as long as it. */
  pieces(buffer: Uint8Array): AsyncGenerator<Uint8Array>;
}

const pieceBytes = 1 << 18;
/** Bytes of a part at most, whole pieces: half of what the door takes. */
const partBytes = 16 * pieceBytes;

interface Answer {
  stored: boolean;
  sha256?: string;
}

export class FileDoor {
  readonly #cloud: CloudConnection;
  readonly #main: string;
  /** One for each delivery that there was at once: thousands of files make no garbage. */
  readonly #buffers: Uint8Array[] = [];

  constructor(cloud: CloudConnection, main: string) {
    this.#cloud = cloud;
    this.#main = main;
  }

  async deliver(upload: FileUpload, signal: AbortSignal): Promise<Delivery> {
    const begun = await this.#send('POST', upload, {}, describe(upload), signal);
    if ('result' in begun) return begun;
    if (begun.stored) return { result: 'delivered' };
    const buffer = this.#buffers.pop() ?? new Uint8Array(pieceBytes);
    const pieces = upload.pieces(buffer);
    try {
      return await this.#deliver(upload, pieces, signal);
    } catch (error) {
      if (isSluiceError(error) && error.code === 'file-changed') return { result: 'gone' };
      return unread(error);
    } finally {
      await pieces.return(undefined);
      this.#buffers.push(buffer);
    }
  }

  async #deliver(
    upload: FileUpload,
    pieces: AsyncGenerator<Uint8Array>,
    signal: AbortSignal,
  ): Promise<Delivery> {
    const hash = createHash('sha256');
    // Only the last part, which says the digest of all, makes it whole: it goes when the file is known to be the same.
    const last = (Math.ceil(upload.bytes / pieceBytes) - 1) * pieceBytes;
    let offset = 0;
    while (offset < last) {
      const length = Math.min(partBytes, last - offset);
      const part = { length, pieces: portion(pieces, length, hash) };
      const sent = await this.#send('PUT', upload, { offset }, part, signal);
      if ('result' in sent) return sent;
      offset += length;
    }
    let rest: Uint8Array = new Uint8Array(0);
    for await (const piece of pieces) {
      hash.update(piece);
      rest = piece;
    }
    const sha256 = hash.digest('hex');
    const sent = await this.#send('PUT', upload, { offset, sha256 }, rest, signal);
    if ('result' in sent) return sent;
    if (sent.stored && sent.sha256 === sha256) return { result: 'delivered' };
    return { result: 'again', reason: 'the cloud has other bytes', of: 'item' };
  }

  #send(
    method: 'POST' | 'PUT',
    { name }: FileUpload,
    query: Record<string, string | number>,
    body: Parameters<CloudConnection['send']>[3],
    signal: AbortSignal,
  ): Promise<Answer | Delivery> {
    const path = ['files', this.#cloud.appId, this.#main, name];
    return this.#cloud.send<Answer>(method, path, query, body, signal);
  }
}

function describe({ description, bytes }: FileUpload): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ ...description, size: bytes }));
}

/** The next of a file's pieces, so many bytes of them. The others stay. */
async function* portion(
  pieces: AsyncGenerator<Uint8Array>,
  length: number,
  hash: Hash,
): AsyncGenerator<Uint8Array> {
  for (let left = length; left > 0; ) {
    const { done, value } = await pieces.next();
    if (done || value.length > left) throw new Error('it is no longer as long as it was');
    hash.update(value);
    left -= value.length;
    yield value;
  }
}
