/** Readings: by filter in pages, by SQL, by MQL, of one capture in a stream, and the latest of it. */
import { isDeepStrictEqual } from 'node:util';
import { messageOf, type Plain } from '@sluice/common/viam/messages';
import { dataApi } from '@viamrobotics/sdk';
import { deserialize } from 'bson';
import type { MayRead } from '../../query/asked-series';
import type { Capture } from '../../query/capture';
import type { CapturesQuestion } from '../../query/planner';
import type { Questions } from '../../query/questions';
import { documentsIn } from './documents';
import { invalid } from './errors';
import { type Filter, type Interval, isComponent, isPart, matcherOf, spanOf } from './filter';
import { descending } from './messages';
import { parametersOf } from './metadata';

/** A reading, as a question answers it. */
interface Reading {
  capture: Capture;
  /** Wall ms. */
  time: number;
  payload: Plain;
}

/** Readings of a page: as asked, and at most; its bytes, of which clients take four million. */
const usualPage = 50;
const largestPage = 10_000;
const pageBytes = 3_000_000;
/** Readings and bytes of an export, which is a file before its first byte goes out. */
const largestExport = 1_000_000;
const exportBytes = 2 ** 30;
/** Documents and bytes of an answer to SQL and MQL, which goes in one message. */
const mostDocuments = 100_000;
const documentBytes = 32 * 2 ** 20;
/** Beyond it a reading is not the latest of anything, as Viam has it. */
const year = 365 * 86_400_000;

export class Tabular {
  readonly #questions: Questions;
  readonly #now: () => number;

  constructor(questions: Questions, now: () => number) {
    this.#questions = questions;
    this.#now = now;
  }

  async byFilter(request: ByFilterRequest, mayRead: MayRead): Promise<object> {
    const { filter = {}, limit = 0, last = '', sort_order } = request.data_request ?? {};
    const matches = matcherOf(filter);
    const span = spanOf(filter.interval, 'data_request.filter.interval');
    const order = sort_order === descending ? 'desc' : 'asc';
    const after = last === '' ? undefined : placeOf(last);
    if (request.count_only) return { count: BigInt(await this.count({ ...span, matches }, mayRead)) };
    const page: Reading[] = [];
    let bytes = 0;
    const most = Math.min(limit === 0 ? usualPage : limit, largestPage);
    const ask = (captures: readonly Capture[]) => ({
      ...({ kind: 'rows', order, limit: most } as const),
      ...(after && { after: { time: after.time, capture: afterIn(captures, after.key, order) } }),
    });
    const question = { ...span, matches, ask, mostBytes: exportBytes };
    for await (const { reading, size } of this.#readings(question, mayRead, most)) {
      bytes += size;
      if (bytes > pageBytes && page.length > 0) break;
      page.push(reading);
    }
    return pageOf(page);
  }

  async *export(request: ExportRequest, mayRead: MayRead): AsyncGenerator<object> {
    const question = {
      ...sourceOf(request),
      ...spanOf(request.interval, 'interval'),
      ask: () => ({ kind: 'rows', order: 'asc', limit: largestExport + 1 }) as const,
      mostBytes: exportBytes,
    };
    for await (const { reading } of this.#readings(question, mayRead, largestExport)) yield exported(reading);
  }

  async latest(request: SourceRequest, mayRead: MayRead): Promise<object> {
    const question = {
      ...sourceOf(request),
      from: this.#now() - year,
      isLatest: true,
      ask: () => ({ kind: 'rows', order: 'desc', limit: 1 }) as const,
      mostBytes: exportBytes,
    };
    for await (const { reading, arrived } of this.#readings(question, mayRead, 1))
      return messageOf(dataApi.GetLatestTabularDataResponse as never, {
        time_captured: reading.time,
        time_synced: arrived ?? reading.time,
        payload: reading.payload,
      });
    return {};
  }

  bySql({ organization_id, sql_query = '' }: SqlRequest, mayRead: MayRead): Promise<object> {
    if (sql_query.trim() === '') throw invalid('sql_query', 'is required');
    return this.#documents(organization_id, { kind: 'sql', sql: sql_query }, mayRead);
  }

  byMql(request: MqlRequest, mayRead: MayRead): Promise<object> {
    const { organization_id, mql_binary = [], data_source, query_prefix_name } = request;
    if (mql_binary.length === 0) throw invalid('mql_binary', 'has no stage');
    if (data_source?.type === pipelineSink) throw invalid('data_source.type', 'there are no pipelines here');
    if (query_prefix_name) throw invalid('query_prefix_name', 'there are no saved queries here');
    const pipeline = mql_binary.map((stage) => Buffer.from(stage).toString('base64'));
    return this.#documents(organization_id, { kind: 'mql', pipeline }, mayRead);
  }

  /** Of readings that match, whoever may read them; wall ms. */
  async latestTime(of: Pick<CapturesQuestion, 'appId' | 'matches'>): Promise<number> {
    const ask = () => ({ kind: 'rows', order: 'desc', limit: 1 }) as const;
    const question = { ...of, isLatest: true, ask, mostBytes: exportBytes };
    for await (const { reading } of this.#readings(question, () => true, 1)) return reading.time;
    return Number.NEGATIVE_INFINITY;
  }

  /** Readings that match. */
  async count(
    question: Pick<CapturesQuestion, 'appId' | 'from' | 'to' | 'matches'>,
    mayRead: MayRead,
    onCaptures?: (captures: readonly Capture[]) => void,
  ): Promise<number> {
    const ask = () => ({ kind: 'count' }) as const;
    const { captures, content } = await this.#questions.captures(
      { ...question, ask, mostBytes: exportBytes },
      mayRead,
      1,
    );
    onCaptures?.(captures);
    for await (const document of documentsIn(content)) return deserialize(document).count as number;
    return 0;
  }

  async #documents(
    organization: string | undefined,
    asked: ReturnType<CapturesQuestion['ask']>,
    mayRead: MayRead,
  ): Promise<object> {
    if (!organization) throw invalid('organization_id', 'is required');
    const question = { appId: organization, matches: () => true, ask: () => asked, mostBytes: documentBytes };
    const { content } = await this.#questions.captures(question, mayRead, mostDocuments);
    const rawData: Uint8Array[] = [];
    for await (const document of documentsIn(content)) rawData.push(document);
    return { rawData };
  }

  async *#readings(
    question: CapturesQuestion,
    mayRead: MayRead,
    most: number,
  ): AsyncGenerator<{ reading: Reading; size: number; arrived: number | undefined }> {
    const { captures, content, arrived } = await this.#questions.captures(question, mayRead, most);
    for await (const document of documentsIn(content)) {
      const { c, t, d } = deserialize(document) as { c: number; t: number; d: string };
      const reading = { capture: captures[c]!, time: t, payload: JSON.parse(d) as Plain };
      yield { reading, size: document.length, arrived };
    }
  }
}

