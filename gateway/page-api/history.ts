/**
 * What was before the gateway's start, for plots: asked of the cloud, which has it. In: a part. Out: of each of its
 * streams the smallest and the largest value of every second. What holds: one question a part at a time, its answer
 * shared for a while; as long as the plots are and no longer.
 */
import type { Clock } from '@sluice/common/clock';
import { fieldOf } from '../../modules/message/platform-message';
import type { HistoryView, StreamView } from './state';

export interface HistoryCloud {
  /** URL of its HTTP door. */
  address: string;
  appId: string;
  /** Of one who may read. */
  key?: string | undefined;
}

export interface HistoryOptions {
  /** As it is reached now. */
  cloud(): HistoryCloud;
  /** Running and former streams of a part. */
  streams(part: string): readonly StreamView[];
  /** What the main calls a part; undefined: by its name. */
  remote(part: string): string | undefined;
  clock: Pick<Clock, 'now'>;
}

export class HistoryError extends Error {}

/** A bucket of the cloud's answer: what has no numbers lacks them. */
interface Row {
  time: number;
  stream: string;
  min?: unknown;
  max?: unknown;
}

/** Milliseconds of a bucket, of the span, and of the life of an answer. */
const spacing = 1_000;
const span = 15 * 60_000;
const fresh = 10_000;
const deadline = 20_000;
/** Bytes of an answer of the cloud that is read. */
const longest = 32 << 20;
/** What delivers need not be let read. */
const unread =
  'it gives nothing to the key of this gateway: one of a user of the role service does, as SLUICE_CLOUD_READ_KEY';
/** Parts asked about at a time. */
const most = 16;

export class History {
  readonly #options: HistoryOptions;
  readonly #answers = new Map<string, { at: number; answer: Promise<HistoryView> }>();

  constructor(options: HistoryOptions) {
    this.#options = options;
  }

  /** @param until wall milliseconds @throws HistoryError why there is none */
  of(part: string, until: number): Promise<HistoryView> {
    const now = this.#options.clock.now();
    for (const [name, { at }] of this.#answers) if (now - at > fresh) this.#answers.delete(name);
    const shared = this.#answers.get(part);
    if (shared) return shared.answer;
    if (this.#answers.size >= most)
      return Promise.reject(new HistoryError('the cloud is asked about others: later'));
    const answer = this.#ask(part, until);
    this.#answers.set(part, { at: now, answer });
    // A failure is nobody's but the asker's, who comes again.
    answer.catch(() => this.#answers.delete(part));
    return answer;
  }

  async #ask(part: string, until: number): Promise<HistoryView> {
    const { streams, remote } = this.#options;
    const cloud = this.#options.cloud();
    const asked = new URLSearchParams({
      app_id: cloud.appId,
      part,
      from: String(Math.floor((until - span) / spacing) * spacing),
      to: String(Math.floor(until)),
      every: `${spacing}ms`,
      aggregate: 'min,max',
    });
    const rows = await this.#rows(`${cloud.address}/query?${asked}`, cloud.key);
    return { until, spacing, series: seriesOf(rows, part, streams(part), remote(part)) };
  }

  async #rows(url: string, key: string | undefined): Promise<Row[]> {
    try {
      const response = await fetch(url, {
        signal: AbortSignal.timeout(deadline),
        ...(key === undefined ? {} : { headers: { authorization: `Bearer ${key}` } }),
      });
      // Nothing of the part has ever come to it.
      if (response.status === 404) return [];
      if (response.status === 401 || response.status === 403) throw new HistoryError(unread);
      if (!response.ok) throw new HistoryError(`the cloud answers ${response.status}`);
      if (Number(response.headers.get('content-length') ?? 0) > longest)
        throw new HistoryError('the cloud has more than a page holds');
      return (await response.json()) as Row[];
    } catch (error) {
      if (error instanceof HistoryError) throw error;
      throw new HistoryError('the cloud is not reached', { cause: error });
    }
  }
}

/** By the cloud's names of streams, each a field, or a field with a leaf behind it. */
export function seriesOf(
  rows: readonly Row[],
  part: string,
  streams: readonly StreamView[],
  remote: string | undefined,
): HistoryView['series'] {
  const fields = new Map(
    streams.map((stream) => [fieldOf({ ...stream, part, remote, tags: [] }), stream.key] as const),
  );
  const series = new Map<string, HistoryView['series'][number] | undefined>();
  for (const { time, stream, min, max } of rows) {
    if (!series.has(stream)) series.set(stream, emptySeries(stream, fields));
    const of = series.get(stream);
    if (of === undefined || typeof min !== 'number' || typeof max !== 'number') continue;
    of.times.push(time);
    of.low.push(min);
    of.high.push(max);
  }
  return [...series.values()].filter((each) => each !== undefined);
}

/** Undefined: no stream of the page is called so. */
function emptySeries(
  name: string,
  fields: ReadonlyMap<string, string>,
): HistoryView['series'][number] | undefined {
  const nothing = () => ({ times: [], low: [], high: [] });
  const own = fields.get(name);
  if (own !== undefined) return { stream: own, series: '', ...nothing() };
  // The longest that fits: the name of one may begin with that of another.
  const [field] = [...fields.keys()]
    .filter((each) => name.startsWith(`${each}_`))
    .sort((a, b) => b.length - a.length);
  return field === undefined
    ? undefined
    : { stream: fields.get(field)!, series: name.slice(field.length + 1), ...nothing() };
}
