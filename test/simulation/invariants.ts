/**
 * What must hold after a run, checked against what the pins really produced (the truth log of the host in C).
 * Each violation is one sentence.
 */
import { bootKey } from '../../gateway/outbox/streams';
import { bootText } from '../../modules/block/boot-text';
import { DecodedBlock, decodeBlock } from '../../modules/block/decoder';
import type { CaptureFileMetadata } from '../../modules/block/file';
import { checkAbsences } from './absences';
import { countOf } from './meter';
import { capturedKey, checkConfigurations, checkRivals } from './named';
import { checkPauses } from './pauses';
import type { Boot, PartOutcome, StreamReport } from './simulated-part';
import type { Outcome } from './world';

/** ms by which a read may follow its tick's stamp, or precede it by rounding. */
const tolerance = 2;
/** ms: SNTP has whole seconds, and the way takes its time. */
const wallTolerance = 3_000;

/** Readings: an open block and a page that are not full, of noise of more than ten bits. */
const mostNotInFlash = 700;
/** Whatever else is to be retained: a part keeps 16 streams, and a scenario has at most five in a boot. */
const bootsRetained = 3;

interface Delivered {
  metadata: CaptureFileMetadata;
  /** By sequence number. */
  blocks: Map<number, DeliveredBlock>;
}

interface DeliveredBlock {
  block: DecodedBlock;
  bytes: Uint8Array;
  known: boolean;
  offset: number;
  /** Some delivery of it was noted by the gateway. */
  noted: boolean;
}

export interface Tally {
  captured: number;
  delivered: number;
  overwritten: number;
  /** Delivered, though the part had still counted them as stored or overwritten when it was asked. */
  countedTwice: number;
  /** By the last boot, after it was asked. */
  afterQuestion: number;
  /** After the last reading that was delivered of a boot before the last, overwritten or not. */
  lostAtReboot: number;
  /** At the end of the run, still on the device. */
  stored: number;
  discarded: number;
}

export interface Verdict {
  violations: string[];
  tally: Tally;
}

export function check(outcome: Outcome): Verdict {
  const violations: string[] = [];
  const tally: Tally = {
    captured: 0,
    delivered: 0,
    overwritten: 0,
    countedTwice: 0,
    afterQuestion: 0,
    lostAtReboot: 0,
    stored: 0,
    discarded: 0,
  };
  const streams = collect(outcome, violations);
  for (const path of outcome.unreadable) violations.push(`${path} cannot be read`);
  checkPromises(outcome, streams, violations);
  checkAccount(outcome, streams, violations);
  checkAbsences(outcome, violations);
  checkConfigurations(outcome, capturedOf(streams), violations);
  checkRivals(outcome, violations);
  for (const part of outcome.parts) {
    checkExits(part, violations);
    checkPauses(outcome, part, violations);
    if (!part.truth.value.some((value) => value >= 0)) violations.push(`${part.name} has read nothing`);
    for (const boot of part.boots) {
      const own = [...streams].filter(([key]) => key.startsWith(`${bootKey(part.name, boot)}/`));
      checkBoot(outcome, part, boot, new Map(own), violations, tally);
    }
  }
  return { violations, tally };
}

/**
 * Every block by stream. A name that is there twice is a violation, unless the gateway died between an upload and
 * its note: then it comes again, the same in every bit and with the same wall time.
 */
