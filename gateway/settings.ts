/** What the machine's plan means for the gateway's parts, with the defaults that are the gateway's to know. */
import { cpus, homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { Logger } from 'pino';
import { largestCaptureFile } from '../modules/block/file';
import type { MachinePlan, RemotePlan } from '../modules/config/machine';
import type { DataManagerSettings } from './data-manager/data-manager';
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

/** Absolute; `capture_dir: ""` means the default (specification, "capture_dir"). */
export function captureDirectory({ dataManager }: MachinePlan): string {
  return resolve(dataManager.captureDir ?? join(homedir(), '.viam', 'capture'));
}

export function dataManagerSettings(plan: MachinePlan, log: Logger): DataManagerSettings {
  const maximumFileBytes = captureFileBytes(plan, log);
  const { additionalSyncPaths, fileLastModifiedMillis, tags, mongo, selectiveSyncer } = plan.dataManager;
  return {
    sync: syncSettings(plan),
    disk: diskSettings(plan),
    additionalPaths: {
      paths: additionalSyncPaths,
      untouchedFor: fileLastModifiedMillis ?? 10_000,
      tags,
    },
    ...(mongo !== undefined && { mongo }),
    ...(selectiveSyncer !== undefined && { selectiveSyncer }),
    ...(maximumFileBytes !== undefined && { maximumFileBytes }),
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

/** Logs what is wrong with a configuration. */
export function report(plan: MachinePlan, log: Logger): void {
  for (const { severity, code, path, message } of plan.problems) {
    log[severity === 'error' ? 'error' : 'warn']({ code, path }, `configuration: ${message}`);
  }
}
