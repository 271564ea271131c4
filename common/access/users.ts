/** Who may use the doors, as a running program knows it: a revoked key is of no use within a second. */
import { type Stats, statSync } from 'node:fs';
import { isKey, keyId, makeKey } from './keys';
import { type Membership, type Principal, principalOf } from './principal';
import type { Right } from './roles';
import { readUserFile, type StoredKey, type UserFile } from './user-file';

/** Milliseconds between two looks whether the file has changed. */
const lookInterval = 500;

interface KnownKey {
  stored: StoredKey;
  principal: Principal;
}

/** What proves a user at a door that gives tokens of its own. */
export interface Credential {
  principal: Principal;
  /** Of the key; not secret. */
  keyId: string;
  /** Stands for the key without being it, and ends with it: what a token may be signed with. */
  secret: string;
  fits(key: string): boolean;
}

export interface UsersOptions {
  path: string;
  /** A file that cannot be read: what was known before stays. */
  onProblem(problem: Error): void;
  /** Milliseconds, monotonic; for tests. */
  now?: () => number;
}

export class Users {
  readonly #options: UsersOptions;
  readonly #own = new Map<string, KnownKey>();
  #keys = new Map<string, KnownKey>();
  #names = new Map<string, Principal>();
  #private = new Set<string>();
  #looked: number;
  #seen: string;

  /** @throws when the file is there and cannot be read: who may come in is then not known */
  constructor(options: UsersOptions) {
    this.#options = options;
    this.#looked = this.#now();
    this.#seen = stateOf(options.path);
    this.#take(readUserFile(options.path));
  }

  /** Whether anybody is configured; while nobody is, loopback is open to all. */
  get configured(): boolean {
    this.#look();
    return this.#keys.size > 0;
  }

  /**
   * Whose key this is; undefined for a wrong, an unknown and a revoked one.
   * @param name when the protocol carries one beside the key, it has to fit
   */
  prove(key: string, name?: string): Principal | undefined {
    this.#look();
    const id = keyId(key);
    const known = id === undefined ? undefined : (this.#own.get(id) ?? this.#keys.get(id));
    if (known === undefined || !isKey(key, known.stored)) return undefined;
    return name === undefined || name === '' || name === known.principal.name ? known.principal : undefined;
  }

  /** The principal as it is now; undefined when all its keys were revoked since. */
  current(principal: Principal): Principal | undefined {
    this.#look();
    return (
      this.#names.get(principal.name) ??
      [...this.#own.values()].find((own) => own.principal === principal)?.principal
    );
  }

  /** The keys of those who have a right. @param name or key's id; left out: everybody's */
  credentials(right: Right, name?: string): Credential[] {
    this.#look();
    const found: Credential[] = [];
    for (const [keyId, { stored, principal }] of this.#keys)
      if (principal.has(right) && (name === undefined || name === principal.name || name === keyId))
        found.push({ principal, keyId, secret: stored.hash, fits: (key) => isKey(key, stored) });
    return found;
  }

  /** A key for a part of this program, which is never written down. */
  keyOfOwn(membership: Membership): string {
    const { text, stored } = makeKey(new Date());
    this.#own.set(stored.id, {
      stored,
      principal: principalOf(membership, (appId) => this.#isPrivate(appId)),
    });
    return text;
  }

  #now(): number {
    return this.#options.now?.() ?? performance.now();
  }

  #isPrivate(appId: string): boolean {
    return this.#private.has(appId);
  }

  #look(): void {
    const now = this.#now();
    if (now - this.#looked < lookInterval) return;
    this.#looked = now;
    const seen = stateOf(this.#options.path);
    if (seen === this.#seen) return;
    this.#seen = seen;
    try {
      this.#take(readUserFile(this.#options.path));
    } catch (error) {
      this.#options.onProblem(error as Error);
    }
  }

  #take({ users, projects }: UserFile): void {
    this.#private = new Set(Object.keys(projects).filter((appId) => projects[appId]!.private));
    const isPrivate = (appId: string) => this.#isPrivate(appId);
    this.#keys = new Map();
    this.#names = new Map();
    for (const user of users) {
      const principal = principalOf(user, isPrivate);
      this.#names.set(user.name, principal);
      for (const stored of user.keys) this.#keys.set(stored.id, { stored, principal });
    }
  }
}

/** What tells a changed file. */
function stateOf(path: string): string {
  let stats: Stats;
  try {
    stats = statSync(path);
  } catch {
    return 'none';
  }
  return `${stats.ino} ${stats.size} ${stats.mtimeMs}`;
}
