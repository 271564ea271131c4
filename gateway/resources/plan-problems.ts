/** What is wrong with the plan of a resource of this machine, before it is built. `sluice check` asks the same. */
import { isMissing, schemaFault } from '@sluice/common/errors';
import type { ResourcePlan } from '../../modules/config/plan';
import type { Problem } from '../../modules/config/problems';
import type { Driver } from './driver';
import { pathOf } from './json-path';
import { findDriver, modelsOf } from './registry';

export interface CheckedPlan {
  problems: Problem[];
  /** Absent: it cannot be built. */
  buildable?: { driver: Driver; attributes: unknown };
}

/** An attribute that nobody reads is a warning. */
export function checkPlan(plan: ResourcePlan): CheckedPlan {
  const driver = findDriver(plan.api, plan.model);
  if (!driver) return { problems: [unknownModel(plan)] };
  const written = JSON.parse(plan.attributes || '{}') as Record<string, unknown>;
  const place = `${plan.path}.attributes`;
  const unread = Object.keys(written).filter((name) => !Object.hasOwn(driver.attributes.shape, name));
  const problems = unread.map(
    (name): Problem => ({
      severity: 'warning',
      code: 'unknown-attribute',
      path: `${place}.${name}`,
      message: `${driver.model} has no such attribute`,
    }),
  );
  const { data, error } = driver.attributes.safeParse(written);
  if (!error) return { problems, buildable: { driver, attributes: data } };
  for (const issue of error.issues)
    problems.push({
      severity: 'error',
      code: isMissing(issue) ? 'missing-attribute' : 'wrong-type',
      path: pathOf(place, issue.path),
      message: schemaFault(issue),
    });
  return { problems };
}

function unknownModel({ api, model, name, path }: ResourcePlan): Problem {
  const known = modelsOf(api);
  const rest = known.length > 0 ? `of ${api} there are ${known.join(', ')}` : `there is none of ${api}`;
  const message = `${name}: the model ${model} cannot run here (${rest}); everything else runs`;
  return { severity: 'error', code: 'unknown-model', path: `${path}.model`, message };
}
