/**
 * Where everything has gone, kept as it happens: for each collector over all boots, and for each destination,
 * received = delivered + set aside + deleted + stored. A binary or an adopted file counts as one block of one reading.
 */
export interface Tally {
  blocks: number;
  readings: number;
}

/** What ends an item for a destination. `setAside`: refused, and kept in `failed/`. */
export type Fate = 'delivered' | 'setAside' | 'deleted';

/** Of one destination. `received` is what was stored when the destination came, and all that has come since. */
export interface Tallies {
  received: Tally;
  delivered: Tally;
  setAside: Tally;
  /** For want of space, or by hand. */
  deleted: Tally;
  stored: Tally;
  /**
   * Readings that may be at the destination more than once, since an answer of it was lost. Left out: none. A crash
   * forgets those since the last checkpoint.
   */
  maybeTwice?: number;
}

/** Who captured: the same over all boots. */
export interface CollectorName {
  part: string;
  owner: 'part' | 'main';
  resource: string;
  method: string;
  parameters: Record<string, string>;
}

export interface Collector extends CollectorName {
  destinations: Record<string, Tallies>;
}

export function add(tally: Tally, { blocks, readings }: Tally, sign: 1 | -1 = 1): void {
  tally.blocks += sign * blocks;
  tally.readings += sign * readings;
}

function noTallies(): Tallies {
  const none = () => ({ blocks: 0, readings: 0 });
  return { received: none(), delivered: none(), setAside: none(), deleted: none(), stored: none() };
}

/** What tells collectors apart. */
export function collectorKey(of: CollectorName): string {
  const parameters = Object.entries(of.parameters).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([of.part, of.owner, of.resource, of.method, parameters]);
}

export class Account {
  readonly #collectors = new Map<string, Collector>();
  readonly #byPart = new Map<string, Collector[]>();
  #destinations: string[];

  constructor(destinations: readonly string[]) {
    this.#destinations = [...destinations];
  }

  get destinations(): readonly string[] {
    return this.#destinations;
  }

  get collectors(): Iterable<Collector> {
    return this.#collectors.values();
  }

  of(metadata: CollectorName): Collector {
    const key = collectorKey(metadata);
    const known = this.#collectors.get(key);
    if (known !== undefined) return known;
    const { part, owner, resource, method, parameters } = metadata;
    const destinations = Object.fromEntries(this.#destinations.map((name) => [name, noTallies()]));
    const collector = { part, owner, resource, method, parameters, destinations };
    this.#put(key, collector);
    return collector;
  }

  ofPart(part: string): readonly Collector[] {
    return this.#byPart.get(part) ?? [];
  }

  received({ destinations }: Collector, count: Tally): void {
    for (const name of this.#destinations) {
      add(destinations[name]!.received, count);
      add(destinations[name]!.stored, count);
    }
  }

  /** What one destination has not been told of, and is stored. */
  receivedFor({ destinations }: Collector, destination: string, count: Tally): void {
    const tallies = destinations[destination];
    if (tallies === undefined) return;
    add(tallies.received, count);
    add(tallies.stored, count);
  }

  /** What was stored has come to its end for a destination. One that is no longer configured counts nothing. */
  settled({ destinations }: Collector, destination: string, fate: Fate, count: Tally): void {
    const tallies = destinations[destination];
    if (tallies === undefined) return;
    add(tallies.stored, count, -1);
    add(tallies[fate], count);
  }

  /** What was stored has gone back to its owner, who gives it again as another item. */
  released({ destinations }: Collector, destination: string, count: Tally): void {
    const tallies = destinations[destination];
    if (tallies === undefined) return;
    add(tallies.stored, count, -1);
    add(tallies.received, count, -1);
  }

  /** What was set aside has gone for good. */
  lost({ destinations }: Collector, destination: string, count: Tally): void {
    const tallies = destinations[destination];
    if (tallies === undefined) return;
    add(tallies.setAside, count, -1);
    add(tallies.deleted, count);
  }

  /** Whether these have been taken is not known: they go again. */
  doubted({ destinations }: Collector, destination: string, readings: number): void {
    const tallies = destinations[destination];
    if (tallies !== undefined) tallies.maybeTwice = (tallies.maybeTwice ?? 0) + readings;
  }

  /** What is really stored: what nobody knew of has been received. @returns what is missing of what should be */
  reconcile({ destinations }: Collector, destination: string, actual: Tally): Tally {
    const { stored, received } = destinations[destination]!;
    const missing = { blocks: stored.blocks - actual.blocks, readings: stored.readings - actual.readings };
    if (missing.blocks >= 0) return missing;
    add(received, missing, -1);
    destinations[destination]!.stored = { ...actual };
    return { blocks: 0, readings: 0 };
  }

  /** @param stored what of a collector waits for a destination that is new */
  configure(names: readonly string[], stored: (collector: Collector, destination: string) => Tally): void {
    const added = names.filter((name) => !this.#destinations.includes(name));
    this.#destinations = [...names];
    for (const collector of this.#collectors.values()) {
      const { destinations } = collector;
      for (const name of Object.keys(destinations)) if (!names.includes(name)) delete destinations[name];
      for (const name of added) {
        const waiting = stored(collector, name);
        destinations[name] = { ...noTallies(), received: { ...waiting }, stored: { ...waiting } };
      }
    }
  }

  snapshot(): { destinations: string[]; collectors: Collector[] } {
    return { destinations: this.#destinations, collectors: [...this.#collectors.values()] };
  }

  restore({ destinations, collectors }: { destinations: string[]; collectors: Collector[] }): void {
    this.#destinations = destinations;
    for (const collector of collectors) this.#put(collectorKey(collector), collector);
  }

  #put(key: string, collector: Collector): void {
    this.#collectors.set(key, collector);
    const ofPart = this.#byPart.get(collector.part);
    if (ofPart === undefined) this.#byPart.set(collector.part, [collector]);
    else ofPart.push(collector);
  }
}
