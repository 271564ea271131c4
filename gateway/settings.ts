/** What the machine's plan means for the gateway's parts, with the defaults that are the gateway's to know. */
import { cpus } from 'node:os';
import type { Logger } from 'pino';
import { largestCaptureFile } from '../modules/block/file';
import type { MachinePlan, RemotePlan } from '../modules/config/machine';
import type { DiskGuardSettings } from './disk-guard';
import type { SyncSettings } from './sync/destination-sync';

/** The remote that a part of this name belongs to. */
export function remoteOf({ remotes }: MachinePlan, part: string): RemotePlan | undefined {
  return (
    remotes.find(({ name }) => name === part) ?? remotes.find(({ partNames }) => partNames.includes(part))
  );
}

export function syncSettings({ dataManager }: MachinePlan): SyncSettings {
  const { syncDisabled, syncInterval, maximumNumSyncThreads } = dataManager;
  // The peer's default is half the processors, which is none on a machine with one.
  const threads = Math.max(1, maximumNumSyncThreads ?? Math.floor(cpus().length / 2));
  return { disabled: syncDisabled, interval: syncInterval, threads };
}

export function diskSettings({ dataManager }: MachinePlan): DiskGuardSettings {
  const {
    captureDisabled,
    diskUsageDeletionThreshold,
    captureDirDeletionThreshold,
    deleteEveryNthWhenDiskFull,
  } = dataManager;
  return {
    captureDisabled,
    diskThreshold: diskUsageDeletionThreshold,
    directoryThreshold: captureDirDeletionThreshold,
    everyNth: deleteEveryNthWhenDiskFull,
  };
}

/** Bytes of a capture file at most; undefined for the default. A larger one could never be uploaded. */
export function captureFileBytes({ dataManager }: MachinePlan, log: Logger): number | undefined {
  const { maximumCaptureFileSizeBytes: asked = 0 } = dataManager;
  if (asked <= largestCaptureFile) return asked || undefined;
  log.warn(
    { asked, taken: largestCaptureFile },
    'configuration: maximum_capture_file_size_bytes is more than the cloud takes',
  );
  return largestCaptureFile;
}

/** Attributes whose change a running gateway cannot follow: its open files are where they are. */
export function changedAtStartOnly({ dataManager: before }: MachinePlan, { dataManager: now }: MachinePlan) {
  const pairs = {
    capture_dir: [before.captureDir, now.captureDir],
    maximum_capture_file_size_bytes: [before.maximumCaptureFileSizeBytes, now.maximumCaptureFileSizeBytes],
  };
  return Object.entries(pairs).flatMap(([attribute, [old, current]]) => (old === current ? [] : [attribute]));
}

/** Logs what is wrong with a configuration, and what of it nothing here acts on. */
export function report(plan: MachinePlan, log: Logger): void {
  warnOfIdleAttributes(plan, log);
  for (const { severity, code, path, message } of plan.problems) {
    log[severity === 'error' ? 'error' : 'warn']({ code, path }, `configuration: ${message}`);
  }
}

/** Attributes of the specification that this gateway does not act on, so that nobody relies on them. */
function warnOfIdleAttributes({ dataManager }: MachinePlan, log: Logger): void {
  const { additionalSyncPaths, mongo, deleteDataOnPartDeletion } = dataManager;
  const idle = {
    additional_sync_paths: additionalSyncPaths.length > 0,
    mongo_capture_config: mongo !== undefined,
    delete_data_on_part_deletion: deleteDataOnPartDeletion,
  };
  for (const [attribute, asked] of Object.entries(idle)) {
    if (asked) log.warn({ attribute }, 'configuration: this version does not act on it');
  }
}
