/**
 * What the API shows, kept up to date by events: whoever changes something of a part names it here, and only that part
 * is joined anew, when somebody next asks.
 *
 * What comes in: names of parts. What goes out: the whole state, and what of it has changed. What holds: a reader that
 * has a state and applies every change after it has the state.
 */
import type { WallMilliseconds } from '@sluice/common/clock';
import type { PartState, Refusal } from '../link/part-state';
import type { SyncState } from '../sync/destination-sync';
import type { Answered } from './device-status';
import { type DeclaredStream, type FormerStream, PartModel } from './part-model';
import type { FlashSlice, GatewayTally, PartView, StateChange, StateView } from './state';

export interface ReadModelSources {
  main: string;
  /** Where the gateway logs, for people. */
  log: string;
  /** Every part that has ever proved itself. */
  known: ReadonlyMap<string, PartState>;
  streams(part: string, boot: { counter: number; random: number }): ReadonlyMap<number, DeclaredStream>;
  /** What was ever received of the part's, by collector. */
  former(part: string): Iterable<FormerStream>;
  /** Of the stream's collector, over all boots. Costs nothing. */
  tally(stream: FormerStream): GatewayTally;
  answered(part: string): Answered | undefined;
  silentSince(part: string): number | undefined;
  extension(part: string): PartView['extension'];
  /** Who says to be the part and is not let in. */
  refusal(part: string): Refusal | undefined;
  /** Another list whenever it is otherwise. */
  alerts(): StateView['alerts'];
  sync(): SyncState;
  files(): StateView['files'];
  /** Wall milliseconds. */
  wall(): WallMilliseconds;
}

export class ReadModel {
  readonly #sources: ReadModelSources;
  readonly #models = new Map<string, PartModel>();
  /** Parts to be joined anew; true: their losses too. */
  readonly #touched = new Map<string, boolean>();
  /** Parts of which something shows that no event tells: it depends on the time, or is an extension's. */
  readonly #watched = new Set<string>();
  readonly #started: number;
  #unseen: readonly (readonly string[])[] = [];
  #problems: StateView['problems'] = [];
  #toldProblems: StateView['problems'] = [];
  #toldAlerts: StateView['alerts'] = [];
  #gone: string[] = [];

  constructor(sources: ReadModelSources) {
    this.#sources = sources;
    this.#started = sources.wall();
    for (const part of sources.known.keys()) this.told(part);
  }

  /** The part has told something of itself, or has come or gone. */
  told(part: string): void {
    this.#touched.set(part, true);
  }

  /** Blocks of the part have come or gone, or it has answered. */
  counted(part: string): void {
    if (!this.#touched.has(part)) this.#touched.set(part, false);
  }

  flash(part: string, slice: FlashSlice): void {
    this.#model(part).addFlash(slice);
  }

  /** @param parts configured, each with all names that it may come by */
  configured(parts: readonly (readonly string[])[], problems: StateView['problems']): void {
    this.#unseen = parts;
    this.#problems = problems;
  }

  /** The whole state as it is now. It goes on changing: to be serialised at once. */
  state(): StateView {
    this.#refresh();
    const { main, log, alerts, sync, files, wall } = this.#sources;
    return {
      main,
      now: wall(),
      sync: sync(),
      files: files(),
      remotes: this.#unseen.length,
      started: this.#started,
      log,
      alerts: alerts(),
      parts: [...this.#models.values()].map(({ view }) => view),
      problems: this.#problems,
    };
  }

  /** What has changed since the last call. */
  change(): StateChange {
    this.#refresh();
    const { sync, files, alerts: alertsOf, wall } = this.#sources;
    const gone = this.#gone;
    this.#gone = [];
    const isOther = this.#problems !== this.#toldProblems;
    this.#toldProblems = this.#problems;
    const alerts = alertsOf();
    const areOther = alerts !== this.#toldAlerts;
    this.#toldAlerts = alerts;
    return {
      now: wall(),
      sync: sync(),
      files: files(),
      remotes: this.#unseen.length,
      parts: [...this.#models.values()].flatMap((model) => model.takeChange() ?? []),
      gone,
      ...(isOther ? { problems: this.#problems } : {}),
      ...(areOther ? { alerts } : {}),
    };
  }

  #refresh(): void {
    const { known, streams } = this.#sources;
    this.#showUnseen();
    for (const [name, state] of known) {
      const declared = streams(name, state.boot);
      const model = this.#model(name);
      const withLosses = this.#touched.get(name);
      if (withLosses === undefined && !this.#watched.has(name) && !model.isBehind(declared)) {
        if (this.#sources.silentSince(name) === undefined) continue;
      }
      this.#join(name, state, model, declared, withLosses ?? false);
    }
    this.#touched.clear();
  }

  #join(
    name: string,
    state: PartState,
    model: PartModel,
    streams: ReadonlyMap<number, DeclaredStream>,
    withLosses: boolean,
  ): void {
    const { former, tally, answered, silentSince, extension, refusal } = this.#sources;
    const silent = silentSince(name);
    const extended = extension(name);
    const refused = refusal(name);
    const now = this.#sources.wall();
    if (silent === undefined && extended === undefined && refused === undefined && !state.devices.areTwo(now))
      this.#watched.delete(name);
    else this.#watched.add(name);
    const sources = {
      state,
      streams,
      former: () => former(name),
      tally,
      answered: answered(name),
      silentSince: silent,
      extension: extended,
      refusal: refused,
      now,
    };
    model.refresh(sources, withLosses);
  }

  /** Configured parts that were never seen are shown by their first name, until they come. */
  #showUnseen(): void {
    const { known, extension, refusal } = this.#sources;
    const unseen = new Map<string, Refusal | undefined>();
    for (const names of this.#unseen) {
      if (names.some((name) => known.has(name))) continue;
      unseen.set(
        names[0]!,
        names.map(refusal).find((each) => each !== undefined),
      );
    }
    for (const name of this.#models.keys()) {
      if (known.has(name) || unseen.has(name)) continue;
      this.#models.delete(name);
      this.#gone.push(name);
    }
    for (const [name, refused] of unseen) this.#model(name).refreshUnseen(extension(name), refused);
  }

  #model(name: string): PartModel {
    let model = this.#models.get(name);
    if (model === undefined) {
      model = new PartModel(name);
      this.#models.set(name, model);
    }
    return model;
  }
}
