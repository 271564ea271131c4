/**
 * The resources of this machine, built from their plans.
 *
 * What comes in: plans, in an order in which each follows what it needs. What goes out: resources in the graph, and what is
 * wrong by JSON path. What holds: what did not change goes on untouched; a model that cannot run here, or a driver that
 * fails, is reported and stops no other; one that failed is tried again, later and later, up to a minute.
 */
import type { Clock } from '@sluice/common/clock';
import type { Logger } from 'pino';
import type { ResourcePlan } from '../../modules/config/plan';
import type { Problem } from '../../modules/config/problems';
import { OwnResource } from './driver';
import { checkPlan } from './plan-problems';
import type { ResourceGraph } from './resource-graph';

export interface OwnResourcesOptions {
  graph: ResourceGraph;
  log: Logger;
  clock: Clock;
  /** What is wrong with them is otherwise than it was. */
  changed(problems: readonly Problem[]): void;
}

interface Built {
  readonly plan: ResourcePlan;
  resource?: OwnResource;
  problems: Problem[];
  /** Of the next attempt. */
  delay: number;
  cancel?: () => void;
}

/** ms */
const firstDelay = 1_000;
const longestDelay = 60_000;
const owner = 'own';

export class OwnResources {
  readonly #options: OwnResourcesOptions;
  #built = new Map<string, Built>();
  /** One configuration after the other. */
  #applying: Promise<void> = Promise.resolve();
  #isClosed = false;

  constructor(options: OwnResourcesOptions) {
    this.#options = options;
  }

  get problems(): Problem[] {
    return [...this.#built.values()].flatMap(({ problems }) => problems);
  }

  /** Makes the resources those of the plans. Resolves when each is built or has failed. */
  apply(plans: readonly ResourcePlan[]): Promise<void> {
    this.#applying = this.#applying.then(() => this.#apply(plans));
    return this.#applying;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#applying;
    for (const built of this.#built.values()) await this.#end(built);
    this.#options.graph.put(owner, []);
  }

  async #apply(plans: readonly ResourcePlan[]): Promise<void> {
    if (this.#isClosed) return;
    const before = this.#built;
    const now = new Map<string, Built>();
    const rebuilt = new Set<string>();
    for (const plan of plans) {
      const name = nameOf(plan);
      const known = before.get(name);
      const isSame = known !== undefined && isSamePlan(known.plan, plan);
      const stays = isSame && !plan.dependencies.some((dependency) => rebuilt.has(dependency));
      if (stays) now.set(name, { ...known, plan });
      else {
        rebuilt.add(plan.name);
        now.set(name, { plan, problems: [], delay: firstDelay });
      }
    }
    for (const [name, built] of before) {
      built.cancel?.();
      if (!now.get(name)?.resource) await this.#end(built);
    }
    this.#built = now;
    for (const built of now.values()) if (!built.resource) await this.#build(built);
    this.#publish();
  }

  async #build(built: Built): Promise<void> {
    const { plan } = built;
    const { problems, buildable } = checkPlan(plan);
    built.problems = problems;
    if (!buildable) return;
    const { driver, attributes } = buildable;
    const { graph, log } = this.#options;
    try {
      const context = { name: plan.name, attributes, log: log.child({ resource: nameOf(plan) }), graph };
      built.resource = new OwnResource(nameOf(plan), plan.model, await driver.open(context));
    } catch (error) {
      const message = `${plan.name} (${plan.model}): ${(error as Error).message}`;
      built.problems = [...problems, { severity: 'error', code: 'build-failed', path: plan.path, message }];
      this.#retry(built);
    }
  }

  #retry(built: Built): void {
    const { clock } = this.#options;
    const { delay } = built;
    built.delay = Math.min(longestDelay, 2 * delay);
    built.cancel = clock.after(delay, () => {
      this.#applying = this.#applying.then(async () => {
        if (this.#isClosed || this.#built.get(nameOf(built.plan)) !== built) return;
        await this.#build(built);
        this.#publish();
      });
    });
  }

  #publish(): void {
    const resources = [...this.#built.values()].flatMap(({ resource }) => resource ?? []);
    this.#options.graph.put(owner, resources);
    this.#options.changed(this.problems);
  }

  async #end({ plan, resource, cancel }: Built): Promise<void> {
    cancel?.();
    try {
      await resource?.close();
    } catch (error) {
      this.#options.log.warn({ resource: nameOf(plan), error: (error as Error).message }, 'not closed');
    }
  }
}

function nameOf({ api, name }: ResourcePlan): string {
  return `${api}/${name}`;
}

function isSamePlan(a: ResourcePlan, b: ResourcePlan): boolean {
  return a.model === b.model && a.attributes === b.attributes;
}
