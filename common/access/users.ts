/** Who may use the doors, as a running program knows it: a revoked key is of no use within a second. */
import { isKey, keyId, makeKey } from './keys';
import { type Membership, type Principal, principalOf } from './principal';
import type { Right } from './roles';
import { readUserFile, type StoredKey } from './user-file';
import { WatchedFile, type WatchedFileOptions } from './watched-file';

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

/** What the file of users says. */
interface Known {
  keys: ReadonlyMap<string, KnownKey>;
  names: ReadonlyMap<string, Principal>;
  /** Projects that are nobody's but their members'. */
  private: ReadonlySet<string>;
}

export class Users {
  readonly #file: WatchedFile<Known>;
  readonly #own = new Map<string, KnownKey>();
  /** As the file says now, also to whom somebody holds for longer. */
  readonly #isPrivate = (appId: string) => this.#file.content.private.has(appId);

  /** @throws when the file is there and cannot be read: who may come in is then not known */
  constructor(options: Omit<WatchedFileOptions<unknown>, 'read'>) {
    this.#file = new WatchedFile({ ...options, read: (path) => knownOf(path, this.#isPrivate) });
  }

  /** Whether anybody is configured; while nobody is, loopback is open to all. */
  get configured(): boolean {
    return this.#file.content.keys.size > 0;
  }

  /**
   * Whose key this is; undefined for a wrong, an unknown and a revoked one.
   * @param name when the protocol carries one beside the key, it has to fit
   */
  prove(key: string, name?: string): Principal | undefined {
    const id = keyId(key);
    const known = id === undefined ? undefined : (this.#own.get(id) ?? this.#file.content.keys.get(id));
    if (known === undefined || !isKey(key, known.stored)) return undefined;
    return name === undefined || name === '' || name === known.principal.name ? known.principal : undefined;
  }

  /** The principal as it is now; undefined when all its keys were revoked since. */
  current(principal: Principal): Principal | undefined {
    return (
      this.#file.content.names.get(principal.name) ??
      [...this.#own.values()].find((own) => own.principal === principal)?.principal
    );
  }

  /** The keys of those who have a right. @param name or key's id; left out: everybody's */
  credentials(right: Right, name?: string): Credential[] {
    const found: Credential[] = [];
    for (const [keyId, { stored, principal }] of this.#file.content.keys)
      if (principal.has(right) && (name === undefined || name === principal.name || name === keyId))
        found.push({ principal, keyId, secret: stored.hash, fits: (key) => isKey(key, stored) });
    return found;
  }

  /** A key for a part of this program, which is never written down. */
  keyOfOwn(membership: Membership): string {
    const { text, stored } = makeKey(new Date());
    this.#own.set(stored.id, {
      stored,
      principal: principalOf(membership, this.#isPrivate),
    });
    return text;
  }
}

function knownOf(path: string, isPrivate: (appId: string) => boolean): Known {
  const { users, projects } = readUserFile(path);
  const keys = new Map<string, KnownKey>();
  const names = new Map<string, Principal>();
  for (const user of users) {
    const principal = principalOf(user, isPrivate);
    names.set(user.name, principal);
    for (const stored of user.keys) keys.set(stored.id, { stored, principal });
  }
  return { keys, names, private: new Set(Object.keys(projects).filter((appId) => projects[appId]!.private)) };
}
