/** The configuration of one part, the ESP32: its own text, and what a main part adds for it. */

import { type Attributes, attributesOf, objectsOf } from './attributes';
import { CollectorReader } from './collectors';
import {
  type CaptureSettings,
  defaultCaptureSettings,
  isDataManager,
  readCaptureSettings,
  warnOfMainSettings,
} from './data-manager';
import { type JsonValue, partLimits, readJson } from './json';
import type { JsonLimits } from './json-grammar';
import type { MemoryBudget } from './memory-budget';
import { Paths } from './paths';
import type { PartPlan, ResourcePlan, Running } from './plan';
import { type Problem, type ProblemCode, Problems } from './problems';
import { readApi, splitResourceName } from './resource-name';
import { orderResources, ResourceReader } from './resources';

/** What is wrong with a text of which nothing is applied: anywhere, and of the whole. */
const codesOfNone: readonly ProblemCode[] = Object.freeze(['json-syntax', 'json-too-large']);
const codesOfWhole: readonly ProblemCode[] = Object.freeze(['wrong-type', 'no-memory']);

/**
 * Total: never throws, whatever the texts are, and is bounded in time and memory by `partLimits`.
 *
 * A text that is not JSON gives one error and no plans; one bad entry gives its problems, and the others their plans.
 *
 * @param text the part's own Viam configuration; UTF-8 is read where it lies, and its comments are overwritten by spaces
 * @param additions what the main part adds: `additions` of a `RemotePlan`, or its list of `service_configs` alone
 * @param running plans that come out the same as one of these are that one, not made a second time
 * @param budget of the chip's memory: what has no room is left out, and said
 */
export function parsePart(
  text: string | Uint8Array,
  additions?: string | Uint8Array,
  running?: Running,
  budget?: MemoryBudget,
): PartPlan {
  const problems = new Problems();
  budget?.takeText(text.length + (additions?.length ?? 0), problems.list);
  if (budget?.isCrowded()) return crowdedOut(text.length + (additions?.length ?? 0));
  const plan = readPart(readRoot(text, '$', problems, partLimits), problems, running, budget);
  if (additions && additions.length > 0) readAdditions(additions, plan, problems, running, budget);
  if (budget?.isCrowded()) return crowdedOut(text.length + (additions?.length ?? 0));
  if (budget) {
    plan.resources = budget.admitted(plan.resources);
    plan.recordNodes = budget.recordNodes;
    plan.recordNames = budget.recordNames;
    plan.memory = { slots: budget.slots, chunks: budget.chunks };
  }
  return plan;
}

/**
 * Whether a plan may be applied: its text was an object in JSON, and there was room to read it. Otherwise the last good
 * configuration stays.
 */
export function isApplicable(problems: readonly Problem[]): boolean {
  return !problems.some(
    ({ code, path }) => codesOfNone.includes(code) || (codesOfWhole.includes(code) && path === '$'),
  );
}

/** Nothing of a configuration of so many bytes: there is no room for it beside what runs. */
export function crowdedOut(bytes: number): PartPlan {
  const problems = new Problems();
  const message = `the chip has no memory for this configuration of ${bytes} B beside the one that runs`;
  problems.error('no-memory', '$', message);
  return nothingOf(problems);
}

