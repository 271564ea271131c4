/**
 * All resources of the main part by their full names: its own, those of its remotes, and services of the gateway.
 *
 * What comes in: resources, by their owner. What goes out: calls. What holds: a call is checked by the method's row,
 * and ends by its deadline whatever the resource does; a remote's resource has its short name too while that is unique.
 */

import { type Clock, systemClock } from '@sluice/common/clock';
import { schemaFault } from '@sluice/common/errors';
import { Events } from '@sluice/common/events';
import { CallError } from '../../proto/call-error';
import { within } from './deadline';
import { findApiMethod } from './methods';
import { apiOf, nameOf, type Resource } from './resource';

/** Milliseconds that a call may take when its caller does not say. */
export const defaultDeadline = 5_000;

export interface CallOptions {
  /** Milliseconds. Default 5,000. */
  deadline?: number;
  /** Nobody waits any more. */
  signal?: AbortSignal;
}

export interface GraphEvents {
  /** Resources have come or gone, or were built anew. */
  changed: undefined;
}

export class ResourceGraph {
  readonly events: Events<GraphEvents>;
  readonly #clock: Clock;
  readonly #byName = new Map<string, Resource>();
  /** By owner: what it has here. */
  readonly #owned = new Map<string, readonly Resource[]>();
  /** Of remotes' resources, by short name: all that have it. */
  readonly #short = new Map<string, Set<Resource>>();

  constructor({
    clock = systemClock,
    onProblem = () => undefined,
  }: { clock?: Clock; onProblem?(error: Error): void } = {}) {
    this.#clock = clock;
    this.events = new Events(onProblem);
  }

  /** Replaces what an owner has here. The resources stay the owner's: it closes them. A name that is taken stays taken. */
  put(owner: string, resources: readonly Resource[]): void {
    for (const before of this.#owned.get(owner) ?? []) this.#remove(before);
    const taken = resources.filter(({ name }) => !this.#byName.has(name));
    this.#owned.set(owner, taken);
    for (const resource of taken) this.#add(resource);
    this.events.emit('changed', undefined);
  }

  /** The full names of all, in the order of their owners. */
  names(): string[] {
    return [...this.#byName.keys()];
  }

  /** By full name, or `rdk:component:board/my-esp32` for a remote's while no other has it. */
  find(name: string): Resource | undefined {
    const own = this.#byName.get(name);
    const remotes = this.#short.get(name);
    return own ?? (remotes?.size === 1 ? [...remotes][0] : undefined);
  }

  /** @throws CallError unknown-resource */
  get(name: string): Resource {
    const resource = this.find(name);
    if (resource) return resource;
    const isAmbiguous = (this.#short.get(name)?.size ?? 0) > 1;
    throw new CallError(
      'unknown-resource',
      isAmbiguous
        ? `several remotes have a resource ${name}: name its remote too`
        : `there is no resource ${name}`,
    );
  }

  /**
   * Calls a method by its name: `call('rdk:component:board/b', 'GetGPIO', { pin: '27' })`.
   * @throws CallError unknown-resource, unknown-method, wrong-argument, deadline; of a remote also disconnected, busy,
   * failed; or what the driver throws
   */
  async call(
    name: string,
    methodName: string,
    request: object = {},
    { deadline = defaultDeadline, signal }: CallOptions = {},
  ): Promise<unknown> {
    const resource = this.get(name);
    const method = findApiMethod(apiOf(resource.name), methodName);
    if (!method) throw new CallError('unknown-method', `${resource.name} has no method ${methodName}`);
    const { data, error } = method.request.safeParse(request);
    if (error) {
      const issue = error.issues[0]!;
      throw new CallError('wrong-argument', `${issue.path.join('.') || methodName}: ${schemaFault(issue)}`);
    }
    return within(
      { clock: this.#clock, deadline, what: `${resource.name} ${methodName}`, signal },
      (context) => resource.call(method, data as object, context),
    );
  }

  #add(resource: Resource): void {
    this.#byName.set(resource.name, resource);
    const short = shortName(resource.name);
    if (short === undefined) return;
    this.#short.set(short, (this.#short.get(short) ?? new Set()).add(resource));
  }

  #remove(resource: Resource): void {
    this.#byName.delete(resource.name);
    const short = shortName(resource.name) ?? '';
    const others = this.#short.get(short);
    others?.delete(resource);
    if (others?.size === 0) this.#short.delete(short);
  }
}

/** `rdk:component:board/esp-home:b` → `rdk:component:board/b`; undefined for one that is no remote's. */
function shortName(name: string): string | undefined {
  const own = nameOf(name);
  const colon = own.lastIndexOf(':');
  return colon < 0 ? undefined : `${apiOf(name)}/${own.slice(colon + 1)}`;
}
