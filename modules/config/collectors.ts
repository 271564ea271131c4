/** `service_configs` of type data_manager: from their capture methods to collector plans. */

import type { Attributes, Objects } from './attributes';
import { type CaptureSettings, isDataManager, readCacheSize, readTags } from './data-manager';
import { readFrequency } from './frequency';
import type { MemoryBudget } from './memory-budget';
import { type CaptureMethod, findMethod, methodsOf, parameterNames } from './methods';
import { numberOf } from './number';
import { Paths } from './paths';
import {
  type CollectorPlan,
  type CommonPlan,
  isSameFrequency,
  isSameIdentity,
  isSameList,
  isSameRecord,
  type Owner,
  type PartPlan,
  type RetentionPolicy,
  type Running,
  resourceName,
  SharedPlan,
} from './plan';
import { quoted } from './problems';
import { readApi, splitResourceName } from './resource-name';

/** A resource that can be captured, by what a capture method may call it. */
export interface Target {
  api: string;
  name: string;
  /** What it takes of the memory. */
  model?: string;
}

type Captured = Pick<PartPlan, 'collectors' | 'paths'>;

export interface CollectorOptions {
  owner: Owner;
  settings: CaptureSettings;
  /**
   * Which resource an entry's own `name` means; undefined when there is none, null when only the part can know. Left
   * out where all lists are of a resource.
   */
  find?(name: string): Target | undefined | null;
  /** Cameras and vision services are captured here. */
  gateway: boolean;
  /** A plan that comes out the same as one that runs is that one. */
  running?: Running | undefined;
  /** Where the plans go. */
  into: Captured;
  /** Of a device's memory: a collector that has no room is left out. */
  budget?: MemoryBudget | undefined;
}

/** More on one part would not fit its memory. */
export const maximumCollectors = 64;
/** On a main part. */
const maximumGatewayCollectors = 4_096;
const maximumParameters = 8;
const maximumParameterLength = 128;
/** Of a value on a main part: it may be a whole command. */
const maximumGatewayParameterLength = 1_024;

/** Takes one list of `service_configs` after the other; wrong entries are reported and left out. */
export class CollectorReader {
  plan: Captured;
  private readonly options: CollectorOptions;
  private last: CommonPlan | undefined;

  constructor(options: CollectorOptions) {
    this.options = options;
    this.plan = options.into;
  }

