/**
 * The gateway's HTTP side, for people and monitoring.
 *
 *   GET  /               the page
 *   GET  /api/state      everything the gateway knows (state.ts)
 *   GET  /api/events     server-sent events: `samples` (the recent past first, then as they come), `state` every second
 *   POST /api/sync       syncs now
 *   POST /api/simulation/<part>/<action>   for parts that this process simulates
 *   GET  /healthz, /metrics
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import Fastify, { type FastifyInstance } from 'fastify';
import type { Registry } from 'prom-client';
import { type Access, refuse } from '../../cloud/access';
import type { Live } from '../live';
import { streamEvents } from './events';
import type { SimulationAction, StateView } from './state';

export interface ApiOptions {
  access: Access;
  port: number;
  /** Where the page's built files lie. */
  page: string;
  live: Live;
  metrics: Registry;
  state(): StateView;
  /** Somebody looks; @returns what to call when they have gone. */
  watch(): () => void;
  sync(): Promise<unknown>;
  /** Undefined when no such part is simulated here. */
  simulate(part: string, action: SimulationAction): Promise<void> | undefined;
}

const files: Record<string, string> = {
  'index.html': 'text/html; charset=utf-8',
  'page.js': 'text/javascript; charset=utf-8',
  'page.css': 'text/css; charset=utf-8',
  'icon.svg': 'image/svg+xml',
};
const actions: readonly string[] = [
  'wifi-off',
  'wifi-on',
  'reboot',
  'power-cut',
] satisfies SimulationAction[];

const headers = {
  'content-security-policy': "default-src 'self'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-cache',
};

export async function openApi(options: ApiOptions): Promise<FastifyInstance> {
  const { access, port, metrics } = options;
  const server = Fastify({ bodyLimit: 1024, forceCloseConnections: true });
  server.addHook('onRequest', async (request, reply) => {
    const refusal = refuse(access, request.headers);
    if (refusal) await reply.code(refusal.status).send({ error: refusal.message });
    else reply.headers(headers);
  });
  server.get('/healthz', async () => ({ status: 'ok' }));
  server.get('/metrics', async (_request, reply) => {
    return reply.type(metrics.contentType).send(await metrics.metrics());
  });
  server.get('/api/state', async () => options.state());
  server.get('/api/events', (_request, reply) => {
    reply.hijack();
    streamEvents(reply.raw, headers, options).catch(() => reply.raw.destroy());
  });
  server.post('/api/sync', () => options.sync());
  server.post<{ Params: { part: string; action: string } }>(
    '/api/simulation/:part/:action',
    async (request, reply) => {
      const { part, action } = request.params;
      const known = actions.includes(action) && options.simulate(part, action as SimulationAction);
      if (!known)
        return reply.code(404).send({ error: `no simulated part '${part}' that knows '${action}'` });
      await known;
      return { done: action };
    },
  );
  pages(server, options.page);
  await server.listen({ host: access.host, port });
  return server;
}

function pages(server: FastifyInstance, directory: string): void {
  for (const [name, type] of Object.entries(files)) {
    const path = name === 'index.html' ? '/' : `/${name}`;
    server.get(path, async (_request, reply) => reply.type(type).send(await readFile(join(directory, name))));
  }
}
