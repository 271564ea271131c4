/** The parts of the machine's configuration, for the link: who they are, what proves them, what they should run with. */
import { createHash } from 'node:crypto';
import type { MachinePlan, RemotePlan } from '../modules/config/machine';
import type { PartConfiguration, Parts } from './link/connection';
import { remoteOf } from './settings';

/** What of the link follows a change. */
interface Followers {
  known: ReadonlyMap<string, unknown>;
  revoke(part: string): void;
  configure(part: string): void;
}

export class ConfiguredParts implements Parts {
  readonly #own: (part: string) => string | undefined;
  /** Of the configuration that each part was given last. */
  readonly #revisions = new Map<string, string>();
  #plan: MachinePlan;

  /** @param own a part's own Viam configuration, when the gateway holds it */
  constructor(plan: MachinePlan, own: (part: string) => string | undefined) {
    this.#plan = plan;
    this.#own = own;
  }

  remote(part: string): RemotePlan | undefined {
    return remoteOf(this.#plan, part);
  }

  secret(part: string): string | undefined {
    return this.remote(part)?.secret || undefined;
  }

  configuration(part: string): PartConfiguration | undefined {
    const remote = this.remote(part);
    if (!remote) return undefined;
    const own = this.#own(part) ?? '';
    const { additions } = remote;
    const digest = createHash('sha256').update(JSON.stringify([own, additions]));
    const revision = digest.digest('hex').slice(0, 16);
    this.#revisions.set(part, revision);
    return { revision, part: own, additions };
  }

  /** Takes a new plan: parts that are no more, or have another secret, are cut off; others get what is new for them. */
  configure(plan: MachinePlan, link: Followers): void {
    const before = this.#plan;
    this.#plan = plan;
    for (const part of link.known.keys()) {
      const [old, now] = [remoteOf(before, part), this.remote(part)];
      const given = this.#revisions.get(part);
      if (!now || old?.secret !== now.secret) link.revoke(part);
      else if (this.configuration(part)?.revision !== given) link.configure(part);
    }
  }
}