/** The root value; undefined when there is none to go on with. */
export function readRoot(
  text: string | Uint8Array,
  path: string,
  problems: Problems,
  limits: JsonLimits,
): JsonValue | undefined {
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

function readPart(
  root: JsonValue | undefined,
  problems: Problems,
  running: Running | undefined,
  budget: MemoryBudget | undefined,
): PartPlan {
  const plan = nothingOf(problems);
  if (root === undefined) return plan;
  if (root.kind !== 'object') {
    problems.error('wrong-type', '$', 'a configuration is an object');
    return plan;
  }
  const machine = attributesOf(root, '$', problems);
  const settings = readServices(machine, budget?.memory.headRoom) ?? defaultCaptureSettings();
  plan.sync = syncOf(settings);
  budget?.takeSettings(settings.headBytes, settings.retainUnsynced);
  // One after the other, so that only what runs already is in memory twice: resources, then what captures them.
  plan.resources = readResources(machine, problems, budget);
  readCollectors(machine, readerInto(plan, settings, running, budget), plan, budget);
  warnOfRoot(machine);
  return plan;
}

function nothingOf({ list }: Problems): PartPlan {
  return {
    resources: [],
    collectors: [],
    paths: new Paths(),
    sync: syncOf(defaultCaptureSettings()),
    problems: list,
  };
}

function readResources(
  machine: Attributes,
  problems: Problems,
  budget: MemoryBudget | undefined,
): ResourcePlan[] {
  const reader = new ResourceReader('component', false);
  const components = machine.objects('components');
  for (let entry = components.next(); entry; entry = components.next()) {
    if (budget?.isCrowded()) return [];
    if (reader.read(entry)) budget?.takePlan(reader.plans.at(-1)!);
  }
  return orderResources(
    reader.plans,
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
}

/** What captures the plan's resources. Those that were left out cannot be captured; that is said already. */
function readCollectors(
  machine: Attributes,
  reader: CollectorReader,
  plan: PartPlan,
  budget: MemoryBudget | undefined,
): void {
  const components = machine.objects('components', false);
  for (let entry = components.next(); entry; entry = components.next()) {
    if (budget?.isCrowded()) return;
    const { path } = entry;
    const resource = plan.resources.find((built) => built.path === path);
    if (resource === undefined) continue;
    if (budget?.admitResource(resource, plan.resources) === false)
      entry.error('no-memory', 'model', 'the chip has no memory for this resource beside the others');
    else reader.read(entry.objects('service_configs'), resource);
  }
}

/** Collectors go nowhere, and take no memory, while capture is disabled. */
function readerInto(
  plan: PartPlan,
  settings: CaptureSettings,
  running: Running | undefined,
  budget: MemoryBudget | undefined,
): CollectorReader {
  return new CollectorReader({
    owner: 'part',
    settings,
    gateway: false,
    running,
    into: settings.captureDisabled ? { collectors: [], paths: new Paths() } : plan,
    budget,
  });
}

/** The data manager's settings; all other services belong to a main part. */
function readServices(machine: Attributes, headRoom: number | undefined): CaptureSettings | undefined {
  let settings: CaptureSettings | undefined;
  const services = machine.objects('services');
  for (let service = services.next(); service; service = services.next()) {
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
    settings = attributes ? readCaptureSettings(attributes, headRoom) : defaultCaptureSettings();
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
    if (value && value.elements().length > 0)
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
    ...(settings.duty !== undefined && { duty: settings.duty }),
  };
}

/** Adds what the main asks for: its remote's `service_configs`, under its own data manager's settings. Owner `main`. */
function readAdditions(
  text: string | Uint8Array,
  plan: PartPlan,
  problems: Problems,
  running: Running | undefined,
  budget: MemoryBudget | undefined,
): void {
  const root = readRoot(text, 'main:$', problems, partLimits);
  if (root === undefined) return;
  const place = root.member('path')?.string() ?? '$';
  const services =
    root.kind === 'array'
      ? objectsOf(root, 'main:$', problems)
      : attributesOf(root, `main:${place}`, problems).objects('service_configs');
  // The main's own parser has said what is wrong with its data manager: here it only counts.
  const manager = attributesOf(root, 'main:$', new Problems()).group('data_manager');
  const settings = manager ? readCaptureSettings(manager) : defaultCaptureSettings();
  const remote = root.member('remote')?.string() ?? '';
  const added = new CollectorReader({
    owner: 'main',
    settings,
    find: (name) => {
      const parts = splitResourceName(name);
      return parts.remote === '' || parts.remote === remote ? findResource(plan.resources, name) : undefined;
    },
    gateway: false,
    running,
    into: settings.captureDisabled ? { collectors: [], paths: new Paths() } : plan,
    budget,
  });
  added.read(services);
}

/** By the full name, or by the short one alone. */
export function findResource(resources: readonly ResourcePlan[], name: string): ResourcePlan | undefined {
  const parts = splitResourceName(name);
  return resources.find((plan) => plan.name === parts.name && (parts.api === '' || plan.api === parts.api));
}
