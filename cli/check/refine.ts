/** A problem, said as precisely as a file on a computer allows: at the very value, and with the name that was meant. */
import { type JsonValue, machineLimits, readJson } from '../../modules/config/json';
import { captureMethods, findMethodOf, parameterNames } from '../../modules/config/methods';
import type { PartPlan, ResourcePlan } from '../../modules/config/plan';
import { quoted } from '../../modules/config/problems';
import { modelsOf } from '../../modules/resources/registry';
import type { Finding } from './finding';
import { pathOfValue, valueAt } from './leaf';
import { misplaced } from './misplaced';
import { meaning, nearest } from './nearest';

type Problem = Omit<Finding, 'file'>;

export interface RefineContext {
  /** The file's root, when the path leads into it. */
  root?: JsonValue | undefined;
  /** Attributes that somebody looks for where the problem is. */
  asked?: ReadonlySet<string> | undefined;
  plan?: PartPlan | undefined;
  resources?: readonly ResourcePlan[];
  /** The value that the message is about. */
  leaf?: string;
}

/** How the flash log refuses a cache (modules/ring). */
export const cacheFits = /KB would fit$/;

export function refine(problem: Problem, context: RefineContext): Problem {
  switch (problem.code) {
    case 'unknown-attribute':
      return unknownAttribute(problem, context);
    case 'out-of-range':
      return atLeaf(onSecondConverter(problem), context);
    case 'unknown-model':
      return unknownModel(problem, context);
    case 'no-source':
      return noSource(problem, context);
    case 'unknown-resource':
      return unknownResource(problem, context);
    case 'unknown-method':
      return withName(problem, textAt(context.root, problem.path), methodNames);
    case 'gateway-only':
    case 'not-for-this-device':
      return withName(problem, textAt(context.root, problem.path), ['data_manager']);
    case 'build-failed':
      if (cacheFits.test(problem.message)) return cacheTooLarge(problem, context);
      return atLeaf(problem, context);
    case 'console-pin':
    case 'strapping-pin':
      return atLeaf(problem, context);
    default:
      return problem;
  }
}

const methodNames = new Set(captureMethods.map(({ method }) => method));

function unknownAttribute(problem: Problem, { asked }: RefineContext): Problem {
  const name = lastName(problem.path);
  const known = [...knownAt(problem.path, asked)];
  if (nearest(name, known) === undefined) return misplaced(problem, name) ?? problem;
  return withName(problem, name, known);
}

/** Parameters are not asked for one by one: methods say which there are. */
function knownAt(path: string, asked: ReadonlySet<string> = new Set()): Iterable<string> {
  return /\.additional_params\.[^.]+$/.test(path) ? parameterNames : asked;
}

/** GPIOs of a classic ESP32's second converter. */
const secondConverter = new Set(['0', '2', '4', '12', '13', '14', '15', '25', '26', '27']);

function onSecondConverter(problem: Problem): Problem {
  const pin = /^GPIO (\d+) of esp32 is not on ADC1/.exec(problem.message)?.[1];
  if (pin === undefined || !secondConverter.has(pin)) return problem;
  return { ...problem, message: `${problem.message} (it is on ADC2, which cannot be read while WiFi is on)` };
}

function withName(problem: Problem, wrong: string | undefined, known: Iterable<string>): Problem {
  return meaning(problem, wrong === undefined ? undefined : nearest(wrong, known));
}

/** Of an API that there is, another model; else the API itself is what is wrong. */
function unknownModel(problem: Problem, { resources, root }: RefineContext): Problem {
  const path = problem.path.replace(/\.model$/, '');
  const plan = resources?.find((one) => one.path === path);
  if (!plan) return problem;
  const models = modelsOf(plan.api);
  if (models.length > 0) return withName(problem, plan.model, models);
  const [, family, type] = plan.api.split(':');
  const types = [...new Set(captureMethods.map(({ api }) => api.split(':')[2]!))];
  const where = root && valueAt(root, `${path}.api`) ? 'api' : 'type';
  return withName(
    {
      ...problem,
      code: 'unknown-api',
      path: `${path}.${where}`,
      message: `there is no ${family} of type "${type}"`,
    },
    type,
    types,
  );
}

