/** What a configuration comes to, once it is read: plain data, shared by the part, its gateway and the tests. */

import type { MemoryCost } from './memory-costs';
import { parameterNames } from './methods';
import type { Paths } from './paths';
import type { Problem } from './problems';

/** Whose configuration lists a capture method: the part's own, or that of the main part for its remote. */
export type Owner = 'part' | 'main';

/** Hz, an exact fraction in lowest terms; the denominator is at most 1,000,000, the numerator 1,000,000,000. */
export interface Frequency {
  numerator: number;
  denominator: number;
}

/** What makes a stream the same stream after a change of configuration or a restart. */
export interface StreamIdentity {
  owner: Owner;
  /** `rdk:component:board/my-esp32` */
  resource: string;
  method: string;
  /** `reader_name`, `pin_name` and whatever else `additional_params` holds, as text. */
  parameters: Record<string, string>;
}

/** How long the cloud keeps what is captured (specification, "retention_policy"). At least one is set. */
export interface RetentionPolicy {
  days?: number;
  binaryLimitGb?: number;
  tabularLimitGb?: number;
}

/** One capture method that runs. */
export interface CollectorPlan {
  identity: StreamIdentity;
  frequency: Frequency;
  /** Bytes of complete blocks the ring may hold: `cache_size_kb` × 1,000. */
  quota: number;
  /** Bytes a block aims at: min(512, quota / 4), at least 200. */
  target: number;
  tags: string[];
  retention?: RetentionPolicy;
}

/** All of a plan but its parameters: the pins of a board mostly have the rest in common. */
export interface CommonPlan extends Omit<StreamIdentity, 'parameters'> {
  frequency: Frequency;
  quota: number;
  tags: string[];
  retention?: RetentionPolicy;
}

/** A plan as a device keeps it: what it has of its own, and what many have in common. It is its own identity too. */
export class SharedPlan implements CollectorPlan, StreamIdentity {
  readonly common: CommonPlan;
  readonly parameters: Record<string, string>;

  constructor(common: CommonPlan, parameters: Record<string, string>) {
    this.common = common;
    this.parameters = parameters;
  }

  get identity(): StreamIdentity {
    return this;
  }

  get owner(): Owner {
    return this.common.owner;
  }

  get resource(): string {
    return this.common.resource;
  }

  get method(): string {
    return this.common.method;
  }

  get frequency(): Frequency {
    return this.common.frequency;
  }

  get quota(): number {
    return this.common.quota;
  }

  get target(): number {
    return Math.max(200, Math.min(512, Math.floor(this.quota / 4)));
  }

  get tags(): string[] {
    return this.common.tags;
  }

  get retention(): RetentionPolicy | undefined {
    return this.common.retention;
  }
}

/** One component to be built. Plans come in an order in which every one follows those it depends on. */
export interface ResourcePlan {
  /** `my-esp32` */
  name: string;
  /** `rdk:component:board` */
  api: string;
  /** `esp32`, or a triplet that is not `rdk:builtin:…` */
  model: string;
  /** JSON text of an object, without white space. */
  attributes: string;
  /** Short names of the resources it needs and that are configured. */
  dependencies: string[];
  path: string;
}

/** What runs already: it knows the plan that is the same as one. */
export interface Running {
  same(plan: CollectorPlan): CollectorPlan | undefined;
}

/** How a part syncs to its gateway or broker: from its own data manager. */
export interface SyncPlan {
  /** `sync_disabled`: holds for the part's own streams. Those which the main added always go to the main. */
  disabled: boolean;
  /** ms between two syncs: `sync_interval_mins`. */
  interval: number;
  /** `retain_unsynced`: keep what is not acknowledged through a reboot. Off, as the specification has it. */
  retainUnsynced: boolean;
  /** `ram_head_kb` in bytes: RAM that blocks pass through before flash. Absent: the device decides. */
  headBytes?: number;
  /** `radio: "duty"`: the radio is on for syncs only. */
  duty?: DutyPlan;
}

