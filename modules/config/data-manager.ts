/** The data manager service: every attribute of the specification, viam-server's and the micro-server's. */

import type { Attributes } from './attributes';
import type { JsonValue } from './json';
import type { DutyPlan } from './plan';

export const defaultSyncIntervalMins = 0.1;
export const defaultCacheSizeKb = 1;
/** Minutes: a year. */
const maximumSyncIntervalMins = 525_600;
const maximumCacheSizeKb = 1_000_000;
/** Bytes. More fits beside the program on no chip (`memory-costs`). */
export const maximumRamHead = 32_000;
/** Share of a ring above which a radio that sleeps is woken. */
const defaultRadioShare = 0.7;
/** ms between two syncs below which a radio would hardly ever sleep: joining and delivering take some seconds. */
const leastDutyInterval = 30_000;
const maximumTags = 32;
const maximumTagLength = 64;

/** What a device acts on. */
export interface CaptureSettings {
  captureDisabled: boolean;
  syncDisabled: boolean;
  /** ms */
  syncInterval: number;
  tags: string[];
  cacheSizeKb: number;
  retainUnsynced: boolean;
  /** Bytes. */
  headBytes?: number;
  duty?: DutyPlan;
}

/** What a main part acts on, beside that. An absent one has the specification's default, which its reader applies. */
export interface MainSettings {
  captureDir?: string;
  additionalSyncPaths: string[];
  deleteDataOnPartDeletion: boolean;
  deleteEveryNthWhenDiskFull?: number;
  maximumNumSyncThreads?: number;
  maximumCaptureFileSizeBytes?: number;
  fileLastModifiedMillis?: number;
  diskUsageDeletionThreshold?: number;
  captureDirDeletionThreshold?: number;
  mongo?: { uri: string; database: string; collection: string };
  /** Name of a sensor. */
  selectiveSyncer?: string;
}

export function defaultCaptureSettings(): CaptureSettings {
  return {
    captureDisabled: false,
    syncDisabled: false,
    syncInterval: defaultSyncIntervalMins * 60_000,
    tags: [],
    cacheSizeKb: defaultCacheSizeKb,
    retainUnsynced: false,
  };
}

/** @param headRoom bytes that the RAM head may have: with more than the chip's memory holds a device would not start */
export function readCaptureSettings(attributes: Attributes, headRoom = maximumRamHead): CaptureSettings {
  const settings = defaultCaptureSettings();
  settings.captureDisabled = attributes.boolean('capture_disabled') ?? false;
  settings.syncDisabled = attributes.boolean('sync_disabled') ?? false;
  const minutes = attributes.number('sync_interval_mins', {
    minimum: 0,
    maximum: maximumSyncIntervalMins,
  });
  // 0 is what an unset field comes as.
  if (minutes) settings.syncInterval = Math.max(1, Math.round(minutes * 60_000));
  settings.tags = readTags(attributes);
  settings.cacheSizeKb = readCacheSize(attributes) ?? defaultCacheSizeKb;
  settings.retainUnsynced = attributes.boolean('retain_unsynced') ?? false;
  const duty = readDuty(attributes, settings.syncInterval);
  if (duty !== undefined) settings.duty = duty;
  const head = attributes.number('ram_head_kb', { minimum: 0 });
  if (head !== undefined && head * 1000 > headRoom)
    attributes.error(
      'out-of-range',
      'ram_head_kb',
      `the memory has room for ${headRoom / 1000}, not ${head}`,
    );
  else if (head !== undefined) settings.headBytes = Math.round(head * 1000);
  return settings;
}

/** `radio` and `radio_share`, both ours; undefined: the radio stays on. */
function readDuty(attributes: Attributes, interval: number): DutyPlan | undefined {
  const radio = attributes.string('radio');
  const share = attributes.number('radio_share', { minimum: 0.05, maximum: 1 });
  if (radio === undefined || radio === '' || radio === 'on') return undefined;
  if (radio !== 'duty') return attributes.error('out-of-range', 'radio', 'must be "on" or "duty"');
  if (interval < leastDutyInterval) {
    const least = leastDutyInterval / 60_000;
    attributes.warn('out-of-range', 'radio', `stays on: sync_interval_mins is below ${least}`);
    return undefined;
  }
  return { share: share ?? defaultRadioShare };
}

