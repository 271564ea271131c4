/**
 * What the HTTP servers of gateway and cloud share, over fastify.
 *
 * In: a server, who may use it. Out: the same server, guarded.
 * Holds: nothing of a request is acted on before its key, Origin and Host have passed.
 */
export { guard } from './guard';