  /** Without `subject`, the resource that has the list, each capture method names its resource, as in a main's `remotes[]`. */
  read(services: Objects, subject?: Target): void {
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
      const list = attributes.at('capture_methods');
      const methods = attributes.objects('capture_methods');
      for (let entry = methods.next(); entry; entry = methods.next()) {
        if (this.options.budget?.isCrowded()) return;
        const plan = this.readMethod(entry, subject, retention);
        if (!plan) continue;
        this.plan.collectors.push(plan);
        this.plan.paths.add(list, methods.index);
      }
      attributes.finish();
    }
  }

  /** Leaves out what is not wanted. */
  keep(wanted: (plan: CollectorPlan, path: string) => boolean): void {
    const { collectors, paths } = this.plan;
    const kept: Captured = { collectors: [], paths: new Paths() };
    collectors.forEach((plan, index) => {
      const path = paths.at(index);
      if (!wanted(plan, path)) return;
      kept.collectors.push(plan);
      kept.paths.addOf(paths, index);
    });
    this.plan = kept;
  }

  private readMethod(
    entry: Attributes,
    subject: Target | undefined,
    retention: RetentionPolicy | undefined,
  ): CollectorPlan | undefined {
    if (entry.boolean('disabled')) return undefined;
    const { owner, settings, gateway, running } = this.options;
    const target = readTarget(entry, subject, this.options);
    const method = entry.requiredString('method');
    const frequency = readCaptureFrequency(entry);
    const cacheSizeKb = readCacheSize(entry);
    const parameters = readParameters(entry, gateway);
    const ownRetention = readRetention(entry);
    const tags = readTags(entry);
    // viam-server's: a ring is a queue and a buffer in one.
    entry.raw('capture_queue_size');
    entry.raw('capture_buffer_size');
    entry.finish();
    if (!target || method === undefined || !frequency || !parameters) return undefined;
    if (entry.has('cache_size_kb') && cacheSizeKb === undefined) return undefined;
    const row = readRow(entry, target.api, method, parameters, gateway);
    if (!row) return undefined;

    const common: CommonPlan = {
      owner,
      resource: resourceName(target.api, target.name),
      method: row.method,
      frequency,
      quota: Math.round((cacheSizeKb ?? settings.cacheSizeKb) * 1000),
      tags: tags.length === 0 ? settings.tags : tags,
    };
    const kept = ownRetention ?? retention;
    if (kept) common.retention = kept;
    const plan = new SharedPlan(this.share(common), parameters);
    const { collectors } = this.plan;
    if (collectors.some(({ identity }) => isSameIdentity(identity, plan)))
      return entry.error(
        'duplicate-collector',
        'method',
        `${method} of ${target.name} is already captured by an entry before this`,
      );
    if (collectors.length >= (gateway ? maximumGatewayCollectors : maximumCollectors))
      return entry.error('too-many', 'method', `more than ${collectors.length} collectors on one part`);
    if (settings.captureDisabled) this.options.budget?.takeCollectorPlan();
    else if (this.options.budget?.admitCollector(plan, target.model ?? '') === false)
      return entry.error(
        'no-memory',
        'method',
        'the chip has no memory for this collector, and the index of its cache, beside the others',
      );
    const found = running?.same(plan);
    // What comes next has mostly the same in common.
    if (found instanceof SharedPlan) this.last = found.common;
    return found ?? plan;
  }

  /** The common of the plan before when it is the same; else what is the same of it, object by object. */
  private share(common: CommonPlan): CommonPlan {
    const { last } = this;
    this.last = common;
    if (last === undefined) return common;
    if (last.resource === common.resource) common.resource = last.resource;
    if (isSameFrequency(last.frequency, common.frequency)) common.frequency = last.frequency;
    if (isSameList(last.tags, common.tags)) common.tags = last.tags;
    if (last.retention && isSameRecord(last.retention, common.retention)) common.retention = last.retention;
    if (
      last.resource === common.resource &&
      last.method === common.method &&
      last.frequency === common.frequency &&
      last.quota === common.quota &&
      last.tags === common.tags &&
      last.retention === common.retention
    )
      this.last = last;
    return this.last;
  }
}

function readTarget(
  entry: Attributes,
  subject: Target | undefined,
  { find }: CollectorOptions,
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
  const target = find?.(name);
  if (target === null) return undefined;
  return target ?? entry.error('unknown-resource', 'name', `the part has no resource ${quoted(name)}`);
}

function readCaptureFrequency(entry: Attributes) {
  const name = 'capture_frequency_hz';
  if (!entry.has(name)) return entry.error('missing-attribute', name, 'is required');
  const written = entry.raw(name);
  if (numberOf(written) === 0) {
    entry.warn('bad-frequency', name, 'is 0: this is off');
    return undefined;
  }
  const reading = readFrequency(written);
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
    if (!gateway && !parameterNames.includes(name)) {
      group.warn('unknown-attribute', name, 'is no parameter of a capture method on the device');
      continue;
    }
    const text = group.raw(name)?.string() ?? '';
    if (!group.sends(name, text)) return undefined;
    if (Object.keys(parameters).length >= maximumParameters)
      return entry.error('too-many', 'additional_params', `more than ${maximumParameters} parameters`);
    const most = gateway ? maximumGatewayParameterLength : maximumParameterLength;
    if (name.length > maximumParameterLength || text.length > most)
      return group.error('out-of-range', name, `names and values have at most ${most} characters`);
    if (name in parameters) return group.error('unknown-attribute', name, 'is not a name for a parameter');
    parameters[name] = text;
  }
  return parameters;
}

/** The row of the method's table, when the method can be captured here with these parameters. */
function readRow(
  entry: Attributes,
  api: string,
  method: string,
  parameters: Record<string, string>,
  gateway: boolean,
): CaptureMethod | undefined {
  const row = findMethod(api, method);
  if (!row) {
    const known = methodsOf(api, gateway);
    return known.length > 0
      ? entry.error('unknown-method', 'method', `${quoted(method)} is not one of ${known.join(', ')}`)
      : entry.error('unknown-api', 'method', `nothing can be captured from ${quoted(api)}`);
  }
  if (row.mainOnly && !gateway)
    return entry.error('gateway-only', 'method', `${method} is captured by the main part, not on the device`);
  for (const name of row.parameters)
    if (!parameters[name])
      return entry.error('missing-parameter', `additional_params.${name}`, `is required by ${method}`);
  return row;
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
