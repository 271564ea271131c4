/**
 * As many as fit run: which resources and collectors of a configuration have room in a chip's memory, beside the link.
 *
 * In: plans, in the order of the configuration. Out: whether each is admitted, and what all of them take.
 * Holds: the same configuration gets the same answer on the device and on Node, whatever ran before; what is left out
 * leaves its room to what comes after it.
 */
import { partLimits, readJson } from './json';
import {
  type ChipMemory,
  collectorPlanCost,
  costOfModel,
  deviceCost,
  earlierCost,
  entryCosts,
  entryLists,
  fieldCost,
  fieldsOfMethod,
  groupCost,
  handshakeCost,
  type MemoryCost,
  memoryOf,
  namesOfSource,
  publishCost,
  publishedCost,
  readerCost,
  resourcePlanCost,
  ringIndexCost,
  secureCost,
  sharedCosts,
  slotBytes,
  streamCosts,
  unknownModel,
  workCost,
} from './memory-costs';
import type { MemoryInUse } from './memory-in-use';
import { findMethodOf } from './methods';
import { type CollectorPlan, isSameFrequency, isSameList, type ResourcePlan } from './plan';
import { needsOf } from './resources';

/** Bytes of RAM in which blocks wait before they go to flash, unless `ram_head_kb` says otherwise. */
export const defaultHead = 4_000;
/** Streams of earlier boots that may have to be kept, however few collectors there are. */
const earlierStreams = 16;
/** Objects and lists of a record, beside its values. */
const branches = 8;
const none: readonly unknown[] = Object.freeze([]);
const nothing: MemoryCost = Object.freeze({ slots: 0, chunks: 0 });

export class MemoryBudget implements MemoryCost {
  readonly memory: ChipMemory;
  /** What lives once everything that was admitted runs: slots, and bytes of chunks. */
  slots = deviceCost.slots;
  chunks = deviceCost.chunks;
  /** What is there beside it while a configuration like this one is read. */
  private readSlots = readerCost.slots + secureCost.slots;
  private readChunks = readerCost.chunks + secureCost.chunks;
  /** What the one in question would add. */
  private moreSlots = 0;
  private moreChunks = 0;
  /** Values that its record is reckoned with. */
  private moreValues = 0;
  private readonly resources: ResourcePlan[] = [];
  private readonly kinds: string[] = [];
  private last: CollectorPlan | undefined = undefined;
  /** Collectors that may yet come without another one of an earlier boot. */
  private untilEarlier = Number.POSITIVE_INFINITY;
  /** Collectors that may yet come. */
  private left: number;
  /** What runs while it is read, and collectors that ended; undefined: nothing does. */
  private readonly beside: MemoryInUse | undefined;
  private readonly ended: number;
  /** Bytes of the text of which nothing was made yet, and what was found wrong with it. */
  private unread = 0;
  private problems: readonly unknown[] = none;
  /** There was no room to read on. */
  private crowded = false;
  /** Streams of records, the values that were reckoned for all of them, and for the one that has most. */
  private records = 0;
  private values = 0;
  private mostValues = 0;
  /** The part publishes its readings by itself, so that its memory also has a block of records that is opened. */
  publishes = false;
  /** Names that their sources may bring. */
  private names = 0;

  /**
   * @param most collectors: fewer than fit where more have proved too many
   * @param beside what runs while it is read; left out: nothing @param ended collectors that ended and are still listed
   */
  constructor(memory: ChipMemory, most = Number.POSITIVE_INFINITY, beside?: MemoryInUse, ended = 0) {
    this.memory = memory;
    this.left = most;
    this.beside = beside;
    this.ended = ended;
  }

  /** Whether there is no room to read on beside what runs. Asked before each entry; once true, always true. */
  isCrowded(): boolean {
    const { beside, ended, problems, readSlots, readChunks, unread } = this;
    if (beside === undefined || this.crowded) return this.crowded;
    // What is made of the rest may be as long as it is: most of a text are texts.
    const chunks = readChunks + Math.max(0, unread);
    this.crowded = !beside.fitsReading(readSlots, chunks, ended, problems.length);
    return this.crowded;
  }