function collect({ files }: Outcome, violations: string[]): Map<string, Delivered> {
  const streams = new Map<string, Delivered>();
  const inOrder = [...files].sort((a, b) => Number(b.noted) - Number(a.noted));
  for (const { path, contents, noted } of inOrder) {
    const { metadata, blocks, torn } = contents;
    if (torn) violations.push(`${path} is torn at ${torn.offset}`);
    const key = `${bootKey(metadata.part, metadata.boot)}/${metadata.stream}`;
    const stream = streams.get(key) ?? { metadata, blocks: new Map() };
    streams.set(key, stream);
    for (const { sequence, bytes, mapping, readings } of blocks) {
      const block = decodeBlock(bytes);
      if (!(block instanceof DecodedBlock)) {
        violations.push(`${key}/${sequence} does not decode: ${block.message}`);
        continue;
      }
      const twin = stream.blocks.get(sequence);
      const again = { block, bytes, known: mapping.known, offset: mapping.offset, noted };
      if (twin && (noted || !isSame(twin, again))) violations.push(`${key}/${sequence} was delivered twice`);
      const { counter, random } = block.boot;
      const own = metadata.boot.counter === counter && metadata.boot.random === random;
      if (
        !own ||
        block.stream !== metadata.stream ||
        block.sequence !== sequence ||
        block.count !== readings
      ) {
        violations.push(`${key}/${sequence} is another block than its name says`);
      }
      stream.blocks.set(sequence, { ...again, noted: noted || (twin?.noted ?? false) });
    }
  }
  return streams;
}

function capturedOf(streams: Map<string, Delivered>): Set<string> {
  return new Set(
    [...streams.values()].map(({ metadata: { part, boot, resource } }) =>
      capturedKey(part, bootText(boot), resource),
    ),
  );
}

function isSame(a: DeliveredBlock, b: DeliveredBlock): boolean {
  return Buffer.compare(a.bytes, b.bytes) === 0 && a.known === b.known && a.offset === b.offset;
}

/** What was acknowledged is there, unless the part had said that it is gone. */
function checkPromises(
  { promised, gaps }: Outcome,
  streams: Map<string, Delivered>,
  violations: string[],
): void {
  for (const [key, next] of promised) {
    const blocks = streams.get(key)?.blocks;
    const missing: number[] = [];
    for (let sequence = 0; sequence < next; sequence++) {
      if (!blocks?.has(sequence) && !isInGap(gaps, key, sequence)) missing.push(sequence);
    }
    if (missing.length > 0)
      violations.push(`${key}: acknowledged below ${next}, but ${missing.join(' ')} are not there`);
  }
}

function isInGap(gaps: Outcome['gaps'], key: string, sequence: number): boolean {
  return gaps.get(key)?.some(([from, to]) => sequence >= from && sequence < to) ?? false;
}

/** Gateway: received = delivered + set aside + deleted + stored, and as much as is there. */
function checkAccount({ account }: Outcome, streams: Map<string, Delivered>, violations: string[]): void {
  let received = 0;
  let accounted = 0;
  for (const { part, resource, method, parameters, ...tallies } of account) {
    const { delivered, setAside, deleted, stored } = tallies;
    const sum = delivered.readings + setAside.readings + deleted.readings + stored.readings;
    if (sum !== tallies.received.readings) {
      const name = `${part} ${resource} ${method} ${JSON.stringify(parameters)}`;
      violations.push(`${name}: received ${tallies.received.readings} readings, accounted for ${sum}`);
    }
    received += tallies.received.blocks;
    accounted += delivered.blocks + setAside.blocks + stored.blocks;
  }
  const arrived = [...streams.values()].flatMap(({ blocks }) => [...blocks.values()]);
  const there = arrived.length;
  // Uploaded from a disk without room for the note, they count as deleted should the gateway die before there is any.
  const unnoted = arrived.filter(({ noted }) => !noted).length;
  if (accounted > there || accounted < there - unnoted)
    violations.push(`the gateway accounts for ${accounted} of ${received} blocks, ${there} are there`);
}

/** Devices end by what was done to them, and by nothing else. */
function checkExits({ name, exits }: PartOutcome, violations: string[]): void {
  for (const { reason, detail } of exits) {
    if (!['stopped', 'power cut', 'restart'].includes(reason))
      violations.push(`${name} ended by ${reason}: ${detail}`);
  }
}

interface Read {
  time: number;
  value: number;
}