/** At the parameter that names what is not there. */
function noSource(problem: Problem, { plan, resources = [] }: RefineContext): Problem {
  const index =
    plan?.collectors.findIndex((_, at) => plan.paths.at(at).replace(/^main:/, '') === problem.path) ?? -1;
  const identity = plan?.collectors[index]?.identity;
  const [name] = identity ? (findMethodOf(identity.resource, identity.method)?.parameters ?? []) : [];
  if (name === undefined) return { ...problem, path: `${problem.path}.method` };
  const path = `${problem.path}.additional_params.${name}`;
  const wanted = identity!.parameters[name] ?? '';
  // It is there, and was refused where it is configured.
  const isMissing = /: (there is .*|none is configured)$/.test(problem.message);
  const refused = isMissing ? placeOf(wanted, identity!.resource, resources) : undefined;
  if (refused !== undefined)
    return { ...problem, path, message: `${quoted(wanted)} is left out: see ${refused}` };
  const listed = /: there is (.*)$/.exec(problem.message)?.[1]?.split(', ') ?? [];
  return withName({ ...problem, path }, wanted, listed);
}

/** Where the attributes of a resource have something of that name. */
function placeOf(name: string, full: string, resources: readonly ResourcePlan[]): string | undefined {
  const resource = resources.find((one) => `${one.api}/${one.name}` === full);
  const attributes = resource && readJson(resource.attributes, machineLimits).value;
  return attributes && pathOfValue(attributes, name, `${resource.path}.attributes`);
}

/** Of a resource that waits for one which is not there: at the name, with the nearest there is. */
function unknownResource(problem: Problem, context: RefineContext): Problem {
  const { root, resources = [] } = context;
  const names = resources.map(({ name }) => name);
  const waiting = / depends on (.+), which is not there$/.exec(problem.message)?.[1];
  if (waiting === undefined || !root) {
    const named = /no resource "(.*)"$/.exec(problem.message)?.[1];
    return withName(problem, named?.slice(named.lastIndexOf('/') + 1), names);
  }
  const at = valueAt(root, problem.path);
  const path = at && pathOfValue(at, waiting, problem.path);
  return withName({ ...problem, path: path ?? problem.path }, waiting, names);
}

/** At the method's own size, else at its data manager's. */
function cacheTooLarge(problem: Problem, { root }: RefineContext): Problem {
  const managers = root?.kind === 'object' ? (root.member('services')?.elements() ?? []) : [];
  const sizes = [problem.path, ...managers.map((_, index) => `services[${index}].attributes`)].map(
    (place) => `${place}.cache_size_kb`,
  );
  const path = root ? (sizes.find((size) => valueAt(root, size) !== undefined) ?? problem.path) : sizes[0]!;
  return { ...problem, code: 'cache-too-large', path };
}

/** What a driver's message is about. */
const namedIn = [/GPIO (\d+)\b/, /\b(?:pin|reader|bus) "([^"]*)"/, /: needs \S+\/(\S+), which is not there/];

/** At the pin or name that the message is about. */
function atLeaf(problem: Problem, { root, resources, leaf }: RefineContext): Problem {
  const { path, message } = problem;
  const text = leaf ?? namedIn.map((name) => name.exec(message)?.[1]).find((name) => name !== undefined);
  if (text === undefined) return problem;
  const resource = resources?.find((one) => one.path === path);
  const inside = resource ? readJson(resource.attributes, machineLimits).value : root && valueAt(root, path);
  const begin = resource ? `${path}.attributes` : path;
  return { ...problem, path: (inside && pathOfValue(inside, text, begin)) ?? path };
}

function textAt(root: JsonValue | undefined, path: string): string | undefined {
  const value = root && valueAt(root, path);
  return value?.kind === 'string' ? value.string() : undefined;
}

function lastName(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}
