/**
 * The resources of the device. In: resource plans, in building order. Out: resources by name, their sources, and what
 * was built anew. Holds: a resource whose plan did not change, nor those it depends on, is left alone; one that cannot
 * be built is a problem by its path and stops no other. Where the driver failed, or one entry of a board, a chip or bus
 * may only be absent: the plan is kept for `retry`.
 */

import { type Attributes, attributesOf } from '../config/attributes';
import { partLimits, readJson } from '../config/json';
import { type CollectorPlan, type ResourcePlan, resourceName } from '../config/plan';
import { type Problem, Problems } from '../config/problems';
import { type AbsentResource, ResourceAbsent } from './absent-resource';
import type { Board } from './apis';
import { type Chip, findChip } from './chips';
import { type DriverContext, Incomplete } from './driver';
import { fingerprintOf } from './fingerprint';
import { findDriver, modelsOf } from './registry';
import type { Resource, Source } from './source';

/** What was built. Of its plan no more is kept than tells whether another is the same. */
interface Entry {
  readonly name: string;
  readonly api: string;
  readonly path: string;
  readonly fingerprint: number;
  readonly resource: Resource;
}

export interface Applied {
  problems: Problem[];
  /** `rdk:component:board/my-esp32` of resources that were closed: built anew, or gone. Their sources are dead. */
  rebuilt: Set<string>;
}

export class ResourceSet {
  private readonly chip: Chip;
  private entries: Entry[] = [];
  /** In building order. There only while there is one: it takes no memory of a device that has all. */
  declare absent?: AbsentResource[];

  /** @param chip `config.chip` of `mc/config` */
  constructor({ chip }: { chip: string }) {
    this.chip = findChip(chip);
  }

  /** Which of the plans, by their places, are of resources that would be left alone: 1, the others 0. */
  keeps(plans: readonly ResourcePlan[]): Uint8Array {
    const kept = new Uint8Array(plans.length);
    for (let index = 0; index < plans.length; index++) {
      const plan = plans[index]!;
      const entry = this.entries.find(({ name }) => name === plan.name);
      if (!entry || !isOf(entry, plan)) continue;
      kept[index] = 1;
      // In building order: the fate of those it depends on is known already.
      for (const name of plan.dependencies)
        if (kept[plans.findIndex((other) => other.name === name)] !== 1) kept[index] = 0;
    }
    return kept;
  }

  /** Makes the resources those of the plans. All that goes is closed before anything is opened: pins change hands. */
  apply(plans: readonly ResourcePlan[]): Applied {
    const problems = new Problems();
    const rebuilt = new Set<string>();
    const kept = this.kept(plans);
    const incomplete = this.absent?.filter(({ entry }) => entry) ?? [];
    for (const entry of [...this.entries].reverse()) {
      if (kept.includes(entry)) continue;
      rebuilt.add(fullName(entry));
      closeEntry(entry, problems);
    }
    this.entries = [];
    if (this.absent) this.absent = undefined;
    for (const plan of plans) {
      const entry = kept.find(({ name }) => name === plan.name);
      if (!entry) {
        this.buildFirst(plan, problems);
        continue;
      }
      this.entries.push({ ...entry, path: plan.path });
      if (incomplete.some((absent) => absent.plan.name === plan.name)) this.completeFirst(plan, problems);
    }
    return { problems: problems.list, rebuilt };
  }

  /**
   * Builds one that is absent. Those that depend on it stay absent until they are tried themselves.
   * @param problems gets those of its attributes that were not told before
   * @returns whether it is there now
   */
  retry(absent: AbsentResource, problems: Problems): boolean {
    const found = new Problems();
    try {
      if (absent.entry) {
        this.complete(absent.plan, found);
        const { path } = absent.fault;
        const fault = found.list.find((problem) => problem.path === path && isUnopened(problem));
        if (fault) {
          absent.fault = fault;
          return false;
        }
      } else {
        const entry = this.build(absent.plan, found);
        if (entry) this.entries.push(entry);
      }
      const left = this.absent!.filter((other) => other !== absent);
      this.absent = left.length > 0 ? left : undefined;
      return true;
    } catch (error) {
      absent.fault = faultOf(absent.plan, error);
      return false;
    } finally {
      // The attributes are read in the same order each time.
      for (const problem of found.list.slice(absent.told)) problems.add(problem);
      absent.told = Math.max(absent.told, found.list.length);
    }
  }

  /** By the full name, when it is absent. */
  absentOf(name: string): AbsentResource | undefined {
    return this.absent?.find(({ plan }) => resourceName(plan.api, plan.name) === name);
  }

  /** By the full name. Undefined when it is not configured or could not be built. */
  get(name: string): Resource | undefined {
    return this.entries.find((entry) => fullName(entry) === name)?.resource;
  }

  /** Full names, in building order. */
  names(): string[] {
    return this.entries.map(fullName);
  }

