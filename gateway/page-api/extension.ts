/** What a composition of programs adds to the page's API, of which the gateway itself knows nothing. */
import type { FastifyInstance } from 'fastify';

export interface PageExtension {
  /** Of one part, beside what the gateway shows of it; undefined: nothing. Asked whenever the state is. */
  shown(part: string): Readonly<Record<string, unknown>> | undefined;
  /** Routes of its own, behind the same guard. */
  routes(server: FastifyInstance): void;
}
