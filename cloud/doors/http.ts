/**
 * The HTTP door: the platform's entry point for messages and blocks, questions to the time series, health and figures.
 *
 *   POST /pipeline, POST /pipeline/<app_id>/<dev_id>   a standardised message, or one a line (messages.ts); one message
 *                                                       is answered before the routes (single-message.ts)
 *   POST /write, POST /api/v2/write                     InfluxDB's line protocol (line-protocol.ts)
 *   POST /blocks/<app_id>/<main part>[?remote=]        a capture file (blocks.ts)
 *   POST, PUT /files/<app_id>/<main part>/<name>       a binary or a file, in parts (files.ts)
 *   GET  /files, /files/<app_id>/<part>/<name>         those that are stored (stored-files.ts)
 *   GET  /query, /gaps, /streams, /sql, /openapi.json, POST /sql   questions (questions.ts)
 *   GET  /raw, /raw/<app_id>/<dev_id>/<date>           raw files, as JSON lines, CSV, Parquet or Arrow (raw.ts)
 *   GET  /jobs, POST /jobs/<name>                      nightly jobs (jobs.ts)
 *   GET  /healthz, /counters, /metrics, /stages, /dead-letters/<stage>   operation (operation.ts)
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Access } from '@sluice/common/access';
import {
  answerBefore,
  type Bodies,
  boundConnections,
  type GuardOptions,
  guard,
  keepAccepting,
  makeServer,
} from '@sluice/common/http';
import type { FastifyError, FastifyInstance } from 'fastify';
import { messageLimit } from '../message/message';
import type { RawSource } from '../query/raw';
import { failureOf, headersOf } from './failure';
import { type FileDoor, takeFiles } from './files';
import { jobs, type Worked } from './jobs';
import { takeLineProtocol } from './line-protocol';
import { type Entries, takeEntries } from './messages';
import type { Operated } from './operated';
import { operation } from './operation';
import { describeRoutes, type QuestionsDoor, takeQuestions } from './questions';
import { rawFiles } from './raw';
import { singleMessages } from './single-message';

export interface HttpDoorOptions {
  access: Access;
  port: number;
  /** Of all doors of this cloud that speak HTTP. */
  bodies: Bodies;
  /** Milliseconds that a request has to arrive, however slowly it is sent, about. Default 60 s. */
  patience?: number;
  cloud: Operated & Worked;
  entries: Entries;
  questions: QuestionsDoor;
  raw: RawSource;
  /** Told of every request that was refused. */
  audit?: GuardOptions['audit'];
  /** Told of what went wrong inside, of which the asker learns only that it did. */
  onFailure(failure: Error): void;
  files: FileDoor;
}

const defaultPatience = 60_000;
/** Connections at once. */
const mostConnections = 10_000;
/** Milliseconds that running requests have to end when the door closes. */
const closingPatience = 2_000;

/** An open door; `close()` lets running requests end, for a while. */
export async function openHttpDoor(options: HttpDoorOptions): Promise<FastifyInstance> {
  const { access, port, bodies, cloud, entries, raw, audit, onFailure, patience = defaultPatience } = options;
  const server = makeServer(access, {
    bodyLimit: messageLimit,
    forceCloseConnections: 'idle',
    requestTimeout: patience,
    connectionsCheckingInterval: patience / 10,
  });
  // Where heads have more time than requests, Node exchanges the two.
  server.server.headersTimeout = patience;
  let isClosing = false;
  server.addHook('preClose', async () => {
    isClosing = true;
    setTimeout(() => server.server.closeAllConnections(), closingPatience).unref();
  });
  server.removeAllContentTypeParsers();
  const responses = new WeakMap<IncomingMessage, ServerResponse>();
  server.addHook('preParsing', (request, reply, _payload, done) => {
    responses.set(request.raw, reply.raw);
    done();
  });
  server.addContentTypeParser('*', (request, _payload, done) => {
    const response = responses.get(request.raw)!;
    bodies.read(request.raw, response, request.routeOptions.bodyLimit).then((body) => done(null, body), done);
  });
  server.addHook('preValidation', (request, _reply, done) => {
    request.body ??= Buffer.alloc(0);
    done();
  });
  server.setErrorHandler(async (error: FastifyError, _request, reply) => {
    const { status, body } = failureOf(error, onFailure);
    return reply.code(status).headers(headersOf(status)).send(body);
  });
  guard(server, { access, ...(audit && { audit }) });
  await describeRoutes(server);
  takeEntries(server, entries);
  takeLineProtocol(server, entries);
  takeFiles(server, options.files);
  operation(server, cloud);
  jobs(server, cloud);
  takeQuestions(server, options.questions);
  rawFiles(server, raw, options.questions);
  boundConnections(server.server, mostConnections);
  answerBefore(server, singleMessages(entries, access, { bodies, isClosing: () => isClosing, onFailure }));
  await server.listen({ host: access.host, port });
  keepAccepting(server.server, 'the HTTP door');
  return server;
}
