/**
 * What the HTTP servers of gateway and cloud share, over fastify.
 *
 * In: a server, who may use it. Out: the same server, guarded.
 * Holds: nothing of a request is acted on before its proof, Origin and Host have passed, and its right is there; where
 * bodies and connections are bounded, those beyond are refused.
 */
export { keepAccepting } from './accepting';
export { Bodies, type BodiesOptions } from './bodies';
export { boundConnections } from './connections';
export { admitted, type GuardOptions, guard, type Refusal } from './guard';
export { LoginSessions, takeLogins } from './login';
export { endWhenRevoked } from './revoked';
export { answerBefore, makeServer, renewServer } from './secure-server';
