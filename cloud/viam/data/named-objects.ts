/** Objects that a caller names, by the ids that Viam has for binary data. */
import { Code, ConnectError } from '@connectrpc/connect';
import type { ObjectEntry, ObjectKey } from '../../stores/objects/object-entry';
import type { ObjectIndex } from '../../stores/objects/object-index';
import { binaryDataId } from '../data-sync/binaries';
import { invalid } from './errors';

/** The older form of an id. */
export interface BinaryId {
  file_id?: string;
  organization_id?: string;
}

export interface IdsRequest {
  binary_data_ids?: string[];
  binary_ids?: BinaryId[];
}

const mostIds = 1_000;

/** @param may whether the caller may have objects of a project @throws ConnectError that names what there is not, for them */
export function entriesOf(
  index: ObjectIndex,
  { binary_data_ids = [], binary_ids = [] }: IdsRequest,
  may: (appId: string) => boolean,
): ObjectEntry[] {
  return keysOf([...binary_data_ids, ...binary_ids.map(({ file_id = '' }) => file_id)]).map((key) => {
    const entry = may(key.appId) ? index.get(key) : undefined;
    if (entry === undefined)
      throw new ConnectError(`binary_data_ids: there is no ${binaryDataId(key)}`, Code.NotFound);
    return entry;
  });
}

/** @throws ConnectError */
function keysOf(ids: readonly string[]): ObjectKey[] {
  if (ids.length === 0) throw invalid('binary_data_ids', 'is empty');
  if (ids.length > mostIds) throw invalid('binary_data_ids', `are ${ids.length}, of at most ${mostIds}`);
  return ids.map((id, index) => {
    const [appId, devId, name, ...more] = id.split('/');
    if (!appId || !devId || !name || more.length > 0) throw invalid(`binary_data_ids[${index}]`, 'is no id');
    return { appId, devId, name };
  });
}
