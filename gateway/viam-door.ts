/** Viam's API as this gateway opens it: by its configuration's users, with its authority's certificate. */
import { createHash } from 'node:crypto';
import type { Users } from '@sluice/common/access';
import { systemClock } from '@sluice/common/clock';
import { asError } from '@sluice/common/errors';
import { openAuthority } from '@sluice/common/tls';
import type { GrpcServer, MoreUsers, User } from '@sluice/common/viam';
import type { Logger } from 'pino';
import type { ResourceGraph } from './resources/resource-graph';
import { startViamServer } from './viam/server';
import { usersOf } from './viam/users';

export interface ViamDoorOptions {
  configuration: string;
  /** Holds the certificate authority. */
  directory: string;
  viam: { host: string; port: number; users?: Users };
  log: Logger;
}

export class ViamDoor {
  readonly #options: ViamDoorOptions;
  readonly #graph: ResourceGraph;
  #users: readonly User[];
  #state: { revision: string; since: number };
  #server: GrpcServer | undefined;

  /** @throws when the configuration's users cannot be read */
  constructor(options: ViamDoorOptions, graph: ResourceGraph) {
    this.#options = options;
    this.#graph = graph;
    this.#users = usersOf(options.configuration);
    this.#state = stateOf(options.configuration);
  }

  get port(): number {
    return this.#server!.port;
  }

  /** Users that cannot be read stay those that they were: nobody is let in or locked out by a mistake. */
  configure(configuration: string): void {
    try {
      this.#users = usersOf(configuration);
      this.#state = stateOf(configuration);
    } catch (error) {
      this.#options.log.error({ error: asError(error).message }, 'the users stay as they were');
    }
  }

  async open(): Promise<GrpcServer> {
    const { directory, viam } = this.#options;
    const { host, port, users } = viam;
    this.#server = await startViamServer({
      host,
      port,
      tls: await openAuthority(directory),
      users: () => this.#users,
      more: users && moreUsers(users),
      resources: this.#graph,
      machine: {
        names: () => this.#graph.names(),
        state: () => this.#state,
        version: '0.1.0',
      },
      wall: () => systemClock.wall(),
    });
    return this.#server;
  }

  renew(tls: { certificate: string; key: string }): void {
    this.#server?.renew(tls);
  }
}

/** Whoever may read is let in; only operators change anything. */
function moreUsers(users: Users): MoreUsers {
  return {
    get configured() {
      return users.configured;
    },
    find: (entity) =>
      users.credentials('read', entity).map(({ principal, secret, fits }) => ({
        type: 'api-key',
        entity,
        payload: secret,
        fits,
        readOnly: !principal.has('operate'),
      })),
  };
}

function stateOf(configuration: string): { revision: string; since: number } {
  const revision = createHash('sha256').update(configuration).digest('hex').slice(0, 16);
  return { revision, since: systemClock.wall() };
}