  /** The text that is read. @param bytes of UTF-8 @param problems that are found in it */
  takeText(bytes: number, problems: readonly unknown[] = none): void {
    this.problems = problems;
    // Its values' places, too.
    this.readChunks += bytes + (bytes >> 3);
    this.unread = bytes;
  }

  takeSettings(headBytes = defaultHead, retainUnsynced = false): void {
    this.chunks += headBytes;
    if (!retainUnsynced) return;
    this.slots += earlierStreams * earlierCost.slots;
    this.chunks += earlierStreams * earlierCost.chunks;
    this.untilEarlier = earlierStreams;
  }

  /** The plan of a resource, whether it is admitted or not. */
  takePlan({ attributes }: ResourcePlan): void {
    const chunks = resourcePlanCost.chunks + attributes.length;
    this.take(0, 0, resourcePlanCost.slots, chunks);
    this.unread -= chunks;
  }

  /** Whether a resource has room, with those that it needs. @param plans all there are */
  admitResource(plan: ResourcePlan, plans: readonly ResourcePlan[]): boolean {
    const { resources } = this;
    if (resources.includes(plan)) return true;
    const needs = needsOf(plan, plans);
    const wanted = plans.filter(
      (other) => (other === plan || needs.includes(other.name)) && !resources.includes(other),
    );
    for (const one of wanted) this.wantResource(one);
    if (!this.admit(nothing)) return false;
    resources.push(...wanted);
    return true;
  }

  /** Those of the plans that were admitted, in their order. */
  admitted(plans: readonly ResourcePlan[]): ResourcePlan[] {
    return plans.filter((plan) => this.resources.includes(plan));
  }

  /** The plan of a collector that does not run. */
  takeCollectorPlan(): void {
    this.take(0, 0, collectorPlanCost.slots, collectorPlanCost.chunks);
  }

  /** Whether a collector has room. @param model of its resource */
  admitCollector(plan: CollectorPlan, model: string): boolean {
    if (this.left <= 0) return false;
    const { resource, method } = plan.identity;
    const { kind } = findMethodOf(resource, method)!;
    this.wantCollector(plan, kind, model);
    if (this.untilEarlier <= 0) this.want(earlierCost);
    if (!this.admit(collectorPlanCost)) return false;
    if (!this.kinds.includes(kind)) this.kinds.push(kind);
    if (kind === 'record') this.takeRecord(isListed(resource, model));
    this.last = plan;
    this.untilEarlier--;
    this.left--;
    return true;
  }

  /** Share of the memory that is in use at the most, 0 … 1 and above. */
  get share(): number {
    // Beside what lives there is always some work, and either a handshake or the reading of a configuration, or messages.
    const { readSlots, readChunks } = this;
    return Math.max(
      this.shareWith(handshakeCost.slots, handshakeCost.chunks),
      this.shareWith(readSlots, readChunks),
      this.publishingShare,
    );
  }

  /**
   * Nodes that a record of any stream may have: the values reckoned for the one with most, and an equal share of the
   * room that is left. Where no records are captured, no bound.
   */
  get recordNodes(): number {
    const { records, mostValues, values } = this;
    if (records === 0) return Number.POSITIVE_INFINITY;
    let more = this.freeValues / records;
    if (this.publishes) {
      // A value more in each stream is also one more in the record that is published.
      const { slots, chunks } = publishedCost;
      const room = this.roomFor(records * fieldCost.slots + slots, records * fieldCost.chunks + chunks);
      more = Math.min(more, (1 - this.publishingShare) * room - (mostValues - values / records));
    }
    return mostValues + branches + Math.max(0, Math.floor(more));
  }

  /** Names that all sources of records may bring at run time: XS keeps each for ever. */
  get recordNames(): number {
    return this.records === 0 ? Number.POSITIVE_INFINITY : this.names + Math.floor(this.freeValues);
  }

  /** Values of records that there is room for beside what was reckoned. */
  private get freeValues(): number {
    const { records, values, mostValues } = this;
    const most = this.roomFor(fieldCost.slots, fieldCost.chunks);
    return Math.max(0, (1 - this.share) * most - (records * mostValues - values));
  }

