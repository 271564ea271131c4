/**
 * What the API shows of one part, kept. `refresh` joins session, declarations, status and account anew, of this part
 * alone; what has come out otherwise is told by `takeChange`, once.
 */
import type { WallMilliseconds } from '@sluice/common/clock';
import { bootText } from '../../modules/block/boot-text';
import type { CaptureFileMetadata } from '../../modules/block/file';
import type { PartState, Refusal, StreamName } from '../link/part-state';
import { type Answered, type DeviceStatus, parseStatus, whole } from './device-status';
import { putSlice, replaceCounts, replaceHead } from './replace';
import type {
  FlashSlice,
  GatewayTally,
  LossView,
  PartChange,
  PartHead,
  PartView,
  StreamCounts,
  StreamView,
} from './state';
import { keyOf, streamKey } from './stream-key';

/** A declared stream, as whoever keeps its blocks knows it. */
export interface DeclaredStream {
  readonly metadata: CaptureFileMetadata;
}

/** One that is declared, or was once: of that, no more may be known than how it is called. */
export interface FormerStream {
  readonly metadata: StreamName & { part: string } & Partial<CaptureFileMetadata>;
}

export interface PartSources {
  state: PartState;
  streams: ReadonlyMap<number, DeclaredStream>;
  former(): Iterable<FormerStream>;
  tally(stream: FormerStream): GatewayTally;
  /** Mostly fresher than the part's last report. */
  answered: Answered | undefined;
  /** Wall milliseconds since when it answers nothing, although it has a session. */
  silentSince: WallMilliseconds | undefined;
  extension: PartView['extension'];
  /** Who says to be it and is not let in. */
  refusal: Refusal | undefined;
  /** Wall milliseconds. */
  now: WallMilliseconds;
}

interface Shown {
  stream: FormerStream;
  view: StreamView;
}

/** Streams shown that run no more. */
const mostOver = 64;

