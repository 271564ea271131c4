/**
 * The main part as Viam's clients see it: gRPC and gRPC-web on one port.
 *
 * What comes in: calls of the SDKs, of a viam-server whose remote this is, of `grpcurl`. What goes out: calls of the
 * resources, syncs. What holds: who shows no key of the configuration calls nothing, unless nobody has one, which is
 * allowed on loopback only; what is asked at once is bounded; an error has the code and shape that a viam-server
 * gives; what is not served is UNIMPLEMENTED with its content type, so that every client falls back as it should.
 */
import { Code, ConnectError } from '@connectrpc/connect';
import type { WallMilliseconds } from '@sluice/common/clock';
import { Gate, GrpcServer, type MoreUsers, type User } from '@sluice/common/viam';
import { type Resources, servedResources } from './resource-services';
import { type Machine, servedRobot } from './robot-service';

export interface ViamServerOptions {
  host: string;
  port: number;
  /** PEM. Required when `host` is not loopback. */
  tls?: { certificate: string; key: string } | undefined;
  /** Who may call, as the configuration says now; nobody listed: everybody. */
  users(): readonly User[];
  /** Those that the program knows beside them. */
  more?: MoreUsers | undefined;
  resources: Resources;
  machine: Machine;
  wall(): WallMilliseconds;
}

/** Milliseconds that a token is good for: a year, since no client of Viam's asks for another before it must. */
const lifetime = 365 * 86_400_000;

/** @throws when the port is taken, or everybody on the network could call without a key */
export function startViamServer(options: ViamServerOptions): Promise<GrpcServer> {
  const { host, port, tls, users, more, wall, resources, machine } = options;
  const gate = new Gate({ users, more, wall, lifetime, permit });
  const services = [servedRobot(machine), ...servedResources(resources)];
  return GrpcServer.start({ host, port, tls, gate, services });
}

/** Methods that change nothing, by the first words of their names. */
const asks =
  /^(Get|Is[A-Z]|Read|List|Resource(Names|RPC)|PWM(Frequency)?$|Status$|Next|Render|CaptureAll|Stream|ServerReflection)/;

/** @throws ConnectError when somebody who may only ask would change something */
export function permit({ readOnly }: User, method: string): void {
  if (readOnly && !asks.test(method))
    throw new ConnectError(
      `${method} changes something: that takes an operator's key`,
      Code.PermissionDenied,
    );
}