  /** How often so much would have room in all of the memory. */
  private roomFor(slots: number, chunks: number): number {
    const { shared, slots: own, chunks: pool } = this.memory;
    return shared === 0
      ? Math.min(own / slots, pool / chunks)
      : (shared - bytesOf(own, 0)) / bytesOf(slots, chunks);
  }

  /** Share that is in use with so much beside what lives and some work. */
  private shareWith(slots: number, chunks: number): number {
    const { shared, slots: own, chunks: pool } = this.memory;
    const allSlots = this.slots + workCost.slots + slots;
    const allChunks = this.chunks + workCost.chunks + chunks;
    return shared === 0
      ? Math.max(allSlots / own, allChunks / pool)
      : bytesOf(allSlots, allChunks) / (shared - bytesOf(own, 0));
  }

  /** Share that is in use while the largest record that is reckoned with is published; 0: none is. */
  private get publishingShare(): number {
    const { records, mostValues, publishes } = this;
    if (!publishes || records === 0) return 0;
    const nodes = mostValues + branches;
    return this.shareWith(
      secureCost.slots + publishCost.slots + nodes * publishedCost.slots,
      secureCost.chunks + publishCost.chunks + nodes * publishedCost.chunks,
    );
  }

  private takeRecord(isListed: boolean): void {
    this.records++;
    this.names += isListed ? 1 : namesOfSource;
    this.values += this.moreValues;
    this.mostValues = Math.max(this.mostValues, this.moreValues);
  }

  private want({ slots, chunks }: MemoryCost, times = 1): void {
    this.moreSlots += times * slots;
    this.moreChunks += times * chunks;
  }

  /** Takes what is wanted, if there is room, and its plan. */
  private admit({ slots, chunks }: MemoryCost): boolean {
    const { moreSlots, moreChunks } = this;
    this.moreSlots = 0;
    this.moreChunks = 0;
    this.take(moreSlots, moreChunks, slots, chunks);
    if (this.share <= 1) return true;
    this.take(-moreSlots, -moreChunks, -slots, -chunks);
    return false;
  }

  private take(slots: number, chunks: number, readSlots: number, readChunks: number): void {
    this.slots += slots;
    this.chunks += chunks;
    this.readSlots += readSlots;
    this.readChunks += readChunks;
  }

  private wantCollector(plan: CollectorPlan, kind: string, model: string): void {
    const { quota, target } = plan;
    this.want(streamCosts[kind]!);
    this.moreChunks += target + ringIndexCost(quota, target);
    if (!this.kinds.includes(kind)) this.want(sharedCosts[kind]!);
    if (kind === 'record') {
      const { resource, method } = plan.identity;
      this.moreValues = fieldsOfMethod[method] ?? costOfModel(apiOf(resource), model).fields;
      this.want(fieldCost, this.moreValues);
    } else if (this.last === undefined || !isAlike(plan, this.last)) this.want(groupCost);
  }

  private wantResource({ api, model, attributes }: ResourcePlan): void {
    this.want(costOfModel(api, model));
    if (api !== 'rdk:component:board') return;
    const board = readJson(attributes, partLimits).value;
    for (const list of entryLists) this.want(entryCosts[list]!, board?.member(list)?.elements().length ?? 0);
  }
}

function bytesOf(slots: number, chunks: number): number {
  return slots * slotBytes + chunks;
}

function isListed(resource: string, model: string): boolean {
  return costOfModel(apiOf(resource), model) !== unknownModel;
}

function apiOf(resource: string): string {
  return resource.slice(0, resource.indexOf('/'));
}

/** Whether two have in common what can be shared: the grid, and all of the plan but its parameters. */
function isAlike(a: CollectorPlan, b: CollectorPlan): boolean {
  return (
    a.identity.resource === b.identity.resource &&
    a.identity.method === b.identity.method &&
    a.quota === b.quota &&
    isSameFrequency(a.frequency, b.frequency) &&
    isSameList(a.tags, b.tags)
  );
}

/** The budget of a chip by its name. @throws Error for a chip that is not known */
export function budgetOf(chip: string, most?: number, beside?: MemoryInUse, ended?: number): MemoryBudget {
  return new MemoryBudget(memoryOf(chip), most, beside, ended);
}
