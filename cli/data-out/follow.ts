/**
 * `sluice tail`: values as they come. Every so often the door is asked which streams have newer ones, and those alone
 * for what is behind the last that was told. What comes late, behind newer values of its own stream, is not told.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { chooseStreams, type KnownStream } from './choose';
import { type Door, RefusedError } from './door';
import type { StreamOptions } from './options';

export interface FollowOptions extends StreamOptions {
  /** Values of each stream that were there before. */
  newest: number;
  /** Milliseconds from the end of one look to the next. */
  interval: number;
}

export interface FollowedValue {
  app_id: string;
  part: string;
  stream: string;
  /** Wall milliseconds. */
  time: number;
  /** As JSON writes it: integers to the digit. */
  value: string;
  unit?: string;
  tags: Record<string, string>;
}

/** Rows that are asked for at once. */
const pageRows = 10_000;

type Group = Pick<KnownStream, 'app_id' | 'part' | 'stream'>;

export class Follower {
  readonly #door: Door;
  readonly #names: readonly string[];
  readonly #options: FollowOptions;
  readonly #signal: AbortSignal;
  /** By series: time of the last value that was told. */
  readonly #told = new Map<string, number>();

  constructor(door: Door, names: readonly string[], options: FollowOptions, signal: AbortSignal) {
    this.#door = door;
    this.#names = names;
    this.#options = options;
    this.#signal = signal;
  }

  /**
   * Until the signal. A cloud that is away is waited for.
   * @param onAway told once each time, with the reason
   * @throws RefusedError for what is asked wrong or may not be read
   */
  async *values(onAway: (reason: unknown) => void): AsyncGenerator<FollowedValue> {
    yield* this.#earlier();
    let isAway = false;
    while (!this.#signal.aborted) {
      await this.#pause();
      try {
        yield* this.#newer();
        isAway = false;
      } catch (error) {
        if (this.#signal.aborted) return;
        // 404: the stream was deleted between two questions.
        if (error instanceof RefusedError && error.status < 500 && error.status !== 404) throw error;
        if (!isAway) onAway(error);
        isAway = true;
      }
    }
  }

  async #pause(): Promise<void> {
    await delay(this.#options.interval, undefined, { signal: this.#signal }).catch(() => undefined);
  }

  async *#earlier(): AsyncGenerator<FollowedValue> {
    const { newest } = this.#options;
    const streams = await this.#streams();
    for (const stream of streams) this.#told.set(keyOf(stream), stream.last);
    if (newest === 0) return;
    const found: FollowedValue[] = [];
    for (const group of groupsOf(streams).map(([first]) => first!))
      found.push(...(await this.#rows(group, { newest })));
    found.sort((a, b) => a.time - b.time);
    for (const value of found) {
      this.#told.set(keyOf(value), Math.max(value.time, this.#told.get(keyOf(value)) ?? value.time));
      yield value;
    }
  }

  async *#newer(): AsyncGenerator<FollowedValue> {
    const ahead = (await this.#streams()).filter((stream) => stream.last > this.#toldOf(stream));
    for (const group of groupsOf(ahead)) {
      const begins = group.map((stream) => Math.max(stream.first, this.#toldOf(stream) + 1));
      yield* this.#from(group[0]!, Math.min(...begins));
    }
  }

  /** In pages, each from the time at which the one before was cut. */
  async *#from(group: Group, begin: number): AsyncGenerator<FollowedValue> {
    for (let from = begin; ; ) {
      const rows = await this.#rows(group, { from, limit: pageRows });
      for (const value of rows) {
        if (value.time <= this.#toldOf(value)) continue;
        this.#told.set(keyOf(value), value.time);
        yield value;
      }
      if (rows.length < pageRows) return;
      const { time } = rows.at(-1)!;
      from = time > from ? time : time + 1;
    }
  }

  async #streams(): Promise<KnownStream[]> {
    return (await chooseStreams(this.#door, this.#names, this.#options, this.#signal)).streams;
  }

  async #rows(
    { app_id, part, stream }: Group,
    which: { from?: number; limit?: number; newest?: number },
  ): Promise<FollowedValue[]> {
    const asked = { app_id, part, stream, ...which };
    const { text } = await this.#door.ask('/query', asked, { signal: this.#signal });
    return rowTexts(text).map((row) => {
      const { time, unit, tags } = JSON.parse(row) as Omit<FollowedValue, 'value'>;
      return { app_id, part, stream, time, value: valueText(row), ...(unit !== undefined && { unit }), tags };
    });
  }

  #toldOf(series: Pick<KnownStream, 'app_id' | 'part' | 'stream' | 'tags'>): number {
    return this.#told.get(keyOf(series)) ?? Number.NEGATIVE_INFINITY;
  }
}

/** The door writes a row a line: as texts, no double rounds an integer of 64 bits. */
function rowTexts(answer: string): string[] {
  const rows = answer.trim().slice(1, -1);
  return rows === '' ? [] : rows.split(',\n');
}

/** No text inside the row has the quotation mark that ends a name, unescaped. */
function valueText(row: string): string {
  const integer = /"value":(-?\d+)[,}]/.exec(row)?.[1];
  return integer ?? JSON.stringify((JSON.parse(row) as { value: unknown }).value);
}

function keyOf({
  app_id,
  part,
  stream,
  tags,
}: Pick<KnownStream, 'app_id' | 'part' | 'stream' | 'tags'>): string {
  return JSON.stringify([app_id, part, stream, Object.entries(tags).sort()]);
}

/** Streams that differ in their tags alone are asked for together. */
function groupsOf(streams: readonly KnownStream[]): KnownStream[][] {
  const groups = new Map<string, KnownStream[]>();
  for (const one of streams) {
    const key = JSON.stringify([one.app_id, one.part, one.stream]);
    const group = groups.get(key);
    if (group) group.push(one);
    else groups.set(key, [one]);
  }
  return [...groups.values()];
}
