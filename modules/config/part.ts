/** The configuration of one part, the ESP32: its own text, and what a main part adds for it. */

import { Attributes, isObject } from './attributes';
import { type CollectorContext, readServiceConfigs } from './collectors';
import {
  type CaptureSettings,
  defaultCaptureSettings,
  isDataManager,
  readCaptureSettings,
  warnOfMainSettings,
} from './data-manager';
import { type Json, type JsonLimits, PART_LIMITS, readJson } from './json';
import type { CollectorPlan, PartPlan, ResourcePlan } from './plan';
import { type Problem, Problems } from './problems';
import { readApi, splitResourceName } from './resource-name';
import { orderResources, readResources } from './resources';

/**
 * Total: never throws, whatever the texts are, and is bounded in time and memory by `limits`.
 *
 * A text that is not JSON gives one error and no plans; one bad entry gives its problems, and the others their plans.
 *
 * @param text the part's own Viam configuration
 * @param additions what `additionsFor` made of the main's configuration: JSON text, or the `service_configs` alone
 */
export function parsePart(text: string, additions?: string, limits: JsonLimits = PART_LIMITS): PartPlan {
  const problems = new Problems();
  const plan = readPart(readRoot(text, '$', problems, limits), problems);
  if (additions) plan.collectors.push(...readAdditions(additions, plan.resources, problems, limits));
  return { ...plan, problems: problems.list };
}

/** Whether a plan may be applied: its text was JSON. Otherwise the last good configuration stays. */
export function isApplicable(problems: readonly Problem[]): boolean {
  return !problems.some((problem) => problem.code === 'json-syntax' || problem.code === 'json-too-large');
}

/** The root value; undefined when there is none to go on with. */
export function readRoot(
  text: string,
  path: string,
  problems: Problems,
  limits: JsonLimits,
): Json | undefined {
  const reading = readJson(text, limits);
  if (reading.fault) {
    const { code, line, column, message } = reading.fault;
    problems.error(code, path, line > 0 ? `line ${line}, column ${column}: ${message}` : message);
    return undefined;
  }
  for (const { name, line, column } of reading.duplicates)
    problems.warn(
      'json-duplicate',
      path,
      `line ${line}, column ${column}: a second "${name}"; the last one counts`,
    );
  return reading.value;
}

function readPart(root: Json | undefined, problems: Problems): PartPlan {
  const settings = defaultCaptureSettings();
  const plan: PartPlan = { resources: [], collectors: [], sync: syncOf(settings), problems: [] };
  if (root === undefined) return plan;
  if (!isObject(root)) {
    problems.error('wrong-type', '$', 'a configuration is an object');
    return plan;
  }
  const machine = new Attributes(root, '$', problems);
  Object.assign(settings, readServices(machine.objects('services')));
  plan.sync = syncOf(settings);

  const entries = readResources(machine.objects('components'), 'component', false);
  plan.resources = orderResources(
    entries.map((entry) => entry.plan),
    (cyclic) =>
      problems.error(
        'dependency-cycle',
        cyclic.path,
        `${cyclic.name} waits for a resource that waits for it`,
      ),
    (waiting, name) =>
      problems.warn(
        'unknown-resource',
        waiting.path,
        `${waiting.name} depends on ${name}, which is not there`,
      ),
  );
  const context: CollectorContext = {
    owner: 'part',
    settings,
    find: (name) => findResource(plan.resources, name),
    gateway: false,
    planned: new Set(),
  };
  for (const entry of entries) {
    const collectors = readServiceConfigs(entry.serviceConfigs, entry.plan, context);
    // A resource that was left out of a circle cannot be captured; that is said already.
    const built = plan.resources.some((resource) => resource.name === entry.plan.name);
    if (built && !settings.captureDisabled) plan.collectors.push(...collectors);
  }
  warnOfRoot(machine);
  return plan;
}

/** The data manager's settings; all other services belong to a main part. */
function readServices(services: Attributes[]): CaptureSettings | undefined {
  let settings: CaptureSettings | undefined;
  for (const service of services) {
    const api = readApi(service, 'service');
    if (api === undefined) continue;
    if (!isDataManager(api)) {
      service.error('gateway-only', 'type', `${api} is configured on the main part, not on the device`);
      continue;
    }
    if (settings) {
      service.error('duplicate-name', 'type', 'there is a data manager before this');
      continue;
    }
    service.raw('name');
    service.raw('model');
    service.raw('depends_on');
    const attributes = service.group('attributes');
    service.finish();
    settings = attributes ? readCaptureSettings(attributes) : defaultCaptureSettings();
    if (attributes) {
      warnOfMainSettings(attributes);
      attributes.finish();
    }
  }
  return settings;
}

/** Members of a machine's configuration that a device has no part in. */
function warnOfRoot(machine: Attributes): void {
  for (const name of ['remotes', 'modules', 'packages', 'processes', 'jobs', 'fragments', 'fragment_mods']) {
    const value = machine.raw(name);
    if (Array.isArray(value) && value.length > 0)
      machine.warn('not-for-this-device', name, 'acts on a main part only');
  }
  // What viam's app puts into every configuration, and nothing here reads.
  for (const name of [
    'cloud',
    'network',
    'auth',
    'agent',
    'debug',
    'log',
    'revision',
    'maintenance',
    'tracing',
  ])
    machine.raw(name);
  machine.finish();
}

function syncOf(settings: CaptureSettings): PartPlan['sync'] {
  return {
    disabled: settings.syncDisabled,
    interval: settings.syncInterval,
    retainUnsynced: settings.retainUnsynced,
    ...(settings.headBytes !== undefined && { headBytes: settings.headBytes }),
  };
}

/** What the main adds: its remote's `service_configs`, under its own data manager's settings. Owner `main`. */
function readAdditions(
  text: string,
  resources: ResourcePlan[],
  problems: Problems,
  limits: JsonLimits,
): CollectorPlan[] {
  const read = readRoot(text, 'main:$', problems, limits);
  if (read === undefined) return [];
  const root = Array.isArray(read) ? { service_configs: read } : read;
  if (!isObject(root)) {
    problems.error('wrong-type', 'main:$', 'additions are an object or a list of service_configs');
    return [];
  }
  const place = typeof root.path === 'string' ? root.path : '$';
  const additions = new Attributes(root, `main:${place}`, problems);
  // The main's own parser has said what is wrong with its data manager: here it only counts.
  const manager = isObject(root.data_manager) ? root.data_manager : {};
  const settings = readCaptureSettings(new Attributes(manager, 'main:data_manager', new Problems()));
  const remote = typeof root.remote === 'string' ? root.remote : '';
  const context: CollectorContext = {
    owner: 'main',
    settings,
    find: (name) => {
      const parts = splitResourceName(name);
      return parts.remote === '' || parts.remote === remote ? findResource(resources, name) : undefined;
    },
    gateway: false,
    planned: new Set(),
  };
  const collectors = readServiceConfigs(additions.objects('service_configs'), undefined, context);
  return settings.captureDisabled ? [] : collectors;
}

/** By the full name, or by the short one alone. */
export function findResource(resources: readonly ResourcePlan[], name: string): ResourcePlan | undefined {
  const parts = splitResourceName(name);
  return resources.find((plan) => plan.name === parts.name && (parts.api === '' || plan.api === parts.api));
}
