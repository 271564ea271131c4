/** Who may what: one table, from which every door decides, and which `docs/reference/access.md` shows. */

/**
 * `write`: hand over messages and blocks of one's own projects. `read`: ask for data, subscribe. `view`: the page, and
 * what only it shows. `operate`: what changes something for others: sync, dead letters, deletion, resources.
 */
export type Right = 'write' | 'read' | 'view' | 'operate';

export const roles = ['device', 'service', 'viewer', 'operator'] as const;
export type Role = (typeof roles)[number];

export const rightsOf: Readonly<Record<Role, readonly Right[]>> = {
  /** A board or a gateway: it delivers, and learns nothing. */
  device: ['write'],
  /** A program: Telegraf, Grafana, a script. */
  service: ['write', 'read'],
  /** A person who looks. */
  viewer: ['read', 'view'],
  /** A person who runs the place. */
  operator: ['write', 'read', 'view', 'operate'],
};
