/**
 * What could not be built when it was wanted, and may be later: its chip, its bus, or what it depends on is absent; or
 * one entry of a resource that was built, as a pin of a board.
 */
import type { ResourcePlan } from '../config/plan';
import type { Problem } from '../config/problems';

export interface AbsentResource {
  readonly plan: ResourcePlan;
  /** Of the last try. */
  fault: Problem;
  /** An entry at the path of its fault: all else of the resource is there. */
  readonly entry?: true;
  /** Problems of its attributes that have been told. */
  told: number;
}

/** A source cannot be had yet: it can once its resource is built. */
export class ResourceAbsent extends Error {}
