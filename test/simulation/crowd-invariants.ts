/**
 * What must hold of many parts at once: every block that a part captured is where it must be, as it was, once; what is not
 * there was lost by name; and the gateway's account has as much as is there.
 */
import { bootKey } from '../../gateway/outbox/streams';
import type { ReplayedPart, SentBlock } from './replayed-part';
import type { Delivery } from './simulated-cloud';
import type { SimulatedGateway } from './simulated-gateway';

/** Blocks. */
export interface CrowdCounts {
  captured: number;
  delivered: number;
  overwritten: number;
  lostAtReboot: number;
  /** By the gateway, on a full disk. */
  deleted: number;
}

export interface Left {
  parts: readonly ReplayedPart[];
  files: readonly Delivery[];
  gateway: SimulatedGateway;
}

interface Found {
  bytes: Uint8Array;
  offset: number;
}

export function checkCrowd({ parts, files, gateway }: Left, violations: string[]): CrowdCounts {
  const counts: CrowdCounts = { captured: 0, delivered: 0, overwritten: 0, lostAtReboot: 0, deleted: 0 };
  const found = collect(files, violations);
  const there = found.size;
  for (const { boots, options } of parts)
    for (const { boot, streams } of boots)
      for (const [stream, blocks] of streams.entries()) {
        const key = `${bootKey(options.name, boot)}/${stream}`;
        checkStream(key, blocks, boot !== boots.at(-1)!.boot, found, gateway, counts, violations);
      }
  for (const name of found.keys()) violations.push(`${name} was never sent`);
  const unnoted = files.filter(({ noted }) => !noted).flatMap(({ contents }) => contents.blocks).length;
  checkAccount(gateway, { there, deleted: counts.deleted, unnoted }, violations);
  return counts;
}

/** By name. One that is there twice is a violation, unless the gateway died between an upload and its note. */
function collect(files: readonly Delivery[], violations: string[]): Map<string, Found> {
  const found = new Map<string, Found>();
  for (const { contents, path, noted } of [...files].sort((a, b) => Number(b.noted) - Number(a.noted))) {
    const { metadata, blocks, torn } = contents;
    if (torn) violations.push(`${path} is torn at ${torn.offset}`);
    const key = `${bootKey(metadata.part, metadata.boot)}/${metadata.stream}`;
    for (const { sequence, bytes, mapping } of blocks) {
      const name = `${key}/${sequence}`;
      const { known, offset } = mapping;
      if (!known) violations.push(`${name} has no wall time`);
      const twin = found.get(name);
      const isSame = twin && Buffer.compare(twin.bytes, bytes) === 0 && twin.offset === offset;
      if (twin && (noted || !isSame)) violations.push(`${name} was delivered twice`);
      found.set(name, twin ?? { bytes, offset });
    }
  }
  return found;
}

/** Takes what belongs to the stream out of what was found. */
function checkStream(
  key: string,
  blocks: readonly SentBlock[],
  isOver: boolean,
  found: Map<string, Found>,
  { gaps, promised, corrected }: SimulatedGateway,
  counts: CrowdCounts,
  violations: string[],
): void {
  const gone = gaps.get(key) ?? [];
  const durable = promised.get(key) ?? 0;
  let lastWall = Number.NEGATIVE_INFINITY;
  for (const [sequence, block] of blocks.entries()) {
    const name = `${key}/${sequence}`;
    const there = found.get(name);
    found.delete(name);
    counts.captured++;
    // Those that follow begin where it did, also when it is itself deleted later.
    if (corrected.has(name)) lastWall = Number.NEGATIVE_INFINITY;
    if (there !== undefined) {
      counts.delivered++;
      if (Buffer.compare(there.bytes, block.bytes) !== 0) violations.push(`${name} is not what was sent`);
      if (block.start + there.offset <= lastWall)
        violations.push(`${name} begins at or before the end of the block before`);
      lastWall = block.end + there.offset;
    } else if (gone.some(([from, to]) => sequence >= from && sequence < to)) {
      if (block.overwritten) counts.overwritten++;
      else counts.deleted++;
    } else if (block.acknowledged || sequence < durable)
      violations.push(`${name} was acknowledged, and is not there`);
    else if (isOver) counts.lostAtReboot++;
    else violations.push(`${name} was captured, and is neither there nor lost by name`);
  }
}

function checkAccount(
  { directory }: SimulatedGateway,
  { there, deleted, unnoted }: { there: number; deleted: number; unnoted: number },
  violations: string[],
): void {
  let accounted = 0;
  let accountedDeleted = 0;
  for (const tallies of directory.account()) {
    const { part, parameters, received, delivered, setAside, stored } = tallies;
    const sum = delivered.readings + setAside.readings + tallies.deleted.readings + stored.readings;
    if (sum !== received.readings)
      violations.push(
        `${part} ${JSON.stringify(parameters)}: received ${received.readings}, accounted for ${sum}`,
      );
    accounted += delivered.blocks + setAside.blocks + stored.blocks;
    accountedDeleted += tallies.deleted.blocks;
  }
  if (accounted > there || accounted < there - unnoted)
    violations.push(`the gateway accounts for ${accounted} blocks, ${there} are there`);
  if (accountedDeleted < deleted || accountedDeleted > deleted + unnoted)
    violations.push(`the gateway accounts for ${accountedDeleted} deleted blocks, ${deleted} are gone`);
}
