/** Who calls at Viam's door: a machine by its secret, or a user by an API key. */

import type { HandlerContext } from '@connectrpc/connect';
import {
  type Access,
  anybody,
  type Credential,
  isKey,
  type Principal,
  principalOf as principalOfMembership,
} from '@sluice/common/access';
import { callerOf, type MoreUsers, type User } from '@sluice/common/viam';
import type { Machines } from './machines/machines';

interface Caller extends User {
  principal: Principal;
  /** Of a machine, by its own secret. */
  machine?: string;
}

/** What services need of a call. */
export type CallContext = Pick<HandlerContext, 'values'>;

/** Everybody, on loopback, while there is neither a user nor a machine. */
export function principalOf(context: CallContext): Principal {
  return (callerOf(context) as Caller | undefined)?.principal ?? anybody;
}

/** The machine that calls by its own secret. */
export function machineOf(context: CallContext): string | undefined {
  return (callerOf(context) as Caller | undefined)?.machine;
}

/** Users and machines, as the gate asks for them. */
export function callers({ users }: Access, machines: Machines): MoreUsers {
  return {
    get configured() {
      return Boolean(users?.configured) || machines.configured;
    },
    find: (entity) => [
      ...(users ? credentialsOf(users, entity).map((each) => userOf(entity, each)) : []),
      ...machineCallers(entity, machines),
    ],
  };
}

function credentialsOf(users: NonNullable<Access['users']>, entity: string): Credential[] {
  const found = new Map<string, Credential>();
  for (const right of ['write', 'read'] as const)
    for (const credential of users.credentials(right, entity)) found.set(credential.keyId, credential);
  return [...found.values()];
}

function userOf(entity: string, { principal, secret, fits }: Credential): Caller {
  return { type: 'api-key', entity, payload: secret, fits, principal };
}

function machineCallers(entity: string, machines: Machines): Caller[] {
  const machine = machines.get(entity);
  if (machine === undefined) return [];
  const { id, project, secret } = machine;
  const principal = principalOfMembership({ name: id, role: 'device', projects: [project] }, () => false);
  return [
    {
      type: 'robot-secret',
      entity,
      payload: secret.hash,
      fits: (shown) => isKey(shown, secret),
      principal,
      machine: id,
    },
  ];
}
