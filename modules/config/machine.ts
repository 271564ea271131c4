/** The configuration of a main part, which the gateway runs, and what of it goes to each remote part. */

import { type Attributes, attributesOf } from './attributes';
import { type CollectorOptions, CollectorReader } from './collectors';
import {
  type CaptureSettings,
  defaultCaptureSettings,
  isDataManager,
  type MainSettings,
  readCaptureSettings,
  readMainSettings,
} from './data-manager';
import { type JsonValue, machineLimits, partLimits } from './json';
import type { JsonLimits } from './json-grammar';
import { lenientJson } from './lenient';
import { findMethod, isGatewayOnly } from './methods';
import { readRoot } from './part';
import { partNameFault } from './part-name';
import { Paths } from './paths';
import type { CollectorPlan, Owner, ResourcePlan } from './plan';
import { type Problem, Problems } from './problems';
import { splitResourceName } from './resource-name';
import { orderResources, ResourceReader } from './resources';
import { encodeUtf8 } from './utf8';

/** How a Viam machine is dialled. */
export interface DialPlan {
  /** In plain text. */
  insecure: boolean;
  /** Path of the certificate, PEM, of who signs the machine's. */
  authority?: string;
  credentials?: { entity: string; type: string; payload: string };
}

/** A part that dials this main, or a Viam machine that is dialled. */
export interface RemotePlan {
  name: string;
  /** Of a part never dialled: its first label is another name of the part. */
  address: string;
  /** Of a Viam machine: `dial: true`. */
  dial?: DialPlan;
  /** Part names that this entry belongs to: `name`, and the first label of `address`. */
  partNames: string[];
  secret: string;
  /** JSON text for the part: `parsePart(its own text, additions)`. */
  additions: string;
  /** What the part will be asked to capture; whether it has the resources only the part knows. */
  collectors: CollectorPlan[];
  path: string;
}

export interface MachinePlan {
  /** `configured` is false when the machine has no data manager: then all settings are defaults. */
  dataManager: CaptureSettings & MainSettings & { configured: boolean; name: string };
  /** Components of the main itself, then its services but the data manager, in building order. */
  resources: ResourcePlan[];
  /** Of the main's own resources. */
  collectors: CollectorPlan[];
  /** Where each of them stands. */
  paths: string[];
  remotes: RemotePlan[];
  problems: Problem[];
}

/** Total, as `parsePart`: one bad entry is reported, the others are planned. */
export function parseMachine(text: string, limits: JsonLimits = machineLimits): MachinePlan {
  const problems = new Problems();
  const plan: MachinePlan = {
    dataManager: { ...defaultSettings(), configured: false, name: '' },
    resources: [],
    collectors: [],
    paths: [],
    remotes: [],
    problems: problems.list,
  };
  // What is too long is refused as it is.
  const { text: strict, remarks } = text.length > limits.bytes ? { text, remarks: [] } : lenientJson(text);
  for (const { code, message } of remarks) problems.warn(code, '$', message);
  const root = readRoot(strict, '$', problems, limits);
  if (root === undefined) return plan;
  if (root.kind !== 'object') {
    problems.error('wrong-type', '$', 'a configuration is an object');
    return plan;
  }
  const machine = attributesOf(root, '$', problems);
  const services = machine.objects('services').all();
  const manager = readDataManager(services, plan);
  readOwnResources(machine, services, plan, problems);
  for (const entry of machine.objects('remotes').all()) {
    const remote = readRemote(entry, plan, manager, problems);
    if (remote) plan.remotes.push(remote);
  }
  return plan;
}

function defaultSettings(): CaptureSettings & MainSettings {
  return { ...defaultCaptureSettings(), additionalSyncPaths: [], deleteDataOnPartDeletion: false };
}

/** Fills `plan.dataManager`; returns its attributes. */
function readDataManager(services: Attributes[], plan: MachinePlan): Attributes | undefined {
  let found = false;
  let manager: Attributes | undefined;
  for (const service of services) {
    if (!isDataManager(apiOf(service))) continue;
    if (found) {
      service.error('duplicate-name', 'type', 'there is a data manager before this');
      continue;
    }
    found = true;
    const attributes = service.group('attributes');
    manager = attributes;
    const name = service.string('name') ?? '';
    service.raw('namespace');
    service.raw('model');
    service.raw('depends_on');
    service.finish();
    plan.dataManager = { ...plan.dataManager, configured: true, name };
    if (!attributes) continue;
    Object.assign(plan.dataManager, readCaptureSettings(attributes), readMainSettings(attributes));
    attributes.finish();
  }
  return manager;
}

function apiOf(service: Attributes): string {
  const written = service.raw('api') ?? service.raw('type');
  const api = written?.string() ?? '';
  return api.includes(':') ? api : `rdk:service:${api}`;
}

function readOwnResources(
  machine: Attributes,
  services: Attributes[],
  plan: MachinePlan,
  problems: Problems,
): void {
  const collectors = readerOf('part', plan, () => undefined);
  const components = new ResourceReader('component', true);
  const others = new ResourceReader('service', true);
  const readAll = (reader: ResourceReader, entry: Attributes) => {
    const resource = reader.read(entry);
    if (resource) collectors.read(entry.objects('service_configs'), resource);
  };
  for (const entry of machine.objects('components').all()) readAll(components, entry);
  for (const service of services) if (!isDataManager(apiOf(service))) readAll(others, service);
  if (!plan.dataManager.captureDisabled) {
    plan.collectors = collectors.plan.collectors;
    plan.paths = plan.collectors.map((_, index) => collectors.plan.paths.at(index));
  }
  plan.resources = orderResources(
    [...components.plans, ...others.plans],
    (cyclic) =>
      problems.error(
        'dependency-cycle',
        cyclic.path,
        `${cyclic.name} waits for a resource that waits for it`,
      ),
    // Resources of remotes are known only while those are connected.
    () => undefined,
  );
}

