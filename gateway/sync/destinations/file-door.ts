/**
 * Our cloud's file door: binaries and files of any size, in parts, by name; the cloud says `stored` once it has all of
 * it durably, with the digest of what it has.
 */
import { createHash } from 'node:crypto';
import { isSluiceError, systemCode } from '@sluice/common/errors';
import type { Delivery } from '../destination';
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
  pieces(): AsyncIterable<Uint8Array>;
}

/** Bytes of a part: half of what the door takes. */
const partBytes = 4 << 20;

interface Answer {
  stored: boolean;
  sha256?: string;
}

export async function deliverFile(
  cloud: CloudConnection,
  main: string,
  upload: FileUpload,
  signal: AbortSignal,
): Promise<Delivery> {
  const path = ['files', cloud.appId, main, upload.name];
  const begun = await cloud.send<Answer>('POST', path, {}, describe(upload), signal);
  if ('result' in begun) return begun;
  if (begun.stored) return { result: 'delivered' };
  const hash = createHash('sha256');
  let offset = 0;
  try {
    // Only the last part, which says the digest of all, makes it whole: it goes when the file is known to be the same.
    let held: Uint8Array | undefined;
    for await (const part of partsOf(upload.pieces())) {
      if (held !== undefined) {
        const sent = await cloud.send<Answer>('PUT', path, { offset }, held, signal);
        if ('result' in sent) return sent;
        offset += held.length;
      }
      hash.update(part);
      held = part;
    }
    const last = held ?? new Uint8Array(0);
    const sha256 = hash.digest('hex');
    const sent = await cloud.send<Answer>('PUT', path, { offset, sha256 }, last, signal);
    if ('result' in sent) return sent;
    if (sent.stored && sent.sha256 === sha256) return { result: 'delivered' };
    return { result: 'again', reason: 'the cloud has other bytes', of: 'item' };
  } catch (error) {
    if (isSluiceError(error) && error.code === 'file-changed') return { result: 'gone' };
    const reason = `cannot be read: ${systemCode(error) ?? (error as Error).message}`;
    return { result: 'again', reason, of: 'item' };
  }
}

function describe({ description, bytes }: FileUpload): Uint8Array {
  return new TextEncoder().encode(JSON.stringify({ ...description, size: bytes }));
}

async function* partsOf(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  // One is sent while the other is filled.
  let part = new Uint8Array(partBytes);
  let other = new Uint8Array(partBytes);
  let filled = 0;
  for await (let piece of pieces) {
    while (piece.length > 0) {
      const taken = Math.min(piece.length, partBytes - filled);
      part.set(piece.subarray(0, taken), filled);
      filled += taken;
      piece = piece.subarray(taken);
      if (filled < partBytes) continue;
      yield part;
      [part, other] = [other, part];
      filled = 0;
    }
  }
  if (filled > 0) yield part.subarray(0, filled);
}
