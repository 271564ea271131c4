/** What a gateway would say of the main part's configuration. */

import { type MachinePlan, readMachine } from '../../gateway/machine/machine';
import { checkPlan } from '../../gateway/resources/plan-problems';
import { drivers, modelsOf } from '../../gateway/resources/registry';
import { type JsonValue, machineLimits, readJson } from '../../modules/config/json';
import { lenientJson } from '../../modules/config/lenient';
import type { ResourcePlan } from '../../modules/config/plan';
import type { Problem } from '../../modules/config/problems';
import type { Findings } from './finding';
import { meaning, nearest } from './nearest';
import { watchReading } from './reading';
import { refine } from './refine';
import { apiOf, isOnChip, modelOf } from './roles';

export function checkMain(text: string, findings: Findings): MachinePlan {
  const { result: plan, asked, remarks } = watchReading(() => readMachine(text));
  const root = readJson(lenientJson(text).text, machineLimits).value;
  for (const problem of plan.problems) {
    const path = problem.path;
    const dot = path.lastIndexOf('.');
    findings.add(refine(problem, { root, asked: asked.get(dot < 0 ? '$' : path.slice(0, dot)) }));
  }
  for (const { code, path, message } of remarks) findings.warn(code, path, message);
  if (root?.kind === 'object') {
    unknownMembers(root, findings);
    boardsComponents(root, findings);
  }
  checkModels(plan, findings);
  checkSecrets(plan, findings);
  return plan;
}

/** What Viam's app puts into a machine's configuration, and what editors do. */
const members = [
  ...['components', 'services', 'remotes', 'modules', 'packages', 'processes', 'jobs'],
  ...['fragments', 'fragment_mods', 'cloud', 'network', 'auth', 'agent', 'debug', 'log'],
  ...['revision', 'maintenance', 'tracing', '$schema'],
  // Ours.
  'destinations',
];

function unknownMembers(root: JsonValue, findings: Findings): void {
  const code = 'unknown-attribute';
  for (const path of root.names().filter((name) => !members.includes(name)))
    findings.add(
      refine(
        { severity: 'warning', code, path, message: 'is not read by anything here' },
        { asked: new Set(members) },
      ),
    );
}

/** Components that only a chip can be: they stand in the board's own configuration. */
function boardsComponents(root: JsonValue, findings: Findings): void {
  (root.member('components')?.elements() ?? []).forEach((entry, index) => {
    if (entry.kind !== 'object' || !isOnChip(apiOf(entry, 'component'), modelOf(entry))) return;
    findings.error(
      'board-as-main',
      `components[${index}].model`,
      `${modelOf(entry)} runs on a board: it belongs into the board's own configuration, <part>.json`,
    );
  });
}

/** What cannot be built here; what a chip alone can is said already. */
function checkModels({ resources }: MachinePlan, findings: Findings): void {
  for (const resource of resources) {
    if (isOnChip(resource.api, resource.model)) continue;
    for (const problem of checkPlan(resource).problems)
      findings.add(problem.code === 'unknown-model' ? withMeaning(problem, resource) : problem);
  }
}

/** Of an API that there is, another model; else the API itself is what is wrong. */
function withMeaning(problem: Problem, { api, model }: ResourcePlan): Problem {
  const models = modelsOf(api);
  if (models.length > 0) return meaning(problem, nearest(model, models));
  const known = [...drivers.map((driver) => driver.api), 'rdk:service:data_manager'];
  return meaning(problem, nearest(api, known));
}

function checkSecrets({ remotes }: MachinePlan, findings: Findings): void {
  const known = new Map<string, string>();
  for (const { name, secret, path } of remotes) {
    if (secret === '') continue;
    if (known.has(secret))
      findings.warn('same-secret', `${path}.secret`, `is the same as that of "${known.get(secret)}"`);
    known.set(secret, name);
  }
}
