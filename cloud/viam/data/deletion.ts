/** `DeleteTabularData`: readings that are older than so many days, or all. */
import { Code, ConnectError } from '@connectrpc/connect';
import type { Principal } from '@sluice/common/access';
import type { Capture } from '../../query/capture';
import { invalid } from './errors';
import { type Filter, matcherOf } from './filter';
import type { Tabular } from './tabular';

/** Removes readings for good. */
export interface Deletion {
  /** @param before wall ms: what was captured earlier goes */
  removeReadings(captures: readonly Capture[], before: number): Promise<void>;
}

interface DeleteRequest {
  organization_id?: string;
  delete_older_than_days?: number;
  filter?: Filter;
}

const day = 86_400_000;
const hour = 3_600_000;

export async function deleteTabular(
  { tabular, deletion, now }: { tabular: Tabular; deletion: Deletion; now(): number },
  { organization_id: appId, delete_older_than_days: days = 0, filter = {} }: DeleteRequest,
  caller: Principal,
): Promise<object> {
  if (!appId) throw invalid('organization_id', 'is required');
  if (days < 0) throw invalid('delete_older_than_days', 'is less than 0');
  if (!caller.mayWrite(appId))
    throw new ConnectError(`${appId} is no organization of '${caller.name}'`, Code.PermissionDenied);
  const matches = matcherOf(filter);
  // Rollups are of whole hours at most: of an hour, all or nothing goes. A device's clock may be ahead of this one.
  const to =
    days === 0
      ? Math.max(now(), await tabular.latestTime({ appId, matches })) + 1
      : Math.floor((now() - days * day) / hour) * hour;
  let captures: readonly Capture[] = [];
  const deleted = await tabular.count(
    { appId, to, matches },
    () => true,
    (found) => {
      captures = found;
    },
  );
  if (deleted > 0) await deletion.removeReadings(captures, to);
  return { deletedCount: BigInt(deleted) };
}
