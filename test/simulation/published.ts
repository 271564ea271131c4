/**
 * What must hold of the messages of a part that published through everything, checked against what its pins really
 * gave: none invented, none in a wrong order, none missing but those that its cache had no room for and those that a boot
 * took with it. A foreign broker may get a message twice, but then the same, and few of them.
 */
import { bootText } from '../../modules/block/boot-text';
import { mostWaiting } from '../../modules/uplink/mqtt/pace';
import { type Published, voltsPerCount } from './publishing-part';
import type { PublishingScenario } from './publishing-scenario';
import type { Message } from './scripted-broker';
import type { Boot } from './simulated-part';

/** Bytes of blocks that are not in the cache for sure: the open one, and the one that makes room. */
const slack = 1_024;
/** Bytes of a reading at most: noise of ten bits, and a block's head. */
const mostBytes = 2;
/** ms between a message's stamp and its reading's, beside what no fault explains at a boot's end. */
const undisturbed = 60_000;
/** ms after which a message has gone out again, and once more should that be lost too, while others pass it. */
const longestWait = 124_000;

export interface PublishedVerdict {
  violations: string[];
  read: number;
  arrived: number;
  repeated: number;
  /** Overwritten, as the cache was full. */
  overwritten: number;
  lostAtReboot: number;
}

interface Arrival {
  at: number;
  value: number;
  wall: number;
  text: string;
}

interface Named {
  time: number;
  payload_fields: Record<string, number>;
  sluice: { block: string; index: number };
}

/** @param end ms of the clock up to which everything has arrived */
export function checkPublished(
  published: Published,
  { cacheKb, frequencies, faults }: PublishingScenario,
  end: number,
): PublishedVerdict {
  const { taken, boots, exits, unacknowledged, connections } = published;
  const violations: string[] = [];
  const verdict = { violations, read: 0, arrived: 0, repeated: 0, overwritten: 0, lostAtReboot: 0 };
  for (const { reason, detail } of exits)
    if (!['stopped', 'power cut'].includes(reason)) violations.push(`the part ended by ${reason}: ${detail}`);
  const streams = collect(taken, violations);
  for (const [index, boot] of boots.entries()) {
    const next = boots[index + 1]?.at;
    const heard = timesOf(bootText(boot), streams);
    for (const pin of frequencies.keys()) {
      const key = `${bootText(boot)} board_A${pin}`;
      const arrivals = inOrder(streams.get(key));
      streams.delete(key);
      const reads = readsOf(published, boot, pin).filter(({ time }) => next !== undefined || time < end);
      const holds = Math.floor((cacheKb * 1_000 - slack) / mostBytes);
      const { overwritten, unsent, rest } = compare(
        key,
        arrivals,
        reads,
        { holds, heard, isLast: next === undefined },
        violations,
      );
      verdict.overwritten += overwritten;
      verdict.lostAtReboot += unsent;
      verdict.read += reads.length;
      verdict.arrived += arrivals.length;
      if (next === undefined && rest.length > 0)
        violations.push(`${key}: the last ${rest.length} readings have not arrived`);
      const first = rest[0]?.time;
      const disturbed =
        first !== undefined && faults.some(({ at, until }) => until > first - undisturbed && at < next! - 1);
      if (next !== undefined && first !== undefined && next - first > undisturbed && !disturbed)
        violations.push(`${key}: nothing arrived in the last ${next - first} ms of a boot without trouble`);
      verdict.lostAtReboot += rest.length;
    }
  }
  for (const key of streams.keys()) violations.push(`${key} is of no boot and no pin`);
  verdict.repeated = taken.length - verdict.arrived;
  const most = unacknowledged + mostWaiting * (connections + boots.length);
  if (verdict.repeated > most)
    violations.push(`${verdict.repeated} messages came again, ${most} at most had a reason to`);
  return verdict;
}

/** By boot and field: each message once, by block and index. */
function collect(taken: readonly Message[], violations: string[]): Map<string, Map<number, Arrival>> {
  const streams = new Map<string, Map<number, Arrival>>();
  for (const { topic, text, at } of taken) {
    if (topic !== 'pipeline/plant/esp') violations.push(`published to ${topic}`);
    const { time, payload_fields, sluice } = JSON.parse(text) as Named;
    const [part, boot, , sequence] = sluice.block.split('/');
    if (part !== 'esp') violations.push(`a block of ${part}`);
    const [[field, value]] = Object.entries(payload_fields) as [[string, number]];
    const key = `${boot} ${field}`;
    const name = Number(sequence) * 65_536 + sluice.index;
    const stream = streams.get(key) ?? new Map<number, Arrival>();
    streams.set(key, stream);
    const before = stream.get(name);
    if (before === undefined) stream.set(name, { at, value, wall: time, text });
    else if (before.text !== text) violations.push(`came again, but not the same: ${before.text} ${text}`);
  }
  return streams;
}

/** When each message of a boot came, ms of the clock, ascending. */
function timesOf(boot: string, streams: Map<string, Map<number, Arrival>>): number[] {
  const times: number[] = [];
  for (const [key, stream] of streams)
    if (key.startsWith(`${boot} `)) for (const { at } of stream.values()) times.push(at);
  return times.sort((a, b) => a - b);
}

function inOrder(stream: Map<number, Arrival> = new Map()): Arrival[] {
  return [...stream].sort(([a], [b]) => a - b).map(([, arrival]) => arrival);
}

interface Read {
  /** ms of the clock. */
  time: number;
  value: number;
}

function readsOf({ truth }: Published, boot: Boot, pin: number): Read[] {
  const reads: Read[] = [];
  for (let index = 0; index < truth.length; index++)
    if (truth.boot[index] === boot.ordinal && truth.pin[index] === pin && !truth.written[index])
      reads.push({ time: truth.time[index]!, value: truth.value[index]! * voltsPerCount });
  return reads;
}

/**
 * @param holds readings that the cache has room for, for sure @param heard when the broker took something of the boot
 * @returns how many were overwritten, how many waited to go out again when the boot ended, and what was taken after the
 * last that arrived
 */
function compare(
  key: string,
  arrivals: Arrival[],
  reads: Read[],
  { holds, heard, isLast }: { holds: number; heard: number[]; isLast: boolean },
  violations: string[],
): { overwritten: number; unsent: number; rest: Read[] } {
  let at = 0;
  let overwritten = 0;
  let unsent = 0;
  for (const [index, { value, wall, text, at: came }] of arrivals.entries()) {
    if (index > 0 && wall <= arrivals[index - 1]!.wall) violations.push(`a time stamp did not grow: ${text}`);
    const found = reads.findIndex((read, place) => place >= at && read.time <= came && read.value === value);
    if (found < 0) {
      // What was read after the end of the account is not in it.
      if (at < reads.length) violations.push(`${key}: was never read, or not in this order: ${text}`);
      continue;
    }
    const absent = found - at;
    if (absent > 0) {
      // By then it has gone out again, unless it was overwritten before; nobody knows of what no more was heard of.
      const again = heard.find((time) => time >= came + longestWait);
      if (again === undefined && !isLast) unsent += absent;
      else {
        const until = again ?? came;
        const room = reads.filter(({ time }, place) => place > at && time <= until).length;
        if (room < holds)
          violations.push(
            `${key}: ${absent} readings are missing before ${text}, though the cache has room for ${holds} and ${room} followed`,
          );
        overwritten += absent;
      }
    }
    at = found + 1;
  }
  return { overwritten, unsent, rest: reads.slice(at) };
}
