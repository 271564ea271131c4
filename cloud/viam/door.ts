/** Viam's door of the cloud: what machines and Viam's clients call, on one port. */
import { type Access, checkAccess } from '@sluice/common/access';
import { Gate, GrpcServer, type Served } from '@sluice/common/viam';
import type { Logger } from 'pino';
import { callers } from './caller';
import { type DataSyncOptions, servedDataSync } from './data-sync/service';
import { MachineLog } from './machine-log';
import type { Machines } from './machines/machines';
import { type RobotServiceOptions, servedAppRobot } from './robot-service';
import { servedSignaling } from './signaling';

export interface ViamDoorOptions extends Omit<DataSyncOptions, 'machines'> {
  port: number;
  access: Access;
  machines: Machines;
  log: Logger;
  audit(refusal: object): void;
  certificate?: RobotServiceOptions['certificate'];
  /** Beside those of machines. */
  services?: readonly Served[];
}

/**
 * Milliseconds that a token is good for: a year, since the clients of Viam's machines ask for another at a restart only.
 * It ends at once with the key or the machine that it is of.
 */
const lifetime = 365 * 86_400_000;
/** Calls under way at once: a machine holds two, waiting. */
const callsAtOnce = 1_024;
/** A machine has up to three. */
const connectionsAtOnce = 2_048;

export class ViamDoor {
  readonly #server: GrpcServer;
  readonly #ended: AbortController;

  private constructor(server: GrpcServer, ended: AbortController) {
    this.#server = server;
    this.#ended = ended;
  }

  /** @throws when the port is taken, or the door would be open to others without a proof */
  static async open(options: ViamDoorOptions): Promise<ViamDoor> {
    const { port, access, machines, log, audit, now, certificate, services = [] } = options;
    checkAccess(access);
    const gate = new Gate({
      users: () => [],
      more: callers(access, machines),
      wall: now,
      lifetime,
      refused: (entity, type) =>
        audit({ door: 'viam', refused: 'authenticate', entity: entity.slice(0, 64), type }),
    });
    const ended = new AbortController();
    const server = await GrpcServer.start({
      host: access.host,
      port,
      tls: access.tls,
      insecure: access.insecure,
      gate,
      callsAtOnce,
      connectionsAtOnce,
      services: [
        servedDataSync(options),
        servedAppRobot({ machines, log: new MachineLog(log, now), certificate }),
        servedSignaling(ended.signal),
        ...services,
      ],
    });
    return new ViamDoor(server, ended);
  }

  get port(): number {
    return this.#server.port;
  }

  renew(tls: NonNullable<Access['tls']>): void {
    this.#server.renew(tls);
  }

  close(): Promise<void> {
    this.#ended.abort();
    return this.#server.close();
  }
}