function readerOf(owner: Owner, plan: MachinePlan, find: CollectorOptions['find']): CollectorReader {
  const into = { collectors: [], paths: new Paths() };
  return new CollectorReader({ owner, settings: plan.dataManager, find, gateway: true, into });
}

function readRemote(
  entry: Attributes,
  plan: MachinePlan,
  manager: Attributes | undefined,
  problems: Problems,
): RemotePlan | undefined {
  const name = entry.requiredString('name');
  const address = entry.string('address') ?? '';
  const secret = entry.string('secret') ?? '';
  const dial = readDial(entry, address, secret);
  if (secret === '' && !dial)
    problems.warn(
      'missing-attribute',
      `${entry.path}.secret`,
      'without a secret the part cannot prove itself, and is never let in',
    );
  const written = entry.raw('service_configs');
  for (const known of ['frame', 'prefix', 'connection_check_interval', 'reconnect_interval'])
    entry.raw(known);
  entry.finish();
  const reader = readerOf('main', plan, (resource) => {
    const parts = splitResourceName(resource);
    return parts.api === '' ? null : { api: parts.api, name: parts.name };
  });
  reader.read(entry.objects('service_configs'));
  reader.keep(({ identity }, path) => {
    const api = identity.resource.slice(0, identity.resource.indexOf('/'));
    if (dial || !findMethod(api, identity.method)?.mainOnly) return true;
    const what = isGatewayOnly(api) ? api : `${identity.method} of ${api} to capture`;
    problems.warn('gateway-only', path, `an ESP32 part has no ${what}: only a Viam machine could be asked`);
    return false;
  });
  if (name === undefined) return undefined;
  if (plan.remotes.some((remote) => remote.name === name))
    return entry.error('duplicate-name', 'name', `there is a remote "${name}" before this`);
  if (dial) {
    const collectors = plan.dataManager.captureDisabled ? [] : reader.plan.collectors;
    const own = collectors.map((collector) => ownCollector(collector, name));
    return { name, address, dial, partNames: [], secret, additions: '', collectors: own, path: entry.path };
  }
  const label = address.slice(0, address.search(/[.:]|$/));
  const partNames = (label && label !== name ? [name, label] : [name]).filter((each) => !partNameFault(each));
  if (partNames.length === 0)
    problems.warn('bad-name', `${entry.path}.name`, `no part can have this name: it ${partNameFault(name)}`);
  const additions = additionsFor(name, entry.path, written, manager);
  const length = encodeUtf8(additions).length;
  if (length > partLimits.bytes)
    problems.error(
      'too-large',
      `${entry.path}.service_configs`,
      `${length} bytes go to the part, which reads ${partLimits.bytes}`,
    );
  return {
    name,
    address,
    partNames,
    secret,
    additions,
    collectors: plan.dataManager.captureDisabled ? [] : reader.plan.collectors,
    path: entry.path,
  };
}

function readDial(entry: Attributes, address: string, secret: string): DialPlan | undefined {
  const asked = entry.boolean('dial') ?? false;
  const insecure = entry.boolean('insecure') ?? false;
  const authority = entry.string('authority') ?? '';
  const auth = entry.group('auth');
  const shown = auth?.group('credentials');
  const entity = auth?.string('entity') ?? '';
  const type = shown?.string('type') ?? '';
  const payload = shown?.string('payload') ?? '';
  if (!asked) return undefined;
  if (address === '') return entry.error('missing-attribute', 'address', 'a machine that is dialled has one');
  const plan: DialPlan = { insecure, ...(authority !== '' && { authority }) };
  if (payload !== '') return { ...plan, credentials: { entity, type, payload } };
  if (secret === '') return plan;
  const host = address.replace(/:\d+$/, '');
  return { ...plan, credentials: { entity: host, type: 'robot-location-secret', payload: secret } };
}

/** What is captured of a machine that is dialled is captured here, like the main's own. */
function ownCollector(
  { identity: { resource, method, parameters }, frequency, quota, target, tags, retention }: CollectorPlan,
  remote: string,
): CollectorPlan {
  const slash = resource.indexOf('/') + 1;
  const name = `${resource.slice(0, slash)}${remote}:${resource.slice(slash)}`;
  const identity = { owner: 'part' as const, resource: name, method, parameters };
  return { identity, frequency, quota, target, tags, ...(retention && { retention }) };
}

/** What the part needs of the main's configuration, and nothing more: no secret leaves here. */
function additionsFor(
  remote: string,
  path: string,
  serviceConfigs: JsonValue | undefined,
  manager: Attributes | undefined,
): string {
  if (serviceConfigs?.kind !== 'array' || serviceConfigs.elements().length === 0) return '';
  const settings: string[] = [];
  for (const name of ['capture_disabled', 'cache_size_kb', 'tags']) {
    const value = manager?.raw(name);
    if (value) settings.push(`"${name}":${value.text()}`);
  }
  return `{"remote":${JSON.stringify(remote)},"path":${JSON.stringify(path)},"data_manager":{${settings.join()}},"service_configs":${serviceConfigs.text()}}`;
}
