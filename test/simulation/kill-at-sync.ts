/** A gateway that dies where somebody waits for its commit. */
import type { StrictDisk } from '../../common/storage/strict-disk';

/**
 * @param before it is killed before the next sync, or with the operation right after it
 * @param kill returns false where nothing is to die any more
 */
export function killAtSync(disk: StrictDisk, before: boolean, kill: () => boolean): void {
  const { pause } = disk;
  let isSynced = false;
  disk.pause = (operation) => {
    const isNow = before ? operation.kind === 'sync' : isSynced;
    isSynced ||= operation.kind === 'sync';
    return isNow && kill() ? undefined : pause?.(operation);
  };
}
