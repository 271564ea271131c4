import { identityKey, type PartPlan } from '../../modules/config/plan';
import type { Findings } from './finding';

/** Names what the board's own configuration and the main's for it both ask for. @param board the file of the board */
export function twoOwners({ collectors, paths }: PartPlan, board: string, main: Findings): void {
  const own = new Map<string, string>();
  collectors.forEach(({ identity }, index) => {
    if (identity.owner === 'part') own.set(keyOf(identity), paths.at(index));
  });
  collectors.forEach(({ identity }, index) => {
    const other = identity.owner === 'main' ? own.get(keyOf(identity)) : undefined;
    if (other === undefined) return;
    const path = paths.at(index).replace(/^main:/, '');
    main.warn(
      'two-owners',
      path,
      `${board} captures the same at ${other}: both run, and each reading is stored and sent twice`,
    );
  });
}

function keyOf(identity: Parameters<typeof identityKey>[0]): string {
  const { resource, method, parameters } = identity;
  return identityKey({ owner: 'part', resource, method, parameters });
}