/** `cache_size_kb` of a service or a method; undefined when absent or wrong. */
export function readCacheSize(attributes: Attributes): number | undefined {
  const size = attributes.number('cache_size_kb', { minimum: 0, maximum: maximumCacheSizeKb });
  if (size === undefined || size >= 1) return size;
  return attributes.error('cache-too-small', 'cache_size_kb', `must be at least 1 KB, not ${size}`);
}

/** `tags` of a service or a method: letters, digits, underscores and dashes. Wrong ones are reported and left out. */
export function readTags(attributes: Attributes): string[] {
  const tags: string[] = [];
  attributes.strings('tags').forEach((tag, index) => {
    const name = `tags[${index}]`;
    if (!isTag(tag))
      attributes.error('bad-tag', name, 'may have letters, digits, underscores and dashes, 64 at most');
    else if (tags.length >= maximumTags) attributes.error('too-many', name, `more than ${maximumTags} tags`);
    else if (!tags.includes(tag)) tags.push(tag);
  });
  return tags;
}

function isTag(text: string): boolean {
  if (text.length === 0 || text.length > maximumTagLength) return false;
  for (const character of text) {
    const letter = (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z');
    if (!letter && !(character >= '0' && character <= '9') && character !== '_' && character !== '-')
      return false;
  }
  return true;
}

export function readMainSettings(attributes: Attributes): MainSettings {
  const positive = { minimum: 0, whole: true };
  const share = { minimum: 0, maximum: 1 };
  const mongo = attributes.group('mongo_capture_config');
  const uri = mongo?.string('uri');
  const settings: MainSettings = {
    captureDir: attributes.string('capture_dir') || undefined,
    additionalSyncPaths: attributes.strings('additional_sync_paths'),
    deleteDataOnPartDeletion: attributes.boolean('delete_data_on_part_deletion') ?? false,
    // 0 is what an unset field comes as.
    deleteEveryNthWhenDiskFull: attributes.number('delete_every_nth_when_disk_full', positive) || undefined,
    maximumNumSyncThreads: attributes.number('maximum_num_sync_threads', positive) || undefined,
    maximumCaptureFileSizeBytes: attributes.number('maximum_capture_file_size_bytes', positive) || undefined,
    fileLastModifiedMillis: attributes.number('file_last_modified_millis', positive) || undefined,
    diskUsageDeletionThreshold: attributes.number('disk_usage_deletion_threshold', share) || undefined,
    captureDirDeletionThreshold: attributes.number('capture_dir_deletion_threshold', share) || undefined,
  };
  const selectiveSyncer = attributes.string('selective_syncer_name');
  if (selectiveSyncer) settings.selectiveSyncer = selectiveSyncer;
  if (mongo && uri) {
    const database = mongo.string('database') || 'sensorData';
    const collection = mongo.string('collection') || 'readings';
    settings.mongo = { uri, database, collection };
  }
  mongo?.raw('database');
  mongo?.raw('collection');
  mongo?.finish();
  return settings;
}

/** On a device: what it cannot act on is named, unless it is empty or off and so asks for nothing. */
export function warnOfMainSettings(attributes: Attributes): void {
  for (const name of mainAttributes) {
    const value = attributes.raw(name);
    const asksForNothing = !value || isEmpty(value);
    if (!asksForNothing)
      attributes.warn('not-for-this-device', name, mainReasons[name] ?? 'acts on the main part only');
  }
}

function isEmpty(value: JsonValue): boolean {
  if (value.kind === 'array') return value.elements().length === 0;
  return value.kind !== 'object' && ['', '0', 'false'].includes(value.string());
}

const mainAttributes: readonly string[] = Object.freeze(
  [
    'capture_dir',
    'additional_sync_paths',
    'delete_data_on_part_deletion',
    'delete_every_nth_when_disk_full',
    'maximum_num_sync_threads',
    'maximum_capture_file_size_bytes',
    'file_last_modified_millis',
    'disk_usage_deletion_threshold',
    'capture_dir_deletion_threshold',
    'mongo_capture_config',
    'selective_syncer_name',
  ],
  true,
);

const mainReasons: Readonly<Record<string, string>> = Object.freeze<Record<string, string>>(
  {
    capture_dir: 'a device captures to its flash partition, not to a directory',
    additional_sync_paths: 'a device has no directories to sync',
    delete_data_on_part_deletion: 'is for the cloud to enforce',
    mongo_capture_config: 'only the main part writes to MongoDB',
  },
  true,
);

export function isDataManager(api: string): boolean {
  return api === 'rdk:service:data_manager';
}