function checkBoot(
  outcome: Outcome,
  part: PartOutcome,
  boot: Boot,
  streams: Map<string, Delivered>,
  violations: string[],
  tally: Tally,
): void {
  const isLast = boot === part.boots.at(-1) && !part.left;
  // A boot that ended before it had met anybody never knew the time of what it has left in flash.
  const timed = [...streams.values()].some(({ blocks }) => [...blocks.values()].some(({ known }) => known));
  const mayBeUntimed = part.retains !== 'nothing' && !isLast && !timed;
  const reads = readsOf(part, boot);
  for (const list of reads.values()) tally.captured += list.length;
  // What is read has one stream at a time; a changed collector is a new stream, which begins where the other ended.
  const used = new Map<string, number>();
  const delivered = new Map<string, number>();
  for (const [key, stream] of [...streams].sort(([, a], [, b]) => a.metadata.stream - b.metadata.stream)) {
    checkSequence(outcome, key, stream, violations);
    const source = sourceOf(stream.metadata);
    if (source === undefined) continue;
    const own = { reads: reads.get(source) ?? [], from: used.get(source) ?? 0, mayBeUntimed };
    const { count, next } = checkStream(outcome, boot, key, stream, own, violations);
    used.set(source, next);
    delivered.set(source, (delivered.get(source) ?? 0) + count);
    tally.delivered += count;
  }
  if (isLast) {
    checkLastBoot(part, boot, streams, reads, violations, tally);
    return;
  }
  for (const [source, list] of reads) {
    const lost = list.length - (used.get(source) ?? 0);
    if (part.retains === 'all' && lost > mostNotInFlash && part.boots.length - boot.ordinal <= bootsRetained)
      violations.push(`${bootKey(part.name, boot)} ${source}: the last ${lost} readings were not retained`);
    tally.lostAtReboot += lost;
    tally.overwritten += (used.get(source) ?? 0) - (delivered.get(source) ?? 0);
  }
}

/** Which pin or meter a stream is of; undefined: what it gave is not known. */
function sourceOf({ resource, parameters }: CaptureFileMetadata): string | undefined {
  if (resource.endsWith('/board')) return parameters.reader_name;
  return resource.endsWith('/meter') ? 'meter' : undefined;
}

/** What each pin and the meter have given in a boot, oldest first. */
function readsOf({ truth, meter = [] }: PartOutcome, boot: Boot): Map<string, Read[]> {
  const reads = new Map<string, Read[]>();
  const add = (source: string, time: number, value: number) => {
    const list = reads.get(source) ?? [];
    list.push({ time: time - boot.at, value });
    reads.set(source, list);
  };
  for (let i = 0; i < truth.length; i++) {
    if (truth.boot[i] !== boot.ordinal || truth.written[i] || truth.value[i]! < 0) continue;
    add(`P${truth.pin[i]}`, truth.time[i]!, truth.value[i]!);
  }
  for (const { boot: ordinal, time, value } of meter) if (ordinal === boot.ordinal) add('meter', time, value);
  return reads;
}

/** No block is missing between others but those of which it is known that they are gone. */
function checkSequence({ gaps }: Outcome, key: string, { blocks }: Delivered, violations: string[]): void {
  let next = 0;
  for (const sequence of [...blocks.keys()].sort((a, b) => a - b)) {
    for (let missing = next; missing < sequence; missing++)
      if (!isInGap(gaps, key, missing)) violations.push(`${key}/${missing} is missing before ${sequence}`);
    next = sequence + 1;
  }
}

/**
 * Each delivered reading is one that was taken at its time; none twice; wall times grow, but where a correction of
 * the clock is recorded. @param own what was taken, and from where on @returns how many, and where the next may be
 */
