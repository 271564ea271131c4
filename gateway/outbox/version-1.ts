/**
 * The state of earlier releases: a snapshot of sums for one destination, and journals `journal-<generation>` beside it.
 *
 * Record of a journal, little endian: u32 length of the payload | u8 kind | payload | u32 CRC-32 of all before.
 */
import { type CaptureFileMetadata, crc32 } from '../../modules/block/file';
import type { Account, CollectorName, Tally } from './account';
import { decodeEntry, type Entry } from './entry';
import type { KeptStream, StreamStates } from './streams';

interface Version1 {
  version: number;
  generation: number;
  nextId: number;
  totals: (CollectorName & { received: Tally; uploaded: Tally; setAside: Tally; deleted: Tally })[];
  streams: KeptStream[];
}

interface Removed {
  metadata: CaptureFileMetadata;
  first: number;
  next: number;
  blocks: number;
  readings: number;
  cause: 'uploaded' | 'set-aside' | 'deleted';
  key: string;
}

const kinds = ['stream', 'block', 'gap', 'removed', 'over'] as const;
const fates = { uploaded: 'delivered', 'set-aside': 'setAside', deleted: 'deleted' } as const;
const frame = 9;
const blockKind = 2;
const longestPayload = 1 << 20;

/** Returns the generation of the first journal that is not in it. */
export function restoreVersion1(
  snapshot: { version: number },
  { account, streams }: { account: Account; streams: StreamStates },
): number {
  const { totals, nextId, streams: kept, generation } = snapshot as Version1;
  const [destination] = account.destinations;
  for (const { uploaded, ...of } of totals) {
    const collector = account.of(of as unknown as CaptureFileMetadata);
    if (destination === undefined) continue;
    const { received, setAside, deleted } = of;
    const left = (name: keyof Tally) => received[name] - uploaded[name] - setAside[name] - deleted[name];
    const stored = { blocks: left('blocks'), readings: left('readings') };
    collector.destinations[destination] = { received, delivered: uploaded, setAside, deleted, stored };
  }
  streams.restore({ nextId, streams: kept });
  return generation;
}

/** The generation of a journal's name. */
export function journalGeneration(name: string): number | undefined {
  const digits = /^journal-(\d+)$/.exec(name)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** The entries of a journal up to its first record that is not whole. @param destination that files were uploaded to */
export function* readJournal(bytes: Uint8Array, destination: string | undefined): Generator<Entry> {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let offset = 0;
  while (offset + frame <= bytes.length) {
    const length = view.getUint32(offset, true);
    const end = offset + 5 + length;
    if (length > longestPayload || end + 4 > bytes.length) return;
    if (view.getUint32(end, true) !== crc32(bytes, offset, end)) return;
    const kind = kinds[view.getUint8(offset + 4)];
    const payload = bytes.subarray(offset + 5, end);
    if (kind === 'block') yield decodeEntry({ kind: blockKind, bytes: payload, position: offset });
    else if (kind === 'removed')
      yield settled(JSON.parse(new TextDecoder().decode(payload)) as Removed, destination);
    else if (kind !== undefined) yield JSON.parse(new TextDecoder().decode(payload)) as Entry;
    offset = end + 4;
  }
}

function settled({ cause, ...removed }: Removed, destination: string | undefined): Entry {
  return {
    kind: 'settled',
    item: { ...removed, type: 'blocks', bytes: 0, begun: 0 },
    fate: fates[cause],
    end: cause === 'set-aside' ? 'failed' : 'removed',
    ...(cause === 'deleted' || destination === undefined ? {} : { destination }),
  };
}
