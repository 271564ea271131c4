/**
 * What a server of Viam's clients is made of, whichever services it has: gRPC and gRPC-web on one port. The other way, a
 * connection to such a server (`connection.ts`).
 *
 * In: services with their implementations, who may call. Out: a port that SDKs, a viam-server and `grpcurl` speak to.
 * Holds: who shows no key calls nothing, unless nobody has one, which is allowed on loopback only; what is asked at
 * once is bounded; what is not served is UNIMPLEMENTED with its content type, so that every client falls back as it
 * should.
 */
export {
  type Credentials,
  type ViamCallOptions,
  type ViamClient,
  ViamConnection,
  type ViamConnectionOptions,
} from './connection';
export { callerOf, Gate, type GateOptions, type MoreUsers, type Shown, type User } from './gate';
export { GrpcServer, type GrpcServerOptions } from './grpc-server';
export { type Implementation, localName, messagesOf, type Served, serviceOf } from './services';
