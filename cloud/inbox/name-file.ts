/**
 * The set of names on the disk: a snapshot, and the arrivals behind the position that it was taken at. Little endian.
 *
 *   magic "SLUICENM" | u16 version | u16 0 | f64 position | 16 B key | u32 CRC-32 of all before
 *   then 256 shards: u32 number of entries | entries, four u32 each | u32 CRC-32 of number and entries
 */
import { crc32 } from '@sluice/common/checksum';
import { SluiceError } from '@sluice/common/errors';
import type { ReadableFile, Storage } from '@sluice/common/storage';
import type { Position } from './arrival';
import { NameSet } from './name-set';
import { shardCount } from './name-table';

const magic = Buffer.from('SLUICENM');
const version = 1;
export const keyBytes = 16;
const headBytes = 40;
const entryBytes = 16;
/** Bytes; no machine holds that many names. */
const longestShard = 2 ** 30;

export interface NameSnapshot {
  names: NameSet;
  key: Uint8Array;
  /** The names of all arrivals below are in it. */
  position: Position;
}

/** Writes while names are added; such a name may be in it or not. Resolves to the number of bytes. */
export function writeSnapshot(storage: Storage, path: string, snapshot: NameSnapshot): Promise<number> {
  return storage.write(path, pieces(snapshot));
}

function* pieces({ names: { table }, key, position }: NameSnapshot): Generator<Uint8Array> {
  const head = Buffer.alloc(headBytes);
  magic.copy(head);
  head.writeUInt16LE(version, 8);
  head.writeDoubleLE(position, 12);
  head.set(key, 20);
  head.writeUInt32LE(crc32(head.subarray(0, -4)), headBytes - 4);
  yield head;
  for (let shard = 0; shard < shardCount; shard++) {
    const entries = table.entries(shard);
    const bytes = Buffer.alloc(4 + entries.byteLength + 4);
    bytes.writeUInt32LE(entries.byteLength / entryBytes, 0);
    bytes.set(new Uint8Array(entries.buffer), 4);
    bytes.writeUInt32LE(crc32(bytes.subarray(0, -4)), bytes.length - 4);
    yield bytes;
  }
}

/** undefined: there is none, or it is damaged, which `onProblem` is told. @throws SluiceError inbox-newer-version */
export async function readSnapshot(
  storage: Storage,
  path: string,
  onProblem: (problem: Error) => void,
): Promise<NameSnapshot | undefined> {
  if ((await storage.status(path)) === undefined) return undefined;
  const file = await storage.openForReading(path);
  const damaged = () =>
    onProblem(
      new SluiceError('inbox-names-damaged', `${path} cannot be read: older names are unknown`, { path }),
    );
  try {
    const head = Buffer.from(await file.read(0, headBytes));
    if (!isHead(head)) return void damaged();
    const found = head.readUInt16LE(8);
    if (found > version)
      throw new SluiceError('inbox-newer-version', `${path} was written by a newer release`, { path });
    const key = new Uint8Array(head.subarray(20, 20 + keyBytes));
    const names = new NameSet(key);
    let at = headBytes;
    for (let shard = 0; shard < shardCount; shard++) {
      const entries = await readShard(file, at);
      if (entries === undefined) return void damaged();
      names.table.load(shard, entries);
      at += entries.byteLength + 8;
    }
    return { names, key, position: head.readDoubleLE(12) };
  } finally {
    await file.close();
  }
}

function isHead(head: Buffer): boolean {
  if (head.length < headBytes || !head.subarray(0, 8).equals(magic)) return false;
  return head.readUInt32LE(headBytes - 4) === crc32(head.subarray(0, -4));
}

/** undefined: damaged. */
async function readShard(file: ReadableFile, at: number): Promise<Uint32Array | undefined> {
  const number = Buffer.from(await file.read(at, 4));
  if (number.length < 4) return undefined;
  const length = number.readUInt32LE(0) * entryBytes;
  if (length > longestShard) return undefined;
  const bytes = Buffer.from((await file.read(at, 4 + length + 4)).buffer);
  if (bytes.length < 4 + length + 4) return undefined;
  if (bytes.readUInt32LE(4 + length) !== crc32(bytes.subarray(0, 4 + length))) return undefined;
  return new Uint32Array(bytes.buffer, 4, length / 4);
}
