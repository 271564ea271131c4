/**
 * The configuration of this machine, read.
 *
 * What comes in: text, as people write it. What goes out: the plan (`modules/config/machine`, the rules that a part has
 * too), and with its problems those of the shape where the planner does not look. What holds: total; one wrong entry is
 * named by its path and stops no other.
 */
import { lenientJson } from '../../modules/config/lenient';
import { type MachinePlan, parseMachine } from '../../modules/config/machine';
import { isApplicable } from '../../modules/config/part';
import { MAXIMUM_PROBLEMS, type Problem } from '../../modules/config/problems';
import { pathOf } from '../resources/json-path';
import { dataManagerAttributes, machine } from './schema';

export type { MachinePlan, RemotePlan } from '../../modules/config/machine';

export function readMachine(text: string): MachinePlan {
  const plan = parseMachine(text);
  if (!isApplicable(plan.problems)) return plan;
  const told = plan.problems.map(({ path }) => path);
  const isTold = (path: string) => told.some((other) => other === path || path.startsWith(`${other}.`));
  for (const problem of shapeProblems(JSON.parse(lenientJson(text).text))) {
    if (plan.problems.length < MAXIMUM_PROBLEMS && !isTold(problem.path)) plan.problems.push(problem);
  }
  return plan;
}

/** What is of another type than it should be. */
function shapeProblems(value: unknown): Problem[] {
  const problems = problemsOf('', machine.safeParse(value).error);
  const { services } = (value ?? {}) as { services?: unknown };
  if (!Array.isArray(services)) return problems;
  services.forEach((service: { type?: unknown; api?: unknown; attributes?: unknown } | null, index) => {
    const { type, api, attributes } = service ?? {};
    if (!/(^|:)data_manager$/.test(String(api ?? type)) || typeof attributes !== 'object') return;
    const { error } = dataManagerAttributes.safeParse(attributes);
    problems.push(...problemsOf(`services[${index}].attributes`, error));
  });
  return problems;
}

type Issues =
  | ReturnType<typeof machine.safeParse>['error']
  | ReturnType<typeof dataManagerAttributes.safeParse>['error'];

function problemsOf(base: string, error: Issues): Problem[] {
  return (error?.issues ?? []).map(({ path, message }) => ({
    severity: 'error',
    code: 'wrong-type',
    path: pathOf(base, path) || '$',
    message,
  }));
}
