/**
 * What is needed to deliver blocks after the boot that made them (`retain_unsynced`): the declarations of its streams
 * and the last clock offset it knew, in NVS.
 *
 * In: streams as they are opened, clock offsets, and what the flash log found of earlier boots. Out: those streams,
 * ready to be delivered under their own boot's name.
 * Holds: a boot leaves NVS as soon as nothing of it is left in the flash log, and a boot that is not in NVS is never
 * delivered; so what the gateway has forgotten, because the part no longer named it, can never come again.
 *
 * Entries: `kept` (JSON: boots, the oldest first, each with its streams and the slots of their declarations), `kept0` …
 * `kept63` (a declaration; streams that are declared alike share one, so a restart usually writes none), `keptclock`
 * (the offset of the boot that runs). A slot is written before the entry that names it, so power may fail at any moment.
 */
import type { BootId } from '../block/types';
import type { StreamDeclaration } from '../capture/collector';
import type { Ring } from '../ring/ring';
import type { Deliverable, StreamDescription, WallOffset, WallSource } from '../uplink/uplink-host';
import type { Preferences } from './settings';

interface KeptBoot extends BootId {
  /** Stream number and slot. */
  streams: [number, number][];
  clock?: { source: WallSource; offset: number };
}

const slotCount = 64;
/** Streams of earlier boots that are kept, unless the newest boot alone has more: each takes 0.8 KB of memory. */
const mostStreams = 16;
/** Boots in NVS, the running one included; the gateway takes no more either. */
const mostBoots = 16;
/** Characters of `kept`, all of one byte; an NVS string holds 4,000. */
const longestKept = 3_600;
/** ms by which the offset must have moved to be written again: a bad crystal takes 40 minutes for it. */
const leastDrift = 100;

export class EarlierStreams {
  private readonly preferences: Preferences;
  private readonly boot: BootId;
  private boots: KeptBoot[];
  private streams: Deliverable[] = [];
  private clock: WallOffset | undefined;
  /** What NVS holds: its text, and the slots that it names. */
  private stored: string;
  private named: Set<number>;

  /** @param crashes in a row before this boot: the memory may have no room for the streams, each crash halves them */
  constructor(preferences: Preferences, boot: BootId, crashes = 0) {
    this.preferences = preferences;
    this.boot = boot;
    this.boots = newest(read(preferences), mostStreams >> crashes, crashes < 3 ? 1 : 0);
    this.stored = String(preferences.get('kept') ?? '');
    this.named = slotsOf(this.boots);
    const [counter, random, source, offset] = String(preferences.get('keptclock') ?? '').split(' ');
    for (const kept of this.boots)
      if (kept.counter === Number(counter) && kept.random === Number(random))
        kept.clock = { source: source as WallSource, offset: Number(offset) };
  }

  /** `retain_unsynced` is off: what was kept is worth nothing any more. */
  static forget(preferences: Preferences): void {
    const boots = read(preferences);
    if (preferences.get('kept') === undefined) return;
    for (const slot of slotsOf(boots)) preferences.delete(`kept${slot}`);
    preferences.delete('keptclock');
    // Last, so that a start after a power cut goes on with it.
    preferences.delete('kept');
  }

  /** Whether the blocks of a stream of an earlier boot could be delivered. */
  has(boot: BootId, stream: number): boolean {
    const kept = this.boots.find((other) => isSame(other, boot));
    return kept?.streams.some(([number]) => number === stream) ?? false;
  }

  /** Takes what the flash log found of the streams that it was asked to keep. */
  take(rings: readonly Ring[]): void {
    // Boots mostly declare the same streams: one description for all of them.
    const descriptions = new Map<number, StreamDescription | undefined>();
    for (const ring of rings) {
      const kept = this.boots.find((other) => isSame(other, ring.boot));
      const slot = kept?.streams.find(([number]) => number === ring.stream)?.[1];
      if (slot === undefined) continue;
      if (!descriptions.has(slot)) descriptions.set(slot, this.descriptionAt(slot));
      const declaration = descriptions.get(slot);
      if (declaration === undefined) continue;
      const stream = { number: ring.stream, declaration, ring, boot: ring.boot };
      this.streams.push(kept?.clock ? { ...stream, clock: kept.clock } : stream);
    }
    // The offset of the boot before must be with it before this boot's takes its place.
    this.settle(true);
  }

  /** Streams of earlier boots of which something is left. */
  get list(): readonly Deliverable[] {
    if (this.streams.some(isEmpty)) this.streams = this.streams.filter((stream) => !isEmpty(stream));
    return this.streams;
  }

  /** Earlier boots of which something is left; the others are forgotten for good. */
  get left(): BootId[] {
    this.settle(false);
    return this.boots
      .filter((kept) => !isSame(kept, this.boot))
      .map(({ counter, random }) => ({ counter, random }));
  }

