/**
 * Who may use a door. On loopback it is open while no user is configured; on any other address it needs users, and TLS
 * unless plain text was asked for.
 */
import { isLoopback } from '../../proto/loopback';
import { anybody, type Principal } from './principal';
import type { Users } from './users';

export interface Access {
  /** Address to bind to. */
  host: string;
  users?: Users;
  /** Certificate and key in PEM: the door then speaks TLS only. */
  tls?: { certificate: string; key: string };
  /** Plain text beyond loopback was asked for. */
  insecure?: boolean;
}

/** @throws Error when a door would be open to others without a proof, or in plain text unasked */
export function checkAccess({ host, users, tls, insecure }: Access): void {
  if (isLoopback(host)) return;
  if (!users?.configured)
    throw new Error(
      `no user is configured, so only loopback is listened on, not ${host}: add one with 'sluice cloud user add'`,
    );
  if (!tls && !insecure)
    throw new Error(`TLS is needed to listen on ${host}, or 'insecure' to say that plain text is meant`);
}

/** Who comes with this key; undefined when nobody does. */
export function prove({ users }: Access, key: string | undefined, name?: string): Principal | undefined {
  if (!users?.configured) return anybody;
  return key === undefined ? undefined : users.prove(key, name);
}
