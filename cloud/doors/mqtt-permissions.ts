/**
 * Who may publish and hear what over MQTT. `pipeline/<app_id>/…` and `live/<app_id>/…` belong to their project, every
 * other topic to the project that its first level names. Subscribing is free to whoever may read: of a wildcard one
 * hears what one may hear.
 */
import { type Access, type Principal, prove } from '@sluice/common/access';
import type { Client } from 'aedes';

const projectTopics = new Set(['pipeline', 'live']);

/** The project that a topic belongs to. */
export function projectOf(topic: string): string {
  const [first = '', second = ''] = topic.split('/', 2);
  return projectTopics.has(first) ? second : first;
}

export class MqttPermissions {
  readonly #clients = new WeakMap<Client, Principal>();
  readonly #access: Access;

  constructor(access: Access) {
    this.#access = access;
  }

  /** The user name is that of the user, or left out; the password is its key. */
  admit(client: Client, name: string | undefined, key: string | undefined): boolean {
    const principal = prove(this.#access, key, name);
    if (principal !== undefined) this.#clients.set(client, principal);
    return principal !== undefined;
  }

  mayPublish(client: Client, topic: string): boolean {
    return this.#principal(client)?.mayWrite(projectOf(topic)) ?? false;
  }

  /** Whoever may read nothing subscribes to nothing. */
  maySubscribe(client: Client): boolean {
    return this.#principal(client)?.has('read') ?? false;
  }

  mayHear(client: Client, topic: string): boolean {
    return this.#principal(client)?.mayRead(projectOf(topic)) ?? false;
  }

  /** Who it is now: a user may have been revoked, or the first one added, since it connected. */
  #principal(client: Client): Principal | undefined {
    const known = this.#clients.get(client);
    const { users } = this.#access;
    return known === undefined || !users?.configured ? known : users.current(known);
  }
}