  /** What a collector reads. @throws ResourceAbsent, or another Error that says what is missing */
  source(plan: CollectorPlan): Source {
    const { resource, method, parameters } = plan.identity;
    const found = this.get(resource);
    if (!found && this.absentOf(resource)) throw new ResourceAbsent(`${resource} is absent`);
    if (!found) throw new Error(`${resource} was not built`);
    return found.source(method, parameters);
  }

  /** Closes all, those that depend on others first. */
  close(): void {
    for (const entry of this.entries.reverse()) closeEntry(entry, new Problems());
    this.entries = [];
    if (this.absent) this.absent = undefined;
  }

  private kept(plans: readonly ResourcePlan[]): Entry[] {
    const keeps = this.keeps(plans);
    return this.entries.filter((entry) =>
      plans.some(({ name }, index) => keeps[index] === 1 && name === entry.name),
    );
  }

  private buildFirst(plan: ResourcePlan, problems: Problems): void {
    const before = problems.list.length;
    try {
      const entry = this.build(plan, problems);
      if (!entry) return;
      this.entries.push(entry);
      if (entry.resource.complete) this.awaitEntries(plan, problems, before);
    } catch (error) {
      const fault = faultOf(plan, error);
      this.await({ plan, fault, told: problems.list.length - before });
      problems.add(fault);
    }
  }

  private completeFirst(plan: ResourcePlan, problems: Problems): void {
    const before = problems.list.length;
    this.complete(plan, problems);
    this.awaitEntries(plan, problems, before);
  }

  /** @param before how many problems there were before those of the plan's resource */
  private awaitEntries(plan: ResourcePlan, { list }: Problems, before: number): void {
    for (const fault of list.slice(before))
      if (isUnopened(fault)) this.await({ plan, fault, told: list.length - before, entry: true });
  }

  private await(absent: AbsentResource): void {
    if (this.absent) this.absent.push(absent);
    else this.absent = [absent];
  }

  /** Opens what is absent of a resource that was built. */
  private complete(plan: ResourcePlan, problems: Problems): void {
    const { resource } = this.entries.find(({ name }) => name === plan.name)!;
    resource.complete!(this.attributesOf(plan, problems), this.chip);
  }

  /**
   * @returns undefined when the configuration itself is wrong
   * @throws what the driver throws
   */
  protected build(plan: ResourcePlan, problems: Problems): Entry | undefined {
    const driver = findDriver(plan.api, plan.model);
    if (!driver) {
      const models = modelsOf(plan.api);
      const known =
        models.length > 0 ? `of ${plan.api} there is ${models.join(', ')}` : `there is no ${plan.api}`;
      problems.error('unknown-model', `${plan.path}.model`, `no driver of model "${plan.model}": ${known}`);
      return undefined;
    }
    const attributes = this.attributesOf(plan, problems);
    try {
      const resource = driver(this.contextOf(plan, attributes));
      attributes.finish();
      const { name, api, path } = plan;
      return { name, api, path, fingerprint: fingerprintOf(plan), resource };
    } catch (error) {
      if (error instanceof Incomplete) return undefined;
      throw error;
    }
  }

  private attributesOf({ attributes, path }: ResourcePlan, problems: Problems): Attributes {
    // The text was checked as a part of the whole one.
    const { value } = readJson(attributes, partLimits);
    return attributesOf(value!, `${path}.attributes`, problems);
  }

  private contextOf(plan: ResourcePlan, attributes: Attributes): DriverContext {
    return {
      name: plan.name,
      attributes,
      chip: this.chip,
      resource: (api, name) => this.find(api, name),
      board: () => this.board(attributes.string('board')),
    };
  }

  private find(api: string, name: string): Resource {
    const entry = this.entries.find((built) => built.name === name && built.api === api);
    if (!entry) throw new Error(`needs ${resourceName(api, name)}, which is not there or was not built`);
    return entry.resource;
  }

  private board(name: string | undefined): Board {
    const api = 'rdk:component:board';
    if (name) return this.find(api, name) as Board;
    const boards = this.entries.filter((entry) => entry.api === api);
    if (boards.length === 0) throw new Error('needs a board, and none is there or was built');
    if (boards.length > 1) throw new Error('there are several boards: name one in the attribute "board"');
    return boards[0].resource as Board;
  }
}

function fullName({ api, name }: Entry): string {
  return resourceName(api, name);
}

/** Whether the plan is that by which it was built, in everything but its place. */
function isOf({ name, api, fingerprint }: Entry, plan: ResourcePlan): boolean {
  return name === plan.name && api === plan.api && fingerprint === fingerprintOf(plan);
}

/** Whether hardware could not be opened. */
function isUnopened({ code }: Problem): boolean {
  return code === 'build-failed';
}

/** A driver that fails to close must not keep the others from it. */
function closeEntry({ path, name, resource }: Entry, problems: Problems): void {
  try {
    resource.close();
  } catch (error) {
    problems.warn('build-failed', path, `${name} did not close: ${messageOf(error)}`);
  }
}

function faultOf({ name, path }: ResourcePlan, error: unknown): Problem {
  return { severity: 'error', code: 'build-failed', path, message: `${name}: ${messageOf(error)}` };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