/** Whether a sync takes along what a plan captures, unless everything is asked for. */
export function isSynced({ disabled }: SyncPlan, { identity }: Pick<CollectorPlan, 'identity'>): boolean {
  return !disabled || identity.owner === 'main';
}

export interface DutyPlan {
  /** `radio_share`: a ring that is fuller than this share of its quota is synced before its time. */
  share: number;
}

/** What is captured, and where in the configuration that is said: `paths.at(n)` is the path of `collectors[n]`. */
export interface CapturePlan {
  collectors: CollectorPlan[];
  paths: { at(index: number): string | undefined };
}

export interface PartPlan extends CapturePlan {
  /** Nodes that a record may have on the chip for which it was reckoned. */
  recordNodes?: number;
  /** Names that all their sources may bring at run time. */
  recordNames?: number;
  /** What all of it takes there, once it runs. */
  memory?: MemoryCost;
  paths: Paths;
  resources: ResourcePlan[];
  sync: SyncPlan;
  problems: Problem[];
}

/** `rdk:component:board` + `my-esp32` → `rdk:component:board/my-esp32` */
export function resourceName(api: string, name: string): string {
  return `${api}/${name}`;
}

/** The text by which two identities are the same: owner, resource, method and the sorted parameters. */
export function identityKey(identity: StreamIdentity): string {
  const names = Object.keys(identity.parameters).sort();
  let key = `${identity.owner} ${identity.resource} ${identity.method}`;
  for (const name of names) key += ` ${JSON.stringify(name)}=${JSON.stringify(identity.parameters[name])}`;
  return key;
}

/** Whether two identities are the same, as their keys are. */
export function isSameIdentity(a: StreamIdentity, b: StreamIdentity): boolean {
  return (
    a.method === b.method &&
    a.owner === b.owner &&
    a.resource === b.resource &&
    isSameParameters(a.parameters, b.parameters)
  );
}

function isSameParameters(a: Record<string, string>, b: Record<string, string>): boolean {
  // Those by which they mostly differ first: a list of all their names is garbage.
  for (let index = 0; index < parameterNames.length; index++) {
    const name = parameterNames[index]!;
    if (a[name] !== b[name]) return false;
  }
  return isSameRecord(a, b);
}

/** Whether two plans of the same stream come to the same readings, blocks and declaration. */
export function isSameCapture(a: CollectorPlan, b: CollectorPlan): boolean {
  return (
    a === b ||
    (a.quota === b.quota &&
      a.target === b.target &&
      isSameFrequency(a.frequency, b.frequency) &&
      isSameList(a.tags, b.tags) &&
      isSameRecord(a.retention, b.retention))
  );
}

export function isSameFrequency(a: Frequency, b: Frequency): boolean {
  return a.numerator === b.numerator && a.denominator === b.denominator;
}

export function isSameList(a: readonly string[], b: readonly string[]): boolean {
  return a === b || (a.length === b.length && a.every((element, index) => element === b[index]));
}

/** Whether two records of plain values, or none, have the same members. */
export function isSameRecord(a: object | undefined, b: object | undefined): boolean {
  if (a === b) return true;
  if (a === undefined || b === undefined) return false;
  const names = Object.keys(a) as (keyof typeof a)[];
  return names.length === Object.keys(b).length && names.every((name) => a[name] === b[name]);
}

/** The exact period in milliseconds. Both members fit 32 bits. */
export function periodOf(frequency: Frequency): { numerator: number; denominator: number } {
  const { numerator, denominator } = frequency;
  const divisor = greatestCommonDivisor(1000 * denominator, numerator);
  return { numerator: (1000 * denominator) / divisor, denominator: numerator / divisor };
}

export function greatestCommonDivisor(a: number, b: number): number {
  let divisor = a;
  let rest = b;
  while (rest !== 0) {
    const next = divisor % rest;
    divisor = rest;
    rest = next;
  }
  return divisor;
}
