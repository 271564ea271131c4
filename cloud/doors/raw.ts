/**
 * Raw files over HTTP.
 *
 *   GET /raw[?app_id=][&dev_id=][&offset=0]            the days there are, or a page of them
 *   GET /raw/<app_id>/<dev_id>/<date>[?format=csv]     a day, as JSON lines, CSV, Parquet or Arrow
 */

import { Readable } from 'node:stream';
import { schemaFault } from '@sluice/common/errors';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { identifierProblem } from '../message/message';
import { pageSchema } from '../query/question';
import { type RawFormat, type RawSource, rawHead, rawText } from '../query/raw';
import { type DayName, daysByDevice, hasDay } from '../stores/raw-files/read-day';
import { answer, type QuestionsDoor, route } from './questions';

const identifier = (key: 'app_id' | 'dev_id') =>
  z.string().refine((text) => identifierProblem(key, text) === undefined, 'cannot name a file');
const listSchema = z.strictObject({
  app_id: identifier('app_id').optional(),
  dev_id: identifier('dev_id').optional(),
  ...pageSchema,
});
const formatSchema = z.strictObject({ format: z.enum(['json', 'csv', 'parquet', 'arrow']).default('json') });
const daySchema = formatSchema.extend({
  app_id: identifier('app_id'),
  dev_id: identifier('dev_id'),
  date: z.string().regex(/^\d{4}-\d{2}-\d{2}$/, 'is no YYYY-MM-DD'),
});
const types = { json: 'application/x-ndjson; charset=utf-8', csv: 'text/csv; charset=utf-8; header=present' };

export function rawFiles(
  server: FastifyInstance,
  source: RawSource,
  { questions, caughtUp }: Pick<QuestionsDoor, 'questions' | 'caughtUp'>,
): void {
  const summary = 'The days of which there are raw files, or with offset a page of them';
  server.get('/raw', route(summary, listSchema), async (request, reply) => {
    const asked = listSchema.safeParse(request.query);
    if (!asked.success) return reply.code(400).send({ error: sentence(asked.error) });
    const { app_id: appId, dev_id: devId, limit, offset } = asked.data;
    const all = daysByDevice(source.storage, source.directory, { appId, devId });
    const days = await page(all, (app) => request.principal.mayRead(app), offset ?? 0, limit + 1);
    if (offset === undefined && days.length > limit) {
      const error = `there are more than ${limit} days: name app_id or dev_id, or ask for them in pages, from offset=0 on`;
      return reply.code(413).send({ error });
    }
    return days.slice(0, limit).map(({ appId, devId, date }) => ({ app_id: appId, dev_id: devId, date }));
  });
  server.get<{ Params: { app: string; device: string; date: string } }>(
    '/raw/:app/:device/:date',
    route('A day of a device, as JSON lines, or with ?format=csv, parquet or arrow', formatSchema),
    async (request, reply) => {
      const { app, device, date } = request.params;
      const asked = daySchema.safeParse({ ...(request.query as object), app_id: app, dev_id: device, date });
      if (!asked.success) return reply.code(400).send({ error: sentence(asked.error) });
      const { format } = asked.data;
      const day = { appId: app, devId: device, date };
      if (!request.principal.mayRead(app))
        return reply.code(403).send({ error: `${app} is a private project` });
      if (!(await hasDay(source.storage, source.directory, day)))
        return reply.code(404).send({ error: 'no such day' });
      if (format === 'json' || format === 'csv')
        return reply.type(types[format]).send(Readable.from(text(source, day, format)));
      return answer({ caughtUp }, reply, format, [`${device}-${date}`], async () => {
        const table = await questions.raw(source.directory, day, format);
        for (const problem of table.problems ?? []) source.onProblem(problem);
        return table;
      });
    },
  );
}

/** So many at most, from `offset` on. */
async function page(
  all: AsyncIterable<DayName[]>,
  mayRead: (appId: string) => boolean,
  offset: number,
  most: number,
): Promise<DayName[]> {
  const found: DayName[] = [];
  let passed = 0;
  for await (const days of all) {
    if (!mayRead(days[0]!.appId)) continue;
    for (const day of days.slice(Math.max(0, offset - passed))) found.push(day);
    passed += days.length;
    if (found.length >= most) break;
  }
  return found.slice(0, most);
}

async function* text(source: RawSource, day: DayName, format: RawFormat): AsyncGenerator<string> {
  const head = rawHead(format);
  if (head !== '') yield head;
  yield* rawText(source, day, format);
}

function sentence({ issues: [issue] }: z.ZodError): string {
  return `${issue!.path.join('.') || 'query'}: ${schemaFault(issue!)}`;
}
