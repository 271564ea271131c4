/** Which series a question is about, of those that the asker may read. */
import { sqlText } from '../stores/time-series/database';
import type { ReadSeries } from '../stores/time-series/series-answers';
import type { Origin } from '../stores/time-series/series-table';
import { nearest } from './nearest';
import type { Question } from './question';
import { QuestionError } from './question-error';
import type { TaskSeries } from './task';

const mostSeries = 10_000;
/** Among which the nearest is looked for. */
const mostNames = 100_000;

/** Whether somebody may read of a project. */
export type MayRead = (appId: string) => boolean;

export type Asked = Pick<Question, 'app_id' | 'stream' | 'tag'> & {
  part?: string[] | undefined;
  /** Of the resource of the tag; what names none is meant too. */
  resource?: string | undefined;
};

/**
 * In the order of an answer's columns and lines. The process that takes what comes in reads them: so no more than a
 * question may be about, however many there are.
 * @throws QuestionError
 */
export async function seriesOf(read: ReadSeries, asked: Asked, mayRead: MayRead): Promise<TaskSeries[]> {
  const { stream: streams, tag: tags = [] } = asked;
  const among = await readable(read, asked, mayRead);
  const conditions = [among];
  if (streams !== undefined) conditions.push(`field in (${streams.map(sqlText).join(', ')})`);
  // As tags stand there: an object of texts.
  for (const { key, value } of tags)
    conditions.push(`contains(tags, ${sqlText(`${JSON.stringify(key)}:${JSON.stringify(value)}`)})`);
  const found = await read(
    `select id, app_id, dev_id, field, tags, unit, minimum, step, kinds, origin from series
     where ${conditions.join(' and ')} order by app_id, dev_id, tags, field, id limit ${mostSeries + 1}`,
  );
  const chosen = found.map(taskSeries);
  const missing = (streams ?? []).filter((name) => !chosen.some(({ stream }) => stream === name));
  // There may be one with other tags.
  if (missing.length > 0) await checkStreams(read, missing, among);
  if (chosen.length > mostSeries)
    throw new QuestionError(
      413,
      `is about more than ${mostSeries} series: name parts, streams or tags of at most so many`,
    );
  return chosen;
}

/** What the series of the parts and projects have in common that are asked for and may be read, as SQL. */
async function readable(
  read: ReadSeries,
  { part: parts, app_id, resource }: Asked,
  mayRead: MayRead,
): Promise<string> {
  const conditions: string[] = [];
  if (resource !== undefined) {
    const end = JSON.stringify(resource).slice(1);
    conditions.push(`(contains(tags, ${sqlText(end)}) or not contains(tags, '"resource":'))`);
  }
  if (app_id !== undefined) conditions.push(`app_id = ${sqlText(app_id)}`);
  if (parts !== undefined) conditions.push(`dev_id in (${parts.map(sqlText).join(', ')})`);
  const found = await read(
    `select distinct app_id${parts === undefined ? '' : ', dev_id'} from series
     where ${conditions.join(' and ') || 'true'} order by all`,
  );
  const those = (found as [string, string?][]).filter(([appId]) => mayRead(appId));
  for (const name of parts ?? []) {
    const projects = those.filter(([, part]) => part === name).map(([appId]) => appId);
    if (projects.length === 0) throw await unknownPart(read, name, app_id, mayRead);
    if (projects.length > 1)
      throw new QuestionError(400, `app_id: '${name}' is a part of several projects: name one`, {
        app_ids: projects,
      });
  }
  return [...conditions, ofProjects(those.map(([appId]) => appId))].join(' and ');
}

/** Of any of these, as SQL. */
function ofProjects(appIds: readonly string[]): string {
  return appIds.length === 0 ? 'false' : `app_id in (${[...new Set(appIds)].map(sqlText).join(', ')})`;
}

/** Of those that somebody may read, as SQL. */
export async function ofReadableProjects(read: ReadSeries, mayRead: MayRead): Promise<string> {
  const found = await read('select distinct app_id from series order by all');
  return ofProjects((found as [string][]).map(([appId]) => appId).filter(mayRead));
}

/** @throws QuestionError of the first that there is not */
async function checkStreams(read: ReadSeries, names: readonly string[], among: string): Promise<void> {
  const found = await read(
    `select distinct field from series where ${among} order by all limit ${mostNames}`,
  );
  const known = found.map(([field]) => field as string);
  for (const name of names)
    if (!known.includes(name))
      throw new QuestionError(404, `there is no stream '${name}'`, {
        stream: name,
        nearest: nearest(name, known),
      });
}

function taskSeries(row: readonly unknown[]): TaskSeries {
  const [id, appId, part, stream, tags] = row as [number, string, string, string, string];
  const [unit, minimum, step, kinds, origin] = row.slice(5) as [
    string | null,
    number | null,
    number | null,
    number | null,
    string | null,
  ];
  return {
    id,
    appId,
    part,
    stream,
    tags: JSON.parse(tags),
    ...(unit !== null && { unit }),
    ...(step !== null && { scale: { minimum: minimum ?? 0, step } }),
    ...(kinds !== null && { kinds }),
    ...(origin !== null && { origin: JSON.parse(origin) as Origin }),
  };
}

async function unknownPart(
  read: ReadSeries,
  name: string,
  appId: string | undefined,
  mayRead: MayRead,
): Promise<QuestionError> {
  const found = await read(`select distinct app_id, dev_id from series order by all limit ${mostNames}`);
  const known = (found as [string, string][])
    .filter(([app]) => mayRead(app) && (appId === undefined || app === appId))
    .map(([, part]) => part);
  const of = appId === undefined ? '' : ` in the project '${appId}'`;
  return new QuestionError(404, `there is no part '${name}'${of}`, {
    part: name,
    nearest: nearest(name, [...new Set(known)]),
  });
}
