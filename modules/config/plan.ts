/** What a configuration comes to, once it is read: plain data, shared by the part, its gateway and the tests. */

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
  /** Where it stands in the configuration, for messages. */
  path: string;
}

/** One component to be built. Plans come in an order in which every one follows those it depends on. */
export interface ResourcePlan {
  /** `my-esp32` */
  name: string;
  /** `rdk:component:board` */
  api: string;
  /** `esp32`, or a triplet that is not `rdk:builtin:…` */
  model: string;
  /** JSON text of an object, as it is written. */
  attributes: string;
  /** Short names of the resources it needs and that are configured. */
  dependencies: string[];
  path: string;
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
}

export interface PartPlan {
  resources: ResourcePlan[];
  collectors: CollectorPlan[];
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

/** The exact period in milliseconds. Both members fit 32 bits. */
export function periodOf(frequency: Frequency): { numerator: number; denominator: number } {
  const { numerator, denominator } = frequency;
  const divisor = greatestCommonDivisor(1000 * denominator, numerator);
  return { numerator: (1000 * denominator) / divisor, denominator: numerator / divisor };
}

export function greatestCommonDivisor(a: number, b: number): number {
  while (b !== 0) [a, b] = [b, a % b];
  return a;
}
