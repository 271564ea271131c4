/** `components`: from entries to resource plans, ordered so that each follows what it depends on. */

import type { Attributes } from './attributes';
import { isGatewayOnly } from './methods';
import type { ResourcePlan } from './plan';
import { quoted, shown } from './problems';
import { isResourceName, readApi, shortModel, splitResourceName } from './resource-name';

/** More on one part would not fit its memory. */
const maximumResources = 48;
const maximumDependencies = 16;

/** Attributes by which drivers name another resource. */
const namingAttributes: readonly string[] = Object.freeze(['board', 'encoder'], true);

/** Takes one resource after the other; wrong ones are reported and left out. */
export class ResourceReader {
  readonly plans: ResourcePlan[] = [];
  private readonly family: 'component' | 'service';
  private readonly gateway: boolean;

  constructor(family: 'component' | 'service', gateway: boolean) {
    this.family = family;
    this.gateway = gateway;
  }

  read(entry: Attributes): ResourcePlan | undefined {
    const { family, gateway, plans } = this;
    if (!gateway && plans.length >= maximumResources)
      return entry.error('too-many', 'name', `more than ${maximumResources} resources on one part`);
    const plan = readResource(entry, family, gateway);
    if (!plan) return undefined;
    if (plans.some(({ name }) => name === plan.name))
      return entry.error('duplicate-name', 'name', `there is a ${family} ${quoted(plan.name)} before this`);
    plans.push(plan);
    return plan;
  }
}

function readResource(
  entry: Attributes,
  family: 'component' | 'service',
  gateway: boolean,
): ResourcePlan | undefined {
  const name = entry.requiredString('name');
  const api = readApi(entry, family);
  const model = entry.string('model');
  const attributes = entry.raw('attributes');
  const dependencies = entry.strings('depends_on').map((dependency) => splitResourceName(dependency).name);
  if (dependencies.length > maximumDependencies)
    return entry.error('too-many', 'depends_on', `more than ${maximumDependencies} dependencies`);
  entry.raw('service_configs');
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
  if (attributes && attributes.kind !== 'object')
    return entry.error('wrong-type', 'attributes', `must be an object, not ${shown(attributes)}`);
  for (const attribute of namingAttributes) {
    const named = attributes?.member(attribute);
    if (named?.kind !== 'string') continue;
    const { name: dependency } = splitResourceName(named.string());
    if (dependency && !dependencies.includes(dependency)) dependencies.push(dependency);
  }
  const text = attributes?.compact() ?? '{}';
  return { name, api, model: shortModel(model ?? ''), attributes: text, dependencies, path: entry.path };
}

/**
 * Completes what plans depend on and orders them so that each follows those, otherwise as written. Who names no board gets all boards as
 * dependencies, as the peers have it. `reportCycle` is called for each plan of a circle; those are left out.
 */
export function orderResources(
  plans: ResourcePlan[],
  reportCycle: (plan: ResourcePlan) => void,
  reportUnknown: (plan: ResourcePlan, name: string) => void,
): ResourcePlan[] {
  const boards = plans.filter(isBoard);
  const needs = boards.map((board) => needsOf(board, plans));
  for (const plan of plans) {
    const dependencies = plan.dependencies.filter((name) => {
      const known = find(plans, name) !== undefined;
      if (!known) reportUnknown(plan, name);
      return known;
    });
    if (!isBoard(plan) && !boards.some(({ name }) => dependencies.includes(name)))
      // A board that needs this resource cannot be waited for.
      boards.forEach(({ name }, index) => {
        if (!needs[index].includes(plan.name)) dependencies.push(name);
      });
    plan.dependencies = dependencies;
  }
  let open = plans;
  const ordered: ResourcePlan[] = [];
  for (;;) {
    const next = open.find((plan) => plan.dependencies.every((name) => find(ordered, name)));
    if (!next) break;
    ordered.push(next);
    open = open.filter((plan) => plan !== next);
  }
  for (const plan of open) reportCycle(plan);
  return ordered;
}

function find(plans: readonly ResourcePlan[], named: string): ResourcePlan | undefined {
  return plans.find(({ name }) => name === named);
}

function isBoard(plan: ResourcePlan): boolean {
  return plan.api === 'rdk:component:board';
}

/** The names of all that a plan depends on as written, directly or not. */
export function needsOf(plan: ResourcePlan, plans: readonly ResourcePlan[]): string[] {
  const needs: string[] = [];
  const open = [plan];
  for (let next = open.pop(); next; next = open.pop()) {
    for (const name of next.dependencies) {
      const dependency = needs.includes(name) ? undefined : find(plans, name);
      if (!dependency) continue;
      needs.push(name);
      open.push(dependency);
    }
  }
  return needs;
}
