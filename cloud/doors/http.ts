/**
 * The HTTP door: the platform's entry point for messages and blocks, questions to the time series, health and figures.
 *
 *   POST /pipeline, POST /pipeline/<app_id>/<dev_id>   a standardised message, or one a line (messages.ts)
 *   POST /write, POST /api/v2/write                     InfluxDB's line protocol (line-protocol.ts)
 *   POST /blocks/<app_id>/<main part>[?remote=]        a capture file (blocks.ts)
 *   POST, PUT /files/<app_id>/<main part>/<name>       a binary or a file, in parts (files.ts)
 *   GET  /streams                                      every stream with its number of values
 *   GET  /query?part=&stream=&from=&to=&format=        values as JSON or CSV (query.ts)
 *   GET  /raw, /raw/<app_id>/<dev_id>/<date>           raw files, as JSON lines or CSV (raw.ts)
 *   GET  /jobs, POST /jobs/<name>                      nightly jobs (jobs.ts)
 *   GET  /healthz, /counters, /metrics, /stages, /dead-letters/<stage>   operation (operation.ts)
 */
import { Readable } from 'node:stream';
import type { Access } from '@sluice/common/access';
import { isSluiceError } from '@sluice/common/errors';
import { type GuardOptions, guard, makeServer } from '@sluice/common/http';
import type { FastifyError, FastifyInstance } from 'fastify';
import { messageLimit } from '../message/message';
import { csvHead, csvLine, jsonLine, querySchema, rows, streams } from '../query/query';
import type { RawSource } from '../query/raw';
import type { TimeSeries } from '../stores/time-series/time-series';
import { type FileDoor, takeFiles } from './files';
import { jobs, type Worked } from './jobs';
import { takeLineProtocol } from './line-protocol';
import { type Entries, takeEntries } from './messages';
import type { Operated } from './operated';
import { operation } from './operation';
import { rawFiles } from './raw';

export interface HttpDoorOptions {
  access: Access;
  port: number;
  timeSeries: TimeSeries;
  cloud: Entries & Operated & Worked & { caughtUp(patience: number): Promise<boolean> };
  /** Milliseconds that a question waits for what was acknowledged before it. */
  questionPatience: number;
  raw: RawSource;
  /** Told of every request that was refused. */
  audit?: GuardOptions['audit'];
  files: FileDoor;
}

/** Milliseconds that a request has to arrive, however slowly it is sent. */
const requestTimeout = 60_000;
/** Milliseconds that running requests have to end when the door closes. */
const patience = 2_000;

/** An open door; `close()` lets running requests end, for a while. */
export async function openHttpDoor(options: HttpDoorOptions): Promise<FastifyInstance> {
  const { access, port, cloud, raw, audit } = options;
  const server = makeServer(access, {
    bodyLimit: messageLimit,
    forceCloseConnections: 'idle',
    requestTimeout,
  });
  server.addHook('preClose', async () => {
    setTimeout(() => server.server.closeAllConnections(), patience).unref();
  });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  server.addHook('preValidation', async (request) => {
    request.body ??= Buffer.alloc(0);
  });
  server.setErrorHandler(async (error: FastifyError, _request, reply) => {
    // What went wrong inside stands in the log, with its paths; the sender is told whether to come again.
    if (isSluiceError(error)) return reply.code(error.status).send({ error: error.code });
    const status = error.statusCode ?? 500;
    return reply.code(status).send({ error: status < 500 ? error.message : 'failed, see the log' });
  });
  guard(server, { access, ...(audit && { audit }) });
  takeEntries(server, cloud);
  takeLineProtocol(server, cloud);
  takeFiles(server, options.files);
  operation(server, cloud);
  jobs(server, cloud);
  questions(server, options);
  rawFiles(server, raw);
  await server.listen({ host: access.host, port });
  return server;
}

function questions(server: FastifyInstance, { timeSeries, cloud, questionPatience }: HttpDoorOptions): void {
  server.get('/streams', async () => {
    await cloud.caughtUp(questionPatience);
    return streams(timeSeries);
  });
  server.get('/query', async (request, reply) => {
    const query = querySchema.safeParse(request.query);
    if (!query.success) {
      const issue = query.error.issues[0]!;
      return reply.code(400).send({ error: `${issue.path.join('.') || 'query'}: ${issue.message}` });
    }
    await cloud.caughtUp(questionPatience);
    const csv = query.data.format === 'csv';
    return reply
      .type(csv ? 'text/csv; charset=utf-8; header=present' : 'application/json; charset=utf-8')
      .send(Readable.from(csv ? csvText(timeSeries, query.data) : jsonText(timeSeries, query.data)));
  });
}

type Values = Parameters<typeof rows>;

async function* csvText(...values: Values): AsyncGenerator<string> {
  yield csvHead;
  for await (const chunk of rows(...values)) yield chunk.map(csvLine).join('');
}

async function* jsonText(...values: Values): AsyncGenerator<string> {
  let separator = '[';
  for await (const chunk of rows(...values)) {
    for (const row of chunk) {
      yield separator + jsonLine(row);
      separator = ',\n';
    }
  }
  yield separator === '[' ? '[]' : ']';
}