function checkStream(
  outcome: Outcome,
  boot: Boot,
  key: string,
  { blocks }: Delivered,
  { reads, from, mayBeUntimed }: { reads: Read[]; from: number; mayBeUntimed: boolean },
  violations: string[],
): { count: number; next: number } {
  let at = from;
  let count = 0;
  let lastWall = Number.NEGATIVE_INFINITY;
  for (const sequence of [...blocks.keys()].sort((a, b) => a - b)) {
    const { block, known, offset } = blocks.get(sequence)!;
    const { requested } = block.times();
    for (let i = 0; i < block.count; i++) {
      const time = requested[i]!;
      const value = block.kind === 'record' ? countOf(block.values[i] as { volts: number }) : block.values[i];
      while (at < reads.length && reads[at]!.time < time - tolerance) at++;
      const read = reads[at];
      if (read === undefined || read.time > time + tolerance || read.value !== value) {
        violations.push(
          `${key}/${sequence} reading ${i}: ${value} at ${time} ms was never read (there: ${read?.value} at ${read?.time})`,
        );
        return { count, next: at };
      }
      at++;
      count++;
    }
    if (!known) {
      if (!mayBeUntimed) violations.push(`${key}/${sequence} has no wall time`);
      continue;
    }
    const start = requested[0]! + offset;
    if (start <= lastWall && !outcome.corrected.has(`${key}/${sequence}`))
      violations.push(`${key}/${sequence} begins at or before the end of the block before`);
    lastWall = requested[block.count - 1]! + offset;
    const true_ = outcome.epoch + boot.at + requested[0]!;
    if (!outcome.clockStepped && Math.abs(start - true_) > wallTolerance) {
      violations.push(`${key}/${sequence} is mapped ${Math.round(start - true_)} ms from its true time`);
    }
  }
  return { count, next: at };
}

/** The boot that runs at the end is asked: nothing is missing but what it names. */
function checkLastBoot(
  part: PartOutcome,
  boot: Boot,
  streams: Map<string, Delivered>,
  reads: Map<string, Read[]>,
  violations: string[],
  tally: Tally,
): void {
  const { name, status } = part;
  if (status === undefined) {
    violations.push(`${name} could not be asked at the end`);
    return;
  }
  let captured = 0;
  for (const stream of status.streams) {
    const { number, acknowledged, overwritten, discarded, stored } = stream;
    if (isKnown(stream)) captured += stream.captured;
    if (stream.captured !== acknowledged + overwritten + discarded + stored) {
      violations.push(`${name} stream ${number}: ${stream.captured} captured, but ${JSON.stringify(stream)}`);
    }
    const blocks = [...(streams.get(`${bootKey(name, boot)}/${number}`)?.blocks.values() ?? [])];
    const delivered = blocks.reduce((sum, { block }) => sum + block.count, 0);
    tally.overwritten += overwritten;
    tally.stored += stored;
    tally.discarded += discarded;
    tally.countedTwice += Math.max(0, delivered + overwritten + discarded + stored - stream.captured);
    if (delivered < acknowledged) {
      violations.push(`${name} stream ${number}: acknowledged ${acknowledged}, delivered ${delivered}`);
    }
    // Equal, unless blocks were overwritten that had arrived already without the part knowing.
    if (delivered + overwritten + discarded + stored < stream.captured) {
      violations.push(
        `${name} stream ${number}: of ${stream.captured} captured only ${delivered} delivered, ${overwritten} overwritten, ${stored} stored`,
      );
    }
  }
  let truth = 0;
  for (const list of reads.values()) truth += list.filter(({ time }) => time <= status.monotonic).length;
  for (const list of reads.values())
    tally.afterQuestion += list.filter(({ time }) => time > status.monotonic).length;
  if (part.meter !== undefined && !status.streams.some(({ resource }) => resource.endsWith('/meter')))
    violations.push(`${name}: the meter is there, and is not captured`);
  // Streams that ended and were delivered are no longer listed.
  const last = Math.max(...status.streams.map(({ number }) => number));
  const isComplete = status.streams.length === last + 1;
  const most = status.streams.length;
  if (captured > truth + most || (isComplete && captured < truth - most)) {
    violations.push(
      `${name}: ${truth} readings were taken by ${status.monotonic} ms, ${captured} count as captured`,
    );
  }
}

/** What it gave is known. */
function isKnown({ resource }: StreamReport): boolean {
  return resource.endsWith('/board') || resource.endsWith('/meter');
}
