/** Somebody who has proved who it is, and what it may do. */
import { type Right, type Role, rightsOf } from './roles';

export interface Principal {
  readonly name: string;
  readonly role: Role;
  /** That it belongs to; `*` stands for all of them. */
  readonly projects: readonly string[];
  has(right: Right): boolean;
  /** Whether it hands over data of this project (`app_id`). */
  mayWrite(appId: string): boolean;
  /** Whether it is told anything of this project. Data is shared, unless the project is private. */
  mayRead(appId: string): boolean;
}

/** Everybody on loopback while no user is configured. */
export const anybody: Principal = {
  name: 'anybody',
  role: 'operator',
  projects: ['*'],
  has: () => true,
  mayWrite: () => true,
  mayRead: () => true,
};

export interface Membership {
  name: string;
  role: Role;
  /** Its projects; `*` stands for all of them. */
  projects: readonly string[];
}

export function principalOf(
  { name, role, projects }: Membership,
  isPrivate: (appId: string) => boolean,
): Principal {
  const rights = rightsOf[role];
  const isMember = (appId: string) => projects.includes(appId) || projects.includes('*');
  return {
    name,
    role,
    projects,
    has: (right) => rights.includes(right),
    mayWrite: (appId) => rights.includes('write') && isMember(appId),
    mayRead: (appId) => rights.includes('read') && (!isPrivate(appId) || isMember(appId)),
  };
}
