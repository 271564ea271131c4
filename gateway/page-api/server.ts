/**
 * The gateway's HTTP side, for people and monitoring.
 *
 *   GET  /               the page
 *   GET  /api/state      everything the gateway knows (state.ts)
 *   GET  /api/events     server-sent events (feed.ts): `state` first, `change` every second; `blocks`, those of the
 *                        recent past first
 *   GET  /api/history    ?part=…: what was before the gateway's start (history.ts)
 *   POST /api/sync       syncs now
 *   GET  /healthz        how it is (health.ts): 503 when nothing is taken any more
 *   GET  /metrics        figures for Prometheus (metrics.ts)
 *   GET  /openapi.json       all of these, for programs (openapi.ts)
 *   GET  /login, POST /login, /logout
 *
 * and what an extension adds.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Access } from '@sluice/common/access';
import {
  endWhenRevoked,
  type GuardOptions,
  guard,
  keepAccepting,
  LoginSessions,
  makeServer,
  takeLogins,
} from '@sluice/common/http';
import type { FastifyInstance, RouteShorthandOptions } from 'fastify';
import type { PageExtension } from './extension';
import type { Feed } from './feed';
import type { HealthView } from './health';
import { HistoryError } from './history';
import type { Metrics } from './metrics';
import { openApiDocument } from './openapi';
import type { HistoryView, StateView } from './state';

export interface ApiOptions {
  access: Access;
  port: number;
  /** Where the page's built files lie. */
  page: string;
  feed: Feed;
  metrics: Metrics;
  state(): StateView;
  /** @throws HistoryError */
  history(part: string): Promise<HistoryView>;
  sync(): Promise<unknown>;
  health(): Promise<HealthView>;
  extension?: PageExtension | undefined;
  /** Told of every request that was refused. */
  audit?: GuardOptions['audit'];
}

const forPeople: RouteShorthandOptions = { config: { right: 'view' } };
/** What the login page needs too. */
const forAll: RouteShorthandOptions = { config: { right: 'nothing' } };

const files: Record<string, string> = {
  'index.html': 'text/html; charset=utf-8',
  'page.js': 'text/javascript; charset=utf-8',
  'page.css': 'text/css; charset=utf-8',
  'icon.svg': 'image/svg+xml',
};

const headers = {
  'content-security-policy': "default-src 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  // Not `no-referrer`: a browser then names no origin of the login form either.
  'referrer-policy': 'same-origin',
  'cache-control': 'no-cache',
};

export async function openApi(options: ApiOptions): Promise<FastifyInstance> {
  const { access, port, metrics } = options;
  const server = makeServer(access, { bodyLimit: 1024, forceCloseConnections: true });
  const sessions = new LoginSessions(access);
  guard(server, { access, headers, sessions, ...(options.audit && { audit: options.audit }) });
  takeLogins(server, sessions);
  server.get('/healthz', async (_request, reply) => {
    const health = await options.health();
    return reply.code(health.status === 'failed' ? 503 : 200).send(health);
  });
  server.get('/metrics', async (_request, reply) => {
    return reply.type(metrics.contentType).send(await metrics.text());
  });
  server.get('/openapi.json', async () => openApiDocument(access.users?.configured === true));
  server.get('/api/state', forPeople, async () => options.state());
  server.get('/api/events', forPeople, (request, reply) => {
    reply.hijack();
    endWhenRevoked(access, request, reply);
    options.feed.serve(reply.raw, headers);
  });
  server.get<{ Querystring: { part?: string } }>('/api/history', forPeople, async (request, reply) => {
    try {
      return await options.history(String(request.query.part ?? ''));
    } catch (error) {
      if (!(error instanceof HistoryError)) throw error;
      return reply.code(502).send({ error: error.message });
    }
  });
  server.post('/api/sync', () => options.sync());
  options.extension?.routes(server);
  pages(server, options.page);
  await server.listen({ host: access.host, port });
  keepAccepting(server.server, 'the page');
  return server;
}

function pages(server: FastifyInstance, directory: string): void {
  for (const [name, type] of Object.entries(files)) {
    const path = name === 'index.html' ? '/' : `/${name}`;
    const right = name === 'page.css' || name === 'icon.svg' ? forAll : forPeople;
    server.get(path, right, async (_request, reply) =>
      reply.type(type).send(await readFile(join(directory, name))),
    );
  }
}
