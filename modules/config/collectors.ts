/** `service_configs` of type data_manager: from their capture methods to collector plans. */

import type { Attributes, Objects } from './attributes';
import { type CaptureSettings, isDataManager, readCacheSize, readTags } from './data-manager';
import { readFrequency } from './frequency';
import { findMethod, isGatewayOnly, isParameter, methodsOf } from './methods';
import { type CollectorPlan, identityKey, type Owner, type RetentionPolicy, resourceName } from './plan';
import { quoted } from './problems';
import { readApi, splitResourceName } from './resource-name';

/** A resource that can be captured, by what a capture method may call it. */
export interface Target {
  api: string;
  name: string;
}

export interface CollectorContext {
  owner: Owner;
  settings: CaptureSettings;
  /** Which resource an entry's own `name` means; undefined when there is none, null when only the part can know. */
  find(name: string): Target | undefined | null;
  /** Cameras and vision services are captured here. */
  gateway: boolean;
  /** Keys of the identities planned so far. */
  planned: Set<string>;
  /** The last plan made. */
  last?: CollectorPlan;
}

/** More on one part would not fit its memory. */
export const MAXIMUM_COLLECTORS = 64;
const MAXIMUM_PARAMETERS = 8;
const MAXIMUM_PARAMETER_LENGTH = 128;

/**
 * The plans of one list of `service_configs`. `subject` is the resource that has the list; without it each capture
 * method names its resource, as in a main's `remotes[]`.
 */
export function readServiceConfigs(
  services: Objects,
  subject: Target | undefined,
  context: CollectorContext,
): CollectorPlan[] {
  const plans: CollectorPlan[] = [];
  for (let service = services.next(); service; service = services.next()) {
    const api = readApi(service, 'service');
    if (api === undefined) continue;
    if (!isDataManager(api)) {
      service.warn('not-for-this-device', 'type', `${quoted(api)} is not the data manager: left alone`);
      continue;
    }
    const attributes = service.group('attributes');
    service.finish();
    if (!attributes) continue;
    const retention = readRetention(attributes);
    const methods = attributes.objects('capture_methods');
    for (let entry = methods.next(); entry; entry = methods.next()) {
      const plan = readCaptureMethod(entry, subject, retention, context);
      if (plan) plans.push(plan);
    }
    attributes.finish();
  }
  return plans;
}

function readCaptureMethod(
  entry: Attributes,
  subject: Target | undefined,
  retention: RetentionPolicy | undefined,
  context: CollectorContext,
): CollectorPlan | undefined {
  if (entry.boolean('disabled')) return undefined;
  const target = readTarget(entry, subject, context);
  const method = entry.requiredString('method');
  const frequency = readCaptureFrequency(entry);
  const cacheSizeKb = readCacheSize(entry);
  const parameters = readParameters(entry, context.gateway);
  const ownRetention = readRetention(entry);
  const tags = readTags(entry);
  // viam-server's: a ring is a queue and a buffer in one.
  entry.raw('capture_queue_size');
  entry.raw('capture_buffer_size');
  entry.finish();
  if (!target || method === undefined || !frequency || !parameters) return undefined;
  if (entry.has('cache_size_kb') && cacheSizeKb === undefined) return undefined;
  if (!checkMethod(entry, target.api, method, parameters, context)) return undefined;

  const identity = {
    owner: context.owner,
    resource: resourceName(target.api, target.name),
    method,
    parameters,
  };
  const key = identityKey(identity);
  if (context.planned.has(key))
    return entry.error(
      'duplicate-collector',
      'method',
      `${method} of ${target.name} is already captured by an entry before this`,
    );
  if (context.planned.size >= MAXIMUM_COLLECTORS && !context.gateway)
    return entry.error('too-many', 'method', `more than ${MAXIMUM_COLLECTORS} collectors on one part`);
  context.planned.add(key);

  // Collectors mostly have these in common: one object for all that are alike, as a device keeps them.
  const before = context.last;
  if (before?.identity.resource === identity.resource) identity.resource = before.identity.resource;
  const same =
    before?.frequency.numerator === frequency.numerator &&
    before.frequency.denominator === frequency.denominator;
  const quota = Math.round((cacheSizeKb ?? context.settings.cacheSizeKb) * 1000);
  const plan: CollectorPlan = {
    identity,
    frequency: same ? before.frequency : frequency,
    quota,
    target: Math.max(200, Math.min(512, Math.floor(quota / 4))),
    tags: tags.length === 0 ? context.settings.tags : joined(context.settings.tags, tags),
    ...((ownRetention ?? retention) && { retention: ownRetention ?? retention }),
    path: entry.path,
  };
  context.last = plan;
  return plan;
}