/** Of `TabularDataSourceType`. */
const pipelineSink = 3;

export interface ByFilterRequest {
  data_request?: { filter?: Filter; limit?: number; last?: string; sort_order?: number };
  count_only?: boolean;
}

interface SourceRequest {
  part_id?: string;
  resource_name?: string;
  resource_subtype?: string;
  method_name?: string;
  additional_parameters?: Record<string, unknown>;
}

type ExportRequest = SourceRequest & { interval?: Interval };

interface SqlRequest {
  organization_id?: string;
  sql_query?: string;
}

interface MqlRequest {
  organization_id?: string;
  mql_binary?: Uint8Array[];
  data_source?: { type?: number };
  query_prefix_name?: string;
}

/** @throws ConnectError that names what is missing */
function sourceOf(request: SourceRequest): Pick<CapturesQuestion, 'matches' | 'resource'> {
  const { part_id, resource_name, resource_subtype, method_name, additional_parameters = {} } = request;
  for (const [place, text] of Object.entries({ part_id, resource_name, resource_subtype, method_name }))
    if (!text) throw invalid(place, 'is required');
  const parameters = Object.entries(additional_parameters);
  return {
    // On the main a remote's resource is `<remote>:<name>`.
    resource: resource_name!.slice(resource_name!.lastIndexOf(':') + 1),
    matches: (capture) =>
      isPart(part_id, capture) &&
      isComponent(resource_subtype!, resource_name!, capture) &&
      capture.method === method_name &&
      parameters.every(([name, value]) => isParameter(capture.parameters[name], value)),
  };
}

/** A text is asked for by what it says, also by a number; a command by all of its members. */
function isParameter(captured: unknown, asked: unknown): boolean {
  return captured === String(asked) || isDeepStrictEqual(captured, asked);
}

function exported({ capture, time, payload }: Reading): object {
  const { appId, machine, partId, componentName, componentType, method, parameters, tags } = capture;
  return messageOf(dataApi.ExportTabularDataResponse as never, {
    part_id: partId,
    resource_name: componentName,
    resource_subtype: componentType,
    method_name: method,
    time_captured: time,
    organization_id: appId,
    location_id: appId,
    robot_name: machine,
    robot_id: machine,
    part_name: partId,
    method_parameters: parameters,
    tags,
    payload,
  });
}

/** A page, with the place at which the next one begins. */
function pageOf(page: readonly Reading[]): object {
  const metadata = new Map<Capture, number>();
  const data = page.map(({ capture, time, payload }) => {
    const index = metadata.get(capture) ?? metadata.size;
    metadata.set(capture, index);
    return { data: payload, metadata_index: index, time_requested: time, time_received: time };
  });
  const last = page.at(-1);
  return messageOf(dataApi.TabularDataByFilterResponse as never, {
    metadata: [...metadata.keys()].map(metadataOf),
    data,
    count: page.length,
    last: last === undefined ? '' : tokenOf(last),
  });
}

function metadataOf(capture: Capture): Plain {
  const { appId, machine, partId, componentName, componentType, method, parameters, tags } = capture;
  return {
    organization_id: appId,
    location_id: appId,
    robot_name: machine,
    robot_id: machine,
    part_name: partId,
    part_id: partId,
    component_type: componentType,
    component_name: componentName,
    method_name: method,
    method_parameters: parametersOf(parameters),
    tags,
  };
}

/** Where a page ended: it stays good whatever arrives, and whatever else is deleted. */
interface PageEnd {
  time: number;
  key: string;
}

function tokenOf({ time, capture: { key } }: Reading): string {
  return Buffer.from(JSON.stringify([time, key])).toString('base64url');
}

/** @throws ConnectError */
function placeOf(token: string): PageEnd {
  let parsed: unknown;
  try {
    parsed = JSON.parse(Buffer.from(token, 'base64url').toString());
  } catch {
    parsed = undefined;
  }
  const [time, key] = Array.isArray(parsed) ? (parsed as unknown[]) : [];
  if (!Number.isSafeInteger(time) || typeof key !== 'string')
    throw invalid('data_request.last', 'is no place that a page ended at');
  return { time: time as number, key };
}

/** The last capture in that order that the page before has answered for its time. */
function afterIn(captures: readonly Capture[], key: string, order: 'asc' | 'desc'): number {
  const before = captures.filter((capture) =>
    order === 'asc' ? capture.key <= key : capture.key < key,
  ).length;
  return order === 'asc' ? before - 1 : before;
}
