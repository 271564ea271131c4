/** Which streams there are: from the catalogue, without reading rows of files. */
import { sqlText } from '../stores/time-series/database';
import type { TimeSeries } from '../stores/time-series/time-series';
import { type MayRead, ofReadableProjects } from './asked-series';
import type { StreamsQuestion } from './question';
import { QuestionError } from './question-error';

export interface StreamSummary {
  app_id: string;
  part: string;
  stream: string;
  tags: Record<string, string>;
  unit?: string;
  /** Rows; what came again for the same time counts twice until it is put in order. */
  values: number;
  first: number;
  last: number;
}

/**
 * Series that have rows, with their number and its first and last time: all of them, or with `offset` a page.
 * @throws QuestionError
 */
export async function listStreams(
  timeSeries: TimeSeries,
  { app_id, part, limit, offset }: StreamsQuestion,
  mayRead: MayRead,
): Promise<StreamSummary[]> {
  const conditions: string[] = [];
  if (app_id !== undefined) conditions.push(`app_id = ${sqlText(app_id)}`);
  if (part !== undefined) conditions.push(`dev_id = ${sqlText(part)}`);
  const found = await timeSeries.read(async (connection, store) => {
    conditions.push(await ofReadableProjects(store.readSeries, mayRead));
    const result = await connection.runAndReadAll(`
      with counted as (
        select series, count(*) as rows, min(time) as first, max(time) as last from points group by series
        union all
        select series, file_series.rows, first, last from file_series join files using (path) where resolution = 0)
      select app_id, dev_id, field, tags, unit, sum(rows)::double, min(first)::double, max(last)::double
      from counted join series on id = series where ${conditions.join(' and ')}
      group by app_id, dev_id, field, tags, unit order by all limit ${offset === undefined ? limit + 1 : limit} offset ${offset ?? 0}`);
    return result.getRowsJS();
  });
  if (found.length > limit)
    throw new QuestionError(
      413,
      `there are more than ${limit} streams: name app_id or part, or ask for them in pages, from offset=0 on`,
    );
  return found.map(([appId, device, stream, tags, unit, values, first, last]) => ({
    app_id: appId as string,
    part: device as string,
    stream: stream as string,
    tags: JSON.parse(tags as string),
    ...(unit !== null && { unit: unit as string }),
    values: values as number,
    first: first as number,
    last: last as number,
  }));
}
