/**
 * The resources of all parts that come by the link, kept as the parts name them.
 *
 * What comes in: what the link tells of parts. What goes out: their resources in the graph. What holds: a part is asked
 * for its resources when it comes, when its configuration changes, and while it tells of itself once a minute, as a chip
 * that was absent may have come; a part that is away keeps its resources, whose calls then say that it is away.
 */
import { type Clock, systemClock, type WallMilliseconds } from '@sluice/common/clock';
import { type CallPart, LinkResource } from './link-resource';
import { apiOf, nameOf } from './resource';
import type { ResourceGraph } from './resource-graph';

/** What is known of a part: `PartState`. */
export interface KnownPart {
  readonly name: string;
  readonly connected: boolean;
  /** Wall milliseconds of the last connection. */
  readonly since: WallMilliseconds;
  readonly configuration?: { readonly revision: string };
}

export interface LinkResourcesOptions {
  graph: ResourceGraph;
  call: CallPart;
  /** What the main's configuration calls the part; undefined: it is not configured. */
  remoteOf(part: string): string | undefined;
  failed(part: string, error: Error): void;
  clock?: Clock;
}

/** ms between two questions without a reason. */
const askEvery = 60_000;
const deadline = 5_000;
/** Resources of one part at most. */
const mostResources = 256;

interface Listed {
  remote: string;
  /** Of which session and configuration. */
  reason: string;
  /** Monotonic ms. */
  askedAt: number;
  names: string;
}

export class LinkResources {
  readonly #options: LinkResourcesOptions;
  readonly #clock: Clock;
  readonly #listed = new Map<string, Listed>();

  constructor(options: LinkResourcesOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
  }

  /** Something about a part has changed, or the configuration has. */
  told(part: KnownPart): void {
    const remote = this.#options.remoteOf(part.name);
    const listed = this.#listed.get(part.name);
    if (listed && listed.remote !== remote) this.#forget(part.name);
    if (remote === undefined || !part.connected) return;
    const reason = `${part.since} ${part.configuration?.revision ?? ''}`;
    const known = this.#listed.get(part.name);
    const now = this.#clock.now();
    if (known?.reason === reason && now - known.askedAt < askEvery) return;
    const next = { remote, reason, askedAt: now, names: known?.names ?? '' };
    this.#listed.set(part.name, next);
    void this.#ask(part.name, next);
  }

  async #ask(part: string, listed: Listed): Promise<void> {
    const { call, failed, graph } = this.#options;
    try {
      const answer = await call(part, { resource: '', method: 'ResourceNames', arguments: {}, deadline });
      if (this.#listed.get(part) !== listed) return;
      const names = namesIn(answer);
      const text = names.join();
      if (text === listed.names) return;
      listed.names = text;
      graph.put(
        ownerOf(part),
        names.map((name) => new LinkResource(listed.remote, part, name, call)),
      );
    } catch (error) {
      // The next report of the part asks again.
      if (this.#listed.get(part) === listed) listed.reason = '';
      failed(part, error as Error);
    }
  }

  #forget(part: string): void {
    this.#listed.delete(part);
    this.#options.graph.put(ownerOf(part), []);
  }
}

function ownerOf(part: string): string {
  return `part ${part}`;
}

/** What a part says is from outside. */
function namesIn(answer: unknown): string[] {
  const { resources } = (answer ?? {}) as { resources?: unknown };
  if (!Array.isArray(resources)) return [];
  const isName = (name: unknown): name is string =>
    typeof name === 'string' && apiOf(name) !== '' && nameOf(name) !== '' && name.length <= 256;
  return resources.filter(isName).slice(0, mostResources);
}