  /**
   * Keeps the declarations of the streams of this boot: those that run, and those that are not delivered yet.
   * @throws Error when they do not fit into NVS; then blocks of some streams will not be kept through a restart
   */
  note(streams: readonly { readonly declaration: StreamDeclaration }[]): void {
    const own = this.boots.find((kept) => isSame(kept, this.boot)) ?? { ...this.boot, streams: [] };
    if (!this.boots.includes(own)) this.boots.push(own);
    const texts = streams.map(({ declaration }) => [declaration.number, textOf(declaration)] as const);
    const numbers = texts.map(([number]) => number);
    const had = own.streams.length;
    own.streams = own.streams.filter(([number]) => numbers.includes(number));
    let changed = own.streams.length < had;
    let full = false;
    for (const [number, text] of texts) {
      if (own.streams.some(([known]) => known === number)) continue;
      const slot = this.slotFor(text);
      if (slot < 0) full = true;
      else own.streams.push([number, slot]);
      changed = true;
    }
    if (changed) this.write();
    if (full) throw new Error(`more than ${slotCount} different streams`);
  }

  /** Keeps the offset of this boot, when it has moved. @throws Error when NVS is full */
  noteClock({ source, offset }: WallOffset): void {
    if (this.clock?.source === source && Math.abs(this.clock.offset - offset) < leastDrift) return;
    const { counter, random } = this.boot;
    this.preferences.set('keptclock', `${counter} ${random} ${source} ${offset}`);
    this.clock = { source, offset, uncertainty: 0 };
  }

  private settle(always: boolean): void {
    const { list } = this;
    const left = this.boots.filter(
      (kept) => isSame(kept, this.boot) || list.some(({ ring }) => isSame(ring.boot, kept)),
    );
    if (!always && left.length === this.boots.length) return;
    const former = this.boots;
    this.boots = left;
    try {
      this.write();
    } catch {
      // As long as NVS does not take it, the gateway must not forget them either.
      this.boots = former;
    }
  }

  /** The slot that holds the text, written now if need be, or −1. */
  private slotFor(text: string): number {
    const used = new Set([...this.named, ...slotsOf(this.boots)]);
    for (const slot of used) if (this.preferences.get(`kept${slot}`) === text) return slot;
    for (let slot = 0; slot < slotCount; slot++) {
      if (used.has(slot)) continue;
      this.preferences.set(`kept${slot}`, text);
      return slot;
    }
    return -1;
  }

  private write(): void {
    let text = textOfBoots(this.boots);
    while (this.boots.length > mostBoots || (text.length > longestKept && this.boots.length > 1)) {
      const dropped = this.boots.shift()!;
      this.streams = this.streams.filter(({ ring }) => !isSame(ring.boot, dropped));
      text = textOfBoots(this.boots);
    }
    if (text === this.stored) return;
    this.preferences.set('kept', text);
    this.stored = text;
    const before = this.named;
    this.named = slotsOf(this.boots);
    for (const slot of before) if (!this.named.has(slot)) this.preferences.delete(`kept${slot}`);
  }

  private descriptionAt(slot: number): StreamDescription | undefined {
    const text = this.preferences.get(`kept${slot}`);
    if (typeof text !== 'string') return undefined;
    try {
      const [identity, tags, retention, kind, range, period] = JSON.parse(text);
      const plan = { identity, tags, ...(retention && { retention }) };
      return { plan, kind, range: range ?? undefined, period };
    } catch {
      return undefined;
    }
  }
}

function textOf({ plan, kind, range, period }: StreamDeclaration): string {
  const { identity, tags, retention } = plan;
  const { owner, resource, method, parameters } = identity;
  return JSON.stringify([
    { owner, resource, method, parameters },
    tags,
    retention ?? null,
    kind,
    range ?? null,
    period,
  ]);
}

function textOfBoots(boots: readonly KeptBoot[]): string {
  return JSON.stringify(
    boots.map(({ counter, random, streams, clock }) => [
      counter,
      random,
      streams,
      ...(clock ? [clock.source, clock.offset] : []),
    ]),
  );
}

function read(preferences: Preferences): KeptBoot[] {
  const text = preferences.get('kept');
  if (typeof text !== 'string') return [];
  try {
    return (JSON.parse(text) as [number, number, [number, number][], WallSource?, number?][]).map(
      ([counter, random, streams, source, offset]) => ({
        counter,
        random,
        streams,
        ...(source !== undefined && offset !== undefined && { clock: { source, offset } }),
      }),
    );
  } catch {
    return [];
  }
}

/** The newest boots with at most so many streams together, but at least so many boots if there are. */
function newest(boots: KeptBoot[], most: number, least: number): KeptBoot[] {
  let first = boots.length;
  let streams = 0;
  while (first > 0) {
    streams += boots[first - 1]!.streams.length;
    if (streams > most && boots.length - first >= least) break;
    first--;
  }
  return boots.slice(first);
}

function slotsOf(boots: readonly KeptBoot[]): Set<number> {
  return new Set(boots.flatMap(({ streams }) => streams.map(([, slot]) => slot)));
}

function isEmpty({ ring }: Deliverable): boolean {
  return ring.oldest === ring.next;
}

function isSame(a: BootId, b: BootId): boolean {
  return a.counter === b.counter && a.random === b.random;
}
