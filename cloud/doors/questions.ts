/**
 * Questions over HTTP.
 *
 *   GET  /query?part=…            values of streams in a span of time, or aggregates of them
 *   GET  /gaps?part=…             what is missing, and why
 *   GET, POST /sql                a SELECT of somebody's own: ?sql=, the body's text, or JSON
 *   GET  /streams[?offset=0]      every stream with its number of values, or a page of them
 *   GET  /openapi.json            all routes of this door
 */
import swagger from '@fastify/swagger';
import { asError } from '@sluice/common/errors';
import type { FastifyInstance, FastifyReply, FastifyRequest, FastifySchema } from 'fastify';
import { z } from 'zod';
import type { MayRead } from '../query/asked-series';
import {
  type Format,
  gapsSchema,
  questionSchema,
  sentenceOf,
  sqlSchema,
  streamsSchema,
} from '../query/question';
import { QuestionError } from '../query/question-error';
import type { Answer, Questions } from '../query/questions';
import { listStreams } from '../query/streams';
import { TaskError } from '../query/task';
import type { TimeSeries } from '../stores/time-series/time-series';

export interface QuestionsDoor {
  questions: Questions;
  timeSeries: TimeSeries;
  /** Waits, but not for long, for what was acknowledged before. */
  caughtUp(): Promise<unknown>;
}

/** Lists of streams that are made, or wait for it, at once: this process makes them. */
const mostListings = 8;

const types: Record<Format, string> = {
  json: 'application/json; charset=utf-8',
  csv: 'text/csv; charset=utf-8; header=present',
  parquet: 'application/vnd.apache.parquet',
  arrow: 'application/vnd.apache.arrow.stream',
};
const extensions: Record<Format, string> = { json: 'json', csv: 'csv', parquet: 'parquet', arrow: 'arrows' };

/** To be waited for before any route is added that is to be described. */
export async function describeRoutes(server: FastifyInstance): Promise<void> {
  await server.register(swagger, {
    openapi: { info: { title: 'Sluice cloud', version: '1', description: 'Messages in, time series out.' } },
  });
  server.get('/openapi.json', { schema: { hide: true } }, async () => server.swagger());
}

export function takeQuestions(server: FastifyInstance, door: QuestionsDoor): void {
  const { questions } = door;
  server.get(
    '/query',
    route('Values of streams in a span of time, or aggregates of them', questionSchema),
    async (request, reply) => {
      const asked = questionSchema.safeParse(request.query);
      if (!asked.success) return reply.code(400).send({ error: sentenceOf(asked.error) });
      const { part, stream = [], format } = asked.data;
      return answer(door, reply, format, [...part, ...stream], () =>
        questions.ask(asked.data, readerOf(request)),
      );
    },
  );
  server.get(
    '/gaps',
    route('What is missing between what came, and why', gapsSchema),
    async (request, reply) => {
      const asked = gapsSchema.safeParse(request.query);
      if (!asked.success) return reply.code(400).send({ error: sentenceOf(asked.error) });
      const { part, format } = asked.data;
      return answer(door, reply, format, [...part, 'gaps'], () =>
        questions.gaps(asked.data, readerOf(request)),
      );
    },
  );
  const summary = 'A SELECT over readings, rollups_1s, rollups_1m, rollups_1h and streams';
  const config = { right: 'read' } as const;
  const sql = async (given: unknown, request: FastifyRequest, reply: FastifyReply) => {
    const asked = sqlSchema.safeParse(given);
    if (!asked.success) return reply.code(400).send({ error: sentenceOf(asked.error) });
    return answer(door, reply, asked.data.format, ['answer'], () =>
      questions.sql(asked.data, readerOf(request)),
    );
  };
  server.get('/sql', { ...route(summary, sqlSchema), config }, (request, reply) =>
    sql(request.query, request, reply),
  );
  server.post('/sql', { ...route(summary, sqlSchema, 'body'), config }, (request, reply) => {
    const body = bodyOf(request);
    if (body === undefined) return reply.code(400).send({ error: 'query: begins as JSON does, and is none' });
    return sql({ ...(request.query as object), ...body }, request, reply);
  });
  let listings = 0;
  server.get(
    '/streams',
    route('Every stream with its number of values, or with offset a page of them', streamsSchema),
    async (request, reply) => {
      const asked = streamsSchema.safeParse(request.query);
      if (!asked.success) return reply.code(400).send({ error: sentenceOf(asked.error) });
      if (listings >= mostListings)
        return reply
          .code(503)
          .header('retry-after', '1')
          .send({ error: `${listings} lists are made already` });
      listings++;
      try {
        await door.caughtUp();
        return await listStreams(door.timeSeries, asked.data, readerOf(request));
      } catch (error) {
        if (!(error instanceof QuestionError)) throw error;
        return reply.code(error.status).send({ error: error.message, ...error.details });
      } finally {
        listings--;
      }
    },
  );
}

/** Sends what is asked for, or why there is none. @param about what a file of it is named for */
export async function answer(
  { caughtUp }: Pick<QuestionsDoor, 'caughtUp'>,
  reply: FastifyReply,
  format: Format,
  about: readonly string[],
  ask: () => Promise<Answer>,
): Promise<FastifyReply> {
  await caughtUp();
  let content: Answer['content'];
  try {
    const answered = await ask();
    content = answered.content;
    reply.header('content-length', answered.bytes).header('x-rows', answered.rows);
  } catch (error) {
    if (error instanceof QuestionError)
      return reply.code(error.status).send({ error: error.message, ...error.details });
    if (!(error instanceof TaskError)) throw error;
    if (error.status === 503) reply.header('retry-after', '10');
    if (error.status === 500) throw asError(error);
    return reply.code(error.status).send({ error: error.message });
  }
  if (format !== 'json')
    reply.header('content-disposition', `attachment; filename="${fileName(about, format)}"`);
  return reply.type(types[format]).send(content);
}

/** Of letters that every file system takes. */
function fileName(about: readonly string[], format: Format): string {
  const name = about
    .join('-')
    .replace(/[^\w.-]+/g, '_')
    .slice(0, 100);
  return `${name}.${extensions[format]}`;
}

function readerOf(request: FastifyRequest): MayRead {
  return (appId) => request.principal.mayRead(appId);
}

/** JSON, or the SQL itself; undefined: it was to be JSON. */
function bodyOf({ body }: FastifyRequest): object | undefined {
  const text = (body as Buffer).toString('utf8').trim();
  if (text === '') return {};
  if (!text.startsWith('{')) return { sql: text };
  try {
    return JSON.parse(text) as object;
  } catch {
    return undefined;
  }
}

/** A route's description. What is asked is checked by the schema itself, so that what is wrong is named in one way. */
export function route(summary: string, schema: z.ZodType, place: 'querystring' | 'body' = 'querystring') {
  const { $schema: _, ...described } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  const of: FastifySchema = { summary, [place]: described } as FastifySchema;
  return { schema: of, validatorCompiler: () => () => true };
}
