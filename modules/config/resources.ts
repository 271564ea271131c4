/** `components`: from entries to resource plans, ordered so that each follows what it depends on. */

import type { Attributes } from './attributes';
import { isObject } from './attributes';
import { isGatewayOnly } from './methods';
import type { ResourcePlan } from './plan';
import { quoted } from './problems';
import { isResourceName, readApi, shortModel, splitResourceName } from './resource-name';

/** A resource entry and what else stands in it. */
export interface ResourceEntry {
  plan: ResourcePlan;
  serviceConfigs: Attributes[];
}

/** Attributes by which drivers name another resource. */
const namingAttributes = ['board', 'encoder'];

/** Reads a list of components or services. Wrong ones are reported and left out. */
export function readResources(
  entries: Attributes[],
  family: 'component' | 'service',
  gateway: boolean,
): ResourceEntry[] {
  const resources: ResourceEntry[] = [];
  for (const entry of entries) {
    const resource = readResource(entry, family, gateway);
    if (!resource) continue;
    if (resources.some(({ plan }) => plan.name === resource.plan.name))
      entry.error('duplicate-name', 'name', `there is a ${family} ${quoted(resource.plan.name)} before this`);
    else resources.push(resource);
  }
  return resources;
}

function readResource(
  entry: Attributes,
  family: 'component' | 'service',
  gateway: boolean,
): ResourceEntry | undefined {
  const name = entry.requiredString('name');
  const api = readApi(entry, family);
  const model = entry.string('model');
  const attributes = entry.raw('attributes') ?? {};
  const dependencies = entry.strings('depends_on').map((dependency) => splitResourceName(dependency).name);
  const serviceConfigs = entry.objects('service_configs');
  entry.raw('frame');
  entry.finish();
  if (name === undefined || api === undefined) return undefined;
  if (!isResourceName(name))
    return entry.error(
      'out-of-range',
      'name',
      'may have letters, digits, dashes and underscores, 60 at most',
    );
  if (isGatewayOnly(api) && !gateway)
    return entry.error('gateway-only', 'type', `${api} is configured on the main part, not on the device`);
  if (!model && family === 'component') return entry.error('missing-attribute', 'model', 'is required');
  if (!isObject(attributes))
    return entry.error('wrong-type', 'attributes', `must be an object, not ${quoted(attributes)}`);
  for (const attribute of namingAttributes) {
    const named = Object.hasOwn(attributes, attribute) ? attributes[attribute] : undefined;
    if (typeof named === 'string' && named && !dependencies.includes(named)) dependencies.push(named);
  }
  return {
    plan: { name, api, model: shortModel(model ?? ''), attributes, dependencies, path: entry.path },
    serviceConfigs,
  };
}

/**
 * Orders plans so that each follows those it depends on, otherwise as written. Who names no board gets all boards as
 * dependencies, as the peers have it. `report` is called for each plan of a circle; those are left out.
 */
export function orderResources(
  plans: ResourcePlan[],
  reportCycle: (plan: ResourcePlan) => void,
  reportUnknown: (plan: ResourcePlan, name: string) => void,
): ResourcePlan[] {
  const boards = plans.filter((plan) => isBoard(plan)).map((plan) => plan.name);
  const open = plans.map((plan) => {
    const dependencies = plan.dependencies.filter((name) => {
      const known = plans.some((other) => other.name === name);
      if (!known) reportUnknown(plan, name);
      return known;
    });
    if (!isBoard(plan) && !dependencies.some((name) => boards.includes(name)))
      dependencies.push(...boards.filter((board) => !dependsOn(plans, board, plan.name)));
    return { ...plan, dependencies };
  });
  const ordered: ResourcePlan[] = [];
  while (open.length > 0) {
    const index = open.findIndex((plan) =>
      plan.dependencies.every((name) => ordered.some((done) => done.name === name)),
    );
    if (index < 0) break;
    ordered.push(...open.splice(index, 1));
  }
  for (const plan of open) reportCycle(plan);
  return ordered;
}

function isBoard(plan: ResourcePlan): boolean {
  return plan.api === 'rdk:component:board';
}

/** Whether `name` depends on `other` as written: then `other` cannot wait for it. */
function dependsOn(plans: ResourcePlan[], name: string, other: string, seen: string[] = []): boolean {
  if (seen.includes(name)) return false;
  const plan = plans.find((candidate) => candidate.name === name);
  if (!plan) return false;
  return plan.dependencies.some(
    (dependency) => dependency === other || dependsOn(plans, dependency, other, [...seen, name]),
  );
}