export class PartModel {
  readonly view: PartView;
  #head = '';
  /** How many streams were declared when `#shown` was made. */
  #declared = 0;
  /** Those that run. */
  #shown: Shown[] = [];
  /** Those that run no more, by key; the last one to end comes last. Undefined: nobody has looked yet. */
  #over: Map<string, Shown> | undefined;
  #told: DeviceStatus['streams'];
  #rings = new Map<unknown, NonNullable<DeviceStatus['streams']>[number]>();
  #detailsText = '';
  #details: DeviceStatus = {};
  #pending: {
    head: boolean;
    streams: boolean;
    counts: Set<StreamView>;
    losses: boolean;
    flash: FlashSlice[];
  };

  constructor(name: string) {
    this.view = { name, ...emptyHead, streams: [], losses: [] };
    this.#pending = nothing();
    this.#pending.head = true;
  }

  /** Whether streams were declared or forgotten since the last time. */
  isBehind(streams: PartSources['streams']): boolean {
    return this.#declared !== streams.size;
  }

  /** @param withLosses the part has told of losses since the last time, or may have */
  refresh(sources: PartSources, withLosses: boolean): void {
    const { state, answered } = sources;
    const boot = bootText(state.boot);
    const details = answered?.boot === boot ? answered.status : this.#detailsOf(state);
    this.#showHead(headOf(sources, boot, details));
    const isOther = this.#showStreams(sources, boot, details);
    if (!withLosses && !isOther) return;
    this.view.losses = state.losses.map((loss) => this.#loss(loss));
    this.#pending.losses = true;
  }

  /** Of a part that is configured and has never come. */
  refreshUnseen(extension: PartView['extension'], refusal: Refusal | undefined): void {
    this.#showHead({
      ...emptyHead,
      ...(refusal ? { refused: refusedOf(refusal) } : {}),
      problems: refusalProblems(refusal),
      ...(extension ? { extension } : {}),
    });
  }

  /** Sectors were told anew. */
  addFlash(slice: FlashSlice): void {
    this.view.flash = putSlice(slice, this.view.flash);
    this.#pending.flash.push(slice);
    // Nobody has asked for changes for long: the next one gets it whole by the state.
    if (this.#pending.flash.length > 2 * Math.ceil(slice.sectors / slice.epochs.length))
      this.#pending.flash.shift();
  }

  /** What is otherwise than at the last call; undefined: nothing. */
  takeChange(): PartChange | undefined {
    const { head, streams, counts, losses, flash } = this.#pending;
    if (!head && !streams && counts.size === 0 && !losses && flash.length === 0) return undefined;
    this.#pending = nothing();
    const { name, streams: allStreams, losses: allLosses, flash: _flash, ...rest } = this.view;
    return {
      name,
      ...(head ? { head: rest } : {}),
      ...(streams ? { streams: allStreams } : {}),
      ...(!streams && counts.size > 0 ? { counts: [...counts].map(countsOf) } : {}),
      ...(losses ? { losses: allLosses } : {}),
      ...(flash.length > 0 ? { flash } : {}),
    };
  }

  #detailsOf({ details }: PartState): DeviceStatus {
    if (details !== this.#detailsText) {
      this.#detailsText = details;
      this.#details = parseStatus(details);
    }
    return this.#details;
  }

  #showHead(head: PartHead): void {
    const text = JSON.stringify(head);
    if (text === this.#head) return;
    this.#head = text;
    this.#pending.head = true;
    replaceHead(this.view, head);
  }

  /** @returns whether a stream came or went */
  #showStreams(sources: PartSources, boot: string, details: DeviceStatus): boolean {
    const { state, tally, streams } = sources;
    const isOther = !this.#isShown(streams) || this.#over === undefined;
    if (isOther) this.#declare(boot, sources);
    if (details.streams !== this.#told) {
      this.#told = details.streams;
      this.#rings = new Map(this.#told?.map((ring) => [ring.number, ring]));
    }
    for (const { stream, view } of this.#over!.values()) {
      const counts = countsOf(view);
      counts.gateway = tally(stream);
      if (sameCounts(view, counts)) continue;
      replaceCounts(view, counts);
      this.#pending.counts.add(view);
    }
    for (const { stream, view } of this.#shown) {
      const number = stream.metadata.stream!;
      const ring = this.#rings.get(number);
      const counts: StreamCounts = { key: view.key, gateway: tally(stream) };
      const device = state.streams.get(number);
      if (device) counts.device = device;
      if (ring?.quota) counts.ring = { bytes: whole(ring.bytes), quota: whole(ring.quota) };
      if (sameCounts(view, counts)) continue;
      if (!device || !counts.ring) replaceCounts(view, counts);
      else {
        view.device = device;
        view.ring = counts.ring;
        view.gateway = counts.gateway!;
      }
      this.#pending.counts.add(view);
    }
    return isOther;
  }

  #isShown(streams: PartSources['streams']): boolean {
    if (streams.size !== this.#declared) return false;
    return this.#shown.every(({ stream }) => streams.get(stream.metadata.stream!) === stream);
  }

  #declare(boot: string, { streams, former }: PartSources): void {
    this.#declared = streams.size;
    // A collector that was started anew in this boot has several: the last one counts.
    const current = new Map<string, DeclaredStream>();
    for (const stream of streams.values()) current.set(streamKey(stream.metadata), stream);
    this.#over ??= formerOf(former());
    const over = this.#over;
    for (const shown of this.#shown) over.set(shown.view.key, shown);
    for (const key of current.keys()) over.delete(key);
    while (over.size > mostOver) over.delete(over.keys().next().value!);
    for (const { stream, view } of over.values()) end(view, stream, boot);
    const shown = [...current.values()].map((stream) => ({ stream, view: identityOf(stream.metadata) }));
    this.#shown = inOrder(shown);
    this.#pending.streams = true;
    this.view.streams = [...this.#shown, ...over.values()].map(({ view }) => view);
  }

  #loss({
    boot,
    stream,
    name,
    cause,
    readings,
    atLeast,
    atMost,
    start,
    end,
  }: PartState['losses'][number]): LossView {
    const unnamed = stream < 0 ? 'several streams' : `stream ${stream} of boot ${boot}`;
    const key = name === undefined ? unnamed : keyOf(this.view.name, name);
    const view: LossView = { stream: key, boot, cause, readings, start, end, lowerBound: atLeast };
    if (name !== undefined) view.name = name;
    if (atMost !== undefined) view.atMost = atMost;
    return view;
  }
}

/** Of a part that was never seen. */
const emptyHead: PartHead = {
  connected: false,
  since: null,
  boot: '',
  chip: '',
  firmware: '',
  resetReason: '',
  clock: '',
  statusAt: null,
  problems: [],
};

function nothing() {
  return {
    head: false,
    streams: false,
    counts: new Set<StreamView>(),
    losses: false,
    flash: [] as FlashSlice[],
  };
}

