/**
 * The HTTP door: the platform's entry point for messages, questions to the time series, health and figures.
 *
 *   POST /pipeline, POST /pipeline/<app_id>/<dev_id>   a standardised message
 *   POST /blocks/<app_id>/<main part>[?remote=]        a capture file (doors/blocks.ts)
 *   GET  /streams                                      every stream with its number of values
 *   GET  /query?part=&stream=&from=&to=&format=        values as JSON or CSV (query.ts)
 */
import { Readable } from 'node:stream';
import type { Access } from '@sluice/common/access';
import { guard } from '@sluice/common/http';
import Fastify, { type FastifyInstance, type FastifyReply } from 'fastify';
import { largestCaptureFile } from '../../modules/block/file';
import { messageLimit, type Refusal, type Topic } from '../message/message';
import { csvHead, csvLine, querySchema, rows, streams } from '../query/query';
import type { TimeSeries } from '../stores/time-series';
import { type BlocksAnswer, isRemoteName, type Sender } from './blocks';
import type { Counters } from './counters';

export interface HttpDoorOptions {
  access: Access;
  port: number;
  timeSeries: TimeSeries;
  counters: Counters;
  receive(payload: Uint8Array, topic: Topic | undefined): Promise<{ stored: number } | { refusal: Refusal }>;
  receiveBlocks(file: Uint8Array, sender: Sender): Promise<BlocksAnswer | string>;
}

/** Milliseconds a request has to arrive. */
const requestTimeout = 300_000;
/** Milliseconds that running requests have to end when the door closes. */
const patience = 2_000;

/** An open door; `close()` lets running requests end, for a while. */
export async function openHttpDoor(options: HttpDoorOptions): Promise<FastifyInstance> {
  const { access, port, counters } = options;
  const server = Fastify({ bodyLimit: messageLimit, forceCloseConnections: 'idle', requestTimeout });
  server.addHook('preClose', async () => {
    setTimeout(() => server.server.closeAllConnections(), patience).unref();
  });
  server.removeAllContentTypeParsers();
  server.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  server.addHook('preValidation', async (request) => {
    request.body ??= Buffer.alloc(0);
  });
  guard(server, access);
  server.get('/healthz', async () => ({ status: 'ok' }));
  server.get('/counters', async () => counters);
  messages(server, options);
  questions(server, options);
  await server.listen({ host: access.host, port });
  return server;
}

function messages(server: FastifyInstance, { receive, receiveBlocks }: HttpDoorOptions): void {
  server.post('/pipeline', async (request, reply) => {
    return answer(reply, await receive(request.body as Buffer, undefined));
  });
  server.post<{ Params: { app: string; device: string } }>(
    '/pipeline/:app/:device',
    async (request, reply) => {
      const { app: appId, device: devId } = request.params;
      return answer(reply, await receive(request.body as Buffer, { appId, devId }));
    },
  );
  server.post<{ Params: { app: string; main: string }; Querystring: { remote?: unknown } }>(
    '/blocks/:app/:main',
    { bodyLimit: largestCaptureFile },
    async (request, reply) => {
      const { app: appId, main } = request.params;
      const { remote } = request.query;
      if (remote !== undefined && !isRemoteName(remote))
        return reply.code(422).send({ error: 'remote is no name' });
      const taken = await receiveBlocks(request.body as Buffer, { appId, main, remote });
      return typeof taken === 'string' ? reply.code(422).send({ error: taken }) : taken;
    },
  );
}

function answer(reply: FastifyReply, result: { stored: number } | { refusal: Refusal }) {
  if ('stored' in result) return result;
  const { kind, path, message } = result.refusal;
  return reply.code(kind === 'invalid' ? 400 : 422).send({ error: `${path} ${message}`, kind });
}

function questions(server: FastifyInstance, { timeSeries }: HttpDoorOptions): void {
  server.get('/streams', () => streams(timeSeries));
  server.get('/query', (request, reply) => {
    const query = querySchema.safeParse(request.query);
    if (!query.success) {
      const issue = query.error.issues[0]!;
      return reply.code(400).send({ error: `${issue.path.join('.') || 'query'}: ${issue.message}` });
    }
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
      yield separator + JSON.stringify(row);
      separator = ',\n';
    }
  }
  yield separator === '[' ? '[]' : ']';
}
