/**
 * The configuration of this machine, read.
 *
 * What comes in: text, as people write it. What goes out: the plan (`modules/config/machine`, the rules that a part has
 * too), and with its problems those of the shape where the planner does not look. What holds: total; one wrong entry is
 * named by its path and stops no other.
 */
import { isMissing, schemaFault } from '@sluice/common/errors';
import { lenientJson } from '../../modules/config/lenient';
import { type MachinePlan, parseMachine, type RemotePlan } from '../../modules/config/machine';
import { isApplicable } from '../../modules/config/part';
import { maximumProblems, type Problem } from '../../modules/config/problems';
import { pathOf } from '../resources/json-path';
import { isPlaceholder } from './placeholder';
import { dataManagerAttributes, machine } from './schema';

export type { MachinePlan, RemotePlan } from '../../modules/config/machine';

export function readMachine(text: string): MachinePlan {
  const plan = parseMachine(text);
  if (!isApplicable(plan.problems)) return plan;
  plan.remotes = plan.remotes.map((remote) => withoutPlaceholder(remote, plan.problems));
  const told = plan.problems.map(({ path }) => path);
  const isTold = (path: string) => told.some((other) => other === path || path.startsWith(`${other}.`));
  for (const problem of shapeProblems(JSON.parse(lenientJson(text).text))) {
    if (plan.problems.length < maximumProblems && !isTold(problem.path)) plan.problems.push(problem);
  }
  return plan;
}

/** A secret that everybody knows proves nothing: it is as if there were none. */
function withoutPlaceholder(remote: RemotePlan, problems: Problem[]): RemotePlan {
  const { secret, path, dial } = remote;
  if (!isPlaceholder(secret)) return remote;
  problems.push({
    severity: 'error',
    code: 'placeholder-secret',
    path: `${path}.secret`,
    message: `"${secret}" is what an example has, and lets nobody in: draw one of your own, with \`openssl rand -hex 24\``,
  });
  const { credentials: _, ...others } = dial ?? { insecure: false };
  return { ...remote, secret: '', ...(dial && { dial: others }) };
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
  return (error?.issues ?? []).map((issue) => ({
    severity: 'error',
    code: isMissing(issue) ? 'missing-attribute' : 'wrong-type',
    path: pathOf(base, issue.path) || '$',
    message: schemaFault(issue),
  }));
}