function headOf(
  { state, silentSince, extension, refusal, now }: PartSources,
  boot: string,
  details: DeviceStatus,
): PartHead {
  const { heap, uptime, linkEnd } = details;
  const isSilent = state.connected && silentSince !== undefined;
  // Field by field: it is asked of every part of which anything has changed.
  const head: PartHead = {
    connected: state.connected && !isSilent,
    since: isSilent ? silentSince : state.since,
    // A part that was never let in has none.
    boot: state.boot.counter === 0 && state.boot.random === 0 ? '' : boot,
    chip: state.chip,
    firmware: state.firmware,
    resetReason: state.resetReason,
    clock: state.clock?.source ?? 'unknown',
    statusAt: state.statusAt || null,
    problems: [
      ...(state.configuration?.problems ?? []),
      ...rivalry(state, now),
      ...corrections(state),
      ...refusalProblems(refusal),
    ],
  };
  if (!state.connected && state.endedBy !== undefined) head.endedBy = state.endedBy;
  if (refusal !== undefined) head.refused = refusedOf(refusal);
  if (state.asleepUntil !== undefined) head.asleepUntil = state.asleepUntil;
  if (uptime !== undefined) head.uptime = uptime;
  if (state.forgotten > 0) head.forgotten = state.forgotten;
  if (heap?.size) head.heap = heap;
  if (linkEnd !== undefined) head.linkEnd = linkEnd;
  if (extension) head.extension = extension;
  return head;
}

function refusedOf({ code, detail, address, since, count }: Refusal): NonNullable<PartHead['refused']> {
  return { code, detail, address, since, count };
}

/** Rivalry has its own words. */
function refusalProblems(refusal: Refusal | undefined): PartView['problems'] {
  if (refusal === undefined || refusal.code === 'duplicate-part') return [];
  const { address, since, count, detail } = refusal;
  const times = count === 1 ? 'once' : `${count} times`;
  const message = `${address} says to be this part and is not let in, ${times} since ${new Date(since).toISOString()}: ${detail}`;
  return [{ severity: 'error', code: 'refused', path: '', message }];
}

/** Several devices of one name. */
function rivalry({ name, devices }: PartState, now: number): PartView['problems'] {
  const message = devices.problem(name, now);
  return message === undefined ? [] : [{ severity: 'error', code: 'duplicate-part', path: '', message }];
}

/** Stamps that were ahead of the clock, as after a clock that was wrong at a start: what is stored of them stays so. */
function corrections({ corrections: all }: PartState): PartView['problems'] {
  const last = all.at(-1);
  if (last === undefined) return [];
  const streams = new Set(all.map(({ stream }) => stream)).size;
  const most = Math.max(...all.map(({ ahead }) => ahead));
  const message = `the gateway's clock had been wrong: stamps of ${streams} ${streams === 1 ? 'stream' : 'streams'} were up to ${Math.round(most / 1_000)} s ahead and were put right, last at ${new Date(last.at).toISOString()}`;
  return [{ severity: 'warning', code: 'clock-corrected', path: '', message }];
}

function formerOf(former: Iterable<FormerStream>): Map<string, Shown> {
  const all = [...former].map((stream) => ({ stream, view: identityOf(stream.metadata) }));
  return new Map(inOrder(all).map((shown) => [shown.view.key, shown]));
}

/** Figures of another boot than the part's would pass for this one's. */
function end(view: StreamView, { metadata }: FormerStream, boot: string): void {
  const isOfBoot = metadata.boot !== undefined && bootText(metadata.boot) === boot;
  view.over = isOfBoot ? 'ended' : 'earlier';
  replaceCounts(view, {
    key: view.key,
    ...(isOfBoot && view.device ? { device: view.device } : {}),
    ...(view.gateway ? { gateway: view.gateway } : {}),
  });
}

function identityOf(metadata: FormerStream['metadata']): StreamView {
  const { owner, resource, method, parameters, period, range } = metadata;
  const unit = range?.unit ?? '';
  const frequency = period === undefined ? 0 : (1000 * period.denominator) / period.numerator;
  return { key: streamKey(metadata), owner, resource, method, parameters, frequency, unit };
}

function inOrder(shown: Shown[]): Shown[] {
  const orderOf = ({ resource, method, parameters, owner }: StreamView) =>
    JSON.stringify([resource, method, parameters, owner]);
  const ordered = shown.map((each) => ({ each, order: orderOf(each.view) }));
  return ordered.sort((a, b) => (a.order < b.order ? -1 : 1)).map(({ each }) => each);
}

function countsOf({ key, device, ring, gateway }: StreamView): StreamCounts {
  const counts: StreamCounts = { key };
  if (device) counts.device = device;
  if (ring) counts.ring = ring;
  if (gateway) counts.gateway = gateway;
  return counts;
}

/** Field by field: it is asked of every stream of a part of which anything has changed. */
function sameCounts(a: StreamCounts, b: StreamCounts): boolean {
  return (
    a.device === b.device &&
    a.ring?.bytes === b.ring?.bytes &&
    a.ring?.quota === b.ring?.quota &&
    a.gateway?.received === b.gateway?.received &&
    a.gateway?.uploaded === b.gateway?.uploaded &&
    a.gateway?.setAside === b.gateway?.setAside &&
    a.gateway?.deleted === b.gateway?.deleted &&
    a.gateway?.stored === b.gateway?.stored
  );
}