function joined(common: string[], own: string[]): string[] {
  return [...common, ...own.filter((tag) => !common.includes(tag))];
}

function readTarget(
  entry: Attributes,
  subject: Target | undefined,
  context: CollectorContext,
): Target | undefined {
  const name = entry.string('name');
  if (subject) {
    if (name && splitResourceName(name).name !== subject.name)
      entry.warn(
        'unknown-attribute',
        'name',
        `this entry captures ${quoted(subject.name)}, to which it belongs`,
      );
    return subject;
  }
  if (!name)
    return entry.error(
      'missing-attribute',
      'name',
      'is required: which resource, as "rdk:component:board/my-esp32"',
    );
  const target = context.find(name);
  if (target === null) return undefined;
  return target ?? entry.error('unknown-resource', 'name', `the part has no resource ${quoted(name)}`);
}

function readCaptureFrequency(entry: Attributes) {
  const name = 'capture_frequency_hz';
  if (!entry.has(name)) return entry.error('missing-attribute', name, 'is required');
  const reading = readFrequency(entry.raw(name));
  if (reading.error !== undefined) return entry.error('bad-frequency', name, reading.error);
  if (reading.rounded) {
    const { numerator, denominator } = reading.frequency;
    entry.warn('frequency-rounded', name, `is taken as ${numerator}/${denominator} Hz`);
  }
  return reading.frequency;
}

function readParameters(entry: Attributes, gateway: boolean): Record<string, string> | undefined {
  const group = entry.group('additional_params');
  if (!group) return entry.has('additional_params') ? undefined : {};
  const parameters: Record<string, string> = {};
  for (const name of group.names()) {
    // A name becomes a property, which XS never forgets: a device has only those that its methods know.
    if (!gateway && !isParameter(name)) {
      group.warn('unknown-attribute', name, 'is no parameter of a capture method on the device');
      continue;
    }
    const text = group.raw(name)?.string() ?? '';
    if (Object.keys(parameters).length >= MAXIMUM_PARAMETERS)
      return entry.error('too-many', 'additional_params', `more than ${MAXIMUM_PARAMETERS} parameters`);
    if (name.length > MAXIMUM_PARAMETER_LENGTH || text.length > MAXIMUM_PARAMETER_LENGTH)
      return group.error(
        'out-of-range',
        name,
        `names and values have at most ${MAXIMUM_PARAMETER_LENGTH} characters`,
      );
    if (name in parameters) return group.error('unknown-attribute', name, 'is not a name for a parameter');
    parameters[name] = text;
  }
  return parameters;
}

function checkMethod(
  entry: Attributes,
  api: string,
  method: string,
  parameters: Record<string, string>,
  context: CollectorContext,
): boolean {
  const row = findMethod(api, method);
  if (!row) {
    const known = methodsOf(api);
    if (known.length > 0)
      entry.error('unknown-method', 'method', `${quoted(method)} is not one of ${known.join(', ')}`);
    else entry.error('unknown-api', 'method', `nothing can be captured from ${quoted(api)}`);
    return false;
  }
  if (isGatewayOnly(api) && !context.gateway) {
    entry.error('gateway-only', 'method', `${method} is captured by the main part, not on the device`);
    return false;
  }
  for (const name of row.parameters) {
    if (parameters[name]) continue;
    entry.error('missing-parameter', `additional_params.${name}`, `is required by ${method}`);
    return false;
  }
  return true;
}

/** `retention_policy`: of a capture method, or for all of a resource's; undefined when absent or empty. */
export function readRetention(attributes: Attributes): RetentionPolicy | undefined {
  const group = attributes.group('retention_policy');
  if (!group) return undefined;
  const bounds = { minimum: 0, maximum: 1_000_000, whole: true };
  const retention: RetentionPolicy = {};
  const days = group.number('days', bounds);
  const binary = group.number('binary_limit_gb', bounds);
  const tabular = group.number('tabular_limit_gb', bounds);
  group.finish();
  // 0 is what an unset field comes as.
  if (days) retention.days = days;
  if (binary) retention.binaryLimitGb = binary;
  if (tabular) retention.tabularLimitGb = tabular;
  return Object.keys(retention).length > 0 ? retention : undefined;
}
