/** Users added, revoked and listed: what the command line does to the file. Keys are told once and never again. */
import { dirname } from 'node:path';
import { SluiceError } from '../errors';
import { NodeStorage, type Storage } from '../storage';
import { makeKey } from './keys';
import type { Role } from './roles';
import { namePattern, readUserFile, type UserFile } from './user-file';

export interface UserView {
  name: string;
  role: Role;
  projects: string[];
  /** Time of each key. */
  keys: string[];
}

export class UserList {
  readonly #storage: Storage;
  readonly #now: () => Date;

  constructor(
    readonly path: string,
    storage: Storage = new NodeStorage(),
    now: () => Date = () => new Date(),
  ) {
    this.#storage = storage;
    this.#now = now;
  }

  list(): UserView[] {
    return readUserFile(this.path).users.map(({ name, role, projects, keys }) => ({
      name,
      role,
      projects,
      keys: keys.map(({ created }) => created),
    }));
  }

  /** @returns the key of a new user. @throws SluiceError `user-exists`, `user-invalid` */
  async add(name: string, role: Role, projects: readonly string[]): Promise<string> {
    for (const text of [name, ...projects.filter((project) => project !== '*')])
      if (!namePattern.test(text))
        throw new SluiceError(
          'user-invalid',
          `'${text}' is no name: 1 to 63 letters, digits, dots, underscores and dashes`,
        );
    return this.#change((file) => {
      if (file.users.some((user) => user.name === name))
        throw new SluiceError('user-exists', `'${name}' is a user already; revoke it first, or add a key`);
      const { text, stored } = makeKey(this.#now());
      file.users.push({ name, role, projects: [...projects], keys: [stored] });
      return text;
    });
  }

  /** A further key of a user, so that one can be replaced before it is revoked. */
  async addKey(name: string): Promise<string> {
    return this.#change((file) => {
      const user = userOf(file, name);
      if (user.keys.length === 16)
        throw new SluiceError('user-invalid', `'${name}' has sixteen keys already`);
      const { text, stored } = makeKey(this.#now());
      user.keys.push(stored);
      return text;
    });
  }

  /** All keys of a user, or, with `keep`, all but the `keep` newest. */
  async revoke(name: string, keep = 0): Promise<void> {
    await this.#change((file) => {
      const user = userOf(file, name);
      user.keys.splice(0, Math.max(0, user.keys.length - keep));
      if (user.keys.length === 0) file.users = file.users.filter((one) => one !== user);
    });
  }

  /** Whether a project's data is its own. */
  async setPrivate(appId: string, isPrivate: boolean): Promise<void> {
    if (!namePattern.test(appId)) throw new SluiceError('user-invalid', `'${appId}' is no name of a project`);
    await this.#change((file) => {
      if (isPrivate) file.projects[appId] = { private: true };
      else delete file.projects[appId];
    });
  }

  async #change<T>(change: (file: UserFile) => T): Promise<T> {
    const file = readUserFile(this.path);
    const result = change(file);
    await this.#storage.makeDirectory(dirname(this.path));
    await this.#storage.replace(this.path, Buffer.from(`${JSON.stringify(file, undefined, 2)}\n`));
    return result;
  }
}

function userOf(file: UserFile, name: string) {
  const user = file.users.find((one) => one.name === name);
  if (user) return user;
  throw new SluiceError('user-unknown', `there is no user '${name}'`);
}
