/** The gateway's HTTP API as OpenAPI has it. A test holds it to the routes that there are. */

interface Operation {
  summary: string;
  description?: string;
  parameters?: readonly object[];
  /** By status. */
  responses: Readonly<Record<number, { description: string; content?: object }>>;
}

const answer = (description: string, type = 'application/json') => ({
  description,
  content: { [type]: { schema: type === 'application/json' ? { type: 'object' } : { type: 'string' } } },
});
const refused = { 401: { description: 'No key, where there are users, or one that is not known.' } };

/** By path and method. What an extension adds is not the gateway's. */
export const paths: Readonly<Record<string, Readonly<Record<string, Operation>>>> = {
  '/api/state': {
    get: {
      summary: 'Everything the gateway knows of its parts',
      description:
        'Parts with their streams and counters, losses with causes and spans of time, sync, alerts, problems of the configurations. Times are milliseconds since 1970.',
      responses: { 200: answer('As `StateView` of gateway/page-api/state.ts.'), ...refused },
    },
  },
  '/api/events': {
    get: {
      summary: 'The same as it changes, as server-sent events',
      description:
        '`state` first, whole; each second `change`, what is otherwise since; `blocks`, undecoded, as they become durable.',
      responses: { 200: answer('Until the reader goes.', 'text/event-stream'), ...refused },
    },
  },
  '/api/history': {
    get: {
      summary:
        'Smallest and largest value of each second of the last quarter of an hour before the gateway began',
      parameters: [{ name: 'part', in: 'query', required: true, schema: { type: 'string' } }],
      responses: {
        200: answer('`until`, `spacing` (ms) and `series`: stream, times, low, high.'),
        502: answer('The cloud is not reached or refuses; why, in `error`.'),
        ...refused,
      },
    },
  },
  '/api/sync': {
    post: {
      summary: 'Delivers now what waits; answers when that is settled or has failed',
      responses: {
        200: answer('How the sync is.'),
        ...refused,
        403: { description: 'Only an operator may.' },
      },
    },
  },
  '/healthz': {
    get: {
      summary: 'How it is: `ok`, `degraded` or `failed`, and why',
      responses: { 200: answer('It takes what comes.'), 503: answer('Nothing is taken any more.') },
    },
  },
  '/metrics': {
    get: {
      summary: 'Figures for Prometheus',
      responses: { 200: answer('In its text format.', 'text/plain'), ...refused },
    },
  },
  '/openapi.json': {
    get: { summary: 'This description', responses: { 200: answer('OpenAPI 3.') } },
  },
};

/** @param isSecured whether a key is asked for */
export function openApiDocument(isSecured: boolean): object {
  return {
    openapi: '3.0.3',
    info: {
      title: 'Sluice gateway',
      version: '1',
      description: 'What parts capture, and what became of it.',
    },
    paths,
    components: { securitySchemes: { key: { type: 'http', scheme: 'bearer' } } },
    ...(isSecured && { security: [{ key: [] }] }),
  };
}
