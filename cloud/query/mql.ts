/**
 * A MongoDB aggregation over captured readings. What the leading `$match` stages ask of names and times is asked of the
 * files; the documents that they leave are taken together, at most so many, for the stages behind.
 */
import type { DuckDBConnection } from '@duckdb/node-api';
import { deserialize, serialize } from 'bson';
import { Aggregator, Query } from 'mingo';
import { sqlText } from '../stores/time-series/database';
import { objectsOf } from './bson-answer';
import { TaskError } from './task';

type Document = Record<string, unknown>;

interface Stage {
  name: string;
  content: unknown;
}

/** Documents that are taken together at most: some 200 MB of them. */
const mostDocuments = 200_000;
/** Documents of an answer that are written at a time. */
const portion = 1_000;
const options = { scriptEnabled: false } as const;

/** They read the documents before them, and nothing else. */
const allowed = new Set(
  `$match $project $addFields $set $unset $sort $limit $skip $group $count $unwind $bucket $bucketAuto
   $sortByCount $facet $replaceRoot $replaceWith $setWindowFields $fill $redact $sample`.split(/\s+/),
);
const texts = new Set([
  ...['organization_id', 'location_id', 'robot_id', 'robot_name', 'part_id', 'part_name'],
  ...['component_type', 'component_name', 'method_name'],
]);
const times = new Set(['time_requested', 'time_received']);
const comparisons: Record<string, string> = { $gt: '>', $gte: '>=', $lt: '<', $lte: '<=', $eq: '=' };

/** @param pipeline each stage as BSON in base64 @throws TaskError */
export async function* aggregate(
  connection: DuckDBConnection,
  pipeline: readonly string[],
): AsyncGenerator<Uint8Array[]> {
  const stages = pipeline.map((text, index) => stageOf(text, index));
  const behind = stages.findIndex(({ name }) => name !== '$match');
  const matches = behind < 0 ? stages : stages.slice(0, behind);
  const rest = behind < 0 ? [] : stages.slice(behind);
  const documents = await matching(
    connection,
    matches.map(({ content }) => content as Document),
    rest,
  );
  const answer = understood(() =>
    new Aggregator(
      rest.map(({ name, content }) => ({ [name]: content })),
      options,
    ).run<Document>(documents),
  );
  for (let from = 0; from < answer.length; from += portion)
    yield answer.slice(from, from + portion).map((document) => serialize(document));
}

async function matching(
  connection: DuckDBConnection,
  matches: readonly Document[],
  rest: readonly Stage[],
): Promise<Document[]> {
  const query = understood(() => new Query({ $and: [{}, ...matches] }, options));
  const { order, enough } = beginningOf(rest);
  const where = ['true', ...matches.flatMap(conditionsOf)].join(' and ');
  const result = await connection.stream(
    `select * replace (data::json as data) from readings where ${where} ${order}`,
  );
  const documents: Document[] = [];
  for await (const objects of objectsOf(result)) {
    for (const object of objects) if (understood(() => query.test(object))) documents.push(object);
    if (documents.length >= enough) break;
    if (documents.length > mostDocuments)
      throw new TaskError(
        413,
        `mql: is about more than ${mostDocuments} readings: begin with a $match that is about fewer, or a $limit`,
      );
  }
  return documents;
}

/** How the stages begin tells in which order readings are wanted, and how many suffice. */
function beginningOf(rest: readonly Stage[]): { order: string; enough: number } {
  const [first, second] = rest;
  const key = first?.name === '$sort' ? Object.entries(first.content as object) : [];
  const [time, direction] = key[0] ?? [];
  const isByTime = key.length === 1 && times.has(time!);
  const order = isByTime ? `order by time_requested ${direction === -1 ? 'desc' : 'asc'}` : '';
  const limit = isByTime ? second : first;
  const isLimited = limit?.name === '$limit' && typeof limit.content === 'number';
  return { order, enough: isLimited ? (limit.content as number) : Number.POSITIVE_INFINITY };
}

/** What can be asked of the table; all of it is looked at again in the documents. */
function conditionsOf(match: Document): string[] {
  return Object.entries(match).flatMap(([key, asked]) => {
    if (key === '$and' && Array.isArray(asked)) return asked.flatMap(conditionsOf);
    if (texts.has(key)) {
      const several =
        typeof asked === 'string'
          ? [asked]
          : ((asked as Document | null)?.$in ?? [(asked as Document | null)?.$eq]);
      const isText = Array.isArray(several) && several.every((each) => typeof each === 'string');
      return isText && several.length > 0 ? [`${key} in (${several.map(sqlText).join(', ')})`] : [];
    }
    if (!times.has(key) || typeof asked !== 'object' || asked === null || asked instanceof Date) return [];
    return Object.entries(asked).flatMap(([operator, time]) =>
      operator in comparisons && time instanceof Date && !Number.isNaN(time.getTime())
        ? [`time_requested ${comparisons[operator]} make_timestamp_ms(${time.getTime()})`]
        : [],
    );
  });
}

function stageOf(text: string, index: number): Stage {
  const of = `mql: stage ${index}`;
  let stage: Document;
  try {
    stage = deserialize(Buffer.from(text, 'base64'));
  } catch (error) {
    throw new TaskError(400, `${of}: is no BSON document: ${(error as Error).message}`);
  }
  return check(stage, of);
}

function check(stage: Document, of: string): Stage {
  const [[name, content] = ['', undefined], ...others] = Object.entries(stage);
  if (others.length > 0 || name === '')
    throw new TaskError(400, `${of}: has one operator, not ${others.length + (name === '' ? 0 : 1)}`);
  if (!allowed.has(name)) throw new TaskError(400, `${of}: ${name} is none of ${[...allowed].join(', ')}`);
  if (name === '$match' && (typeof content !== 'object' || content === null))
    throw new TaskError(400, `${of}: $match: is no document`);
  if (name === '$facet')
    for (const [facet, pipeline] of Object.entries(content ?? {}))
      for (const inner of Array.isArray(pipeline) ? pipeline : []) check(inner, `${of}: $facet.${facet}`);
  return { name, content };
}

/** @throws TaskError that says what is wrong with the pipeline */
function understood<T>(action: () => T): T {
  try {
    return action();
  } catch (error) {
    throw new TaskError(400, `mql: ${(error as Error).message}`);
  }
}
