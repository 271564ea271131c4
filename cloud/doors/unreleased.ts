/**
 * The QoS 2 messages that are here and that their senders have not released (MQTT 3.1.1, 4.3.3): until then each may
 * come again, and is stored once. Known by their identifiers alone: a session has 65,535 of them, and what a message
 * says is in the inbox already.
 *
 * What holds: a message that comes again while the first of it is on its way waits for that one; what there is no room
 * for is refused before any of it is stored.
 */

/** Sessions with such messages. */
export const mostUnreleasedSessions = 10_000;
/** Messages of all sessions, above which a session has no more than its share. */
export const mostUnreleased = 500_000;
export const unreleasedShare = 20;

/** One that is on its way. */
interface Coming {
  /** Resolves when it is here; rejects when it is not. */
  readonly outcome: Promise<void>;
  here(): void;
  failed(error: unknown): void;
}

interface Session {
  readonly here: Set<number>;
  readonly coming: Map<number, Coming>;
}

export class UnreleasedMessages {
  readonly #sessions = new Map<string, Session>();
  #count = 0;
  #refused = 0;

  /** Messages refused since the start, because there was no room. */
  get refused(): number {
    return this.#refused;
  }

  /** Of sessions that have any, what is here. */
  *kept(): Iterable<[session: string, ids: number[]]> {
    for (const [session, { here }] of this.#sessions) if (here.size > 0) yield [session, [...here]];
  }

  isHere(session: string, id: number): boolean {
    return this.#sessions.get(session)?.here.has(id) === true;
  }

  /**
   * Stores a message unless it is here. It is here only when `add` has said so too.
   * @throws what `store` throws, and when there is no room
   */
  async take(session: string, id: number, store: () => Promise<void>): Promise<void> {
    if (this.isHere(session, id)) return;
    const before = this.#sessions.get(session)?.coming.get(id);
    if (before !== undefined) return before.outcome;
    const of = this.#reserve(session);
    const coming = newComing();
    of.coming.set(id, coming);
    try {
      await store();
    } catch (error) {
      if (of.coming.delete(id)) this.#left(session, of);
      coming.failed(error);
      throw error;
    }
  }

  /** From now on this one is known; only of what was taken, or kept before. */
  add(session: string, id: number): void {
    const of = this.#sessions.get(session);
    const coming = of?.coming.get(id);
    // Of a session that has begun anew meanwhile nothing is kept.
    if (of === undefined || coming === undefined) return;
    of.coming.delete(id);
    of.here.add(id);
    coming.here();
  }

  /** Takes over what was kept. */
  restore(session: string, ids: readonly number[]): void {
    for (const id of ids) if (!this.isHere(session, id)) this.#reserve(session).here.add(id);
  }

  /** @returns whether it was here */
  release(session: string, id: number): boolean {
    const of = this.#sessions.get(session);
    const wasHere = of?.here.delete(id) === true;
    if (wasHere) this.#left(session, of!);
    return wasHere;
  }

  /** @returns whether the session had any */
  forget(session: string): boolean {
    const of = this.#sessions.get(session);
    if (of === undefined) return false;
    this.#sessions.delete(session);
    this.#count -= of.here.size + of.coming.size;
    for (const coming of of.coming.values()) coming.failed(new Error('the session has begun anew'));
    of.coming.clear();
    return true;
  }

  #reserve(session: string): Session {
    const of = this.#sessions.get(session);
    const own = of === undefined ? 0 : of.here.size + of.coming.size;
    const hasRoom =
      own < unreleasedShare
        ? of !== undefined || this.#sessions.size < mostUnreleasedSessions
        : this.#count < mostUnreleased;
    if (!hasRoom) {
      this.#refused++;
      throw new Error('there is no room for another QoS 2 message that is not released');
    }
    this.#count++;
    const taken = of ?? { here: new Set(), coming: new Map() };
    this.#sessions.set(session, taken);
    return taken;
  }

  #left(session: string, { here, coming }: Session): void {
    this.#count--;
    if (here.size + coming.size === 0) this.#sessions.delete(session);
  }
}

function newComing(): Coming {
  let here!: () => void;
  let failed!: (error: unknown) => void;
  const outcome = new Promise<void>((resolve, reject) => {
    here = resolve;
    failed = reject;
  });
  // Most often nobody waits for it.
  outcome.catch(() => undefined);
  return { outcome, here, failed };
}
