/**
 * The directories of the strict disk: the entries that a process sees, those that the disk holds, and the changes
 * between the two. Each change reaches the disk when its directory is synced; at a power cut any of the others may
 * have reached it too, in any order. A rename is never lost half way, as on every journalling file system; but the
 * old name may be there still.
 */
import { dirname } from 'node:path';
import { type Random, StrictContent } from './strict-content';

export type StrictNode = StrictContent | StrictDirectory;

export class StrictDirectory {
  entries = new Map<string, StrictNode>();
  durable = new Map<string, StrictNode>();
}

interface Place {
  directory: StrictDirectory;
  name: string;
}

/** An entry that appeared (`to`), went (`from`), or both. */
interface Change {
  node: StrictNode;
  from?: Place;
  to?: Place;
}

export function failure(code: string, operation: string, path: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${code}: ${operation} '${path}'`), { code, syscall: operation, path });
}

export class StrictTree {
  #root = new StrictDirectory();
  #changes: Change[] = [];

  find(path: string): StrictNode | undefined {
    let node: StrictNode | undefined = this.#root;
    for (const name of path.split('/')) {
      if (name === '') continue;
      if (!(node instanceof StrictDirectory)) return undefined;
      node = node.entries.get(name);
    }
    return node;
  }

  directory(path: string, operation: string): StrictDirectory {
    const node = this.find(path);
    if (node === undefined) throw failure('ENOENT', operation, path);
    if (!(node instanceof StrictDirectory)) throw failure('ENOTDIR', operation, path);
    return node;
  }

  file(path: string, operation: string): StrictContent {
    const node = this.find(path);
    if (node === undefined) throw failure('ENOENT', operation, path);
    if (node instanceof StrictDirectory) throw failure('EISDIR', operation, path);
    return node;
  }

  add(path: string, node: StrictNode): void {
    const to = this.#place(path, 'open');
    to.directory.entries.set(to.name, node);
    this.#changes.push({ node, to });
  }

  remove(path: string): void {
    const node = this.file(path, 'unlink');
    const from = this.#place(path, 'unlink');
    from.directory.entries.delete(from.name);
    this.#changes.push({ node, from });
  }

  rename(source: string, target: string): void {
    const node = this.file(source, 'rename');
    const [from, to] = [this.#place(source, 'rename'), this.#place(target, 'rename')];
    if (to.directory.entries.get(to.name) instanceof StrictDirectory)
      throw failure('EISDIR', 'rename', target);
    from.directory.entries.delete(from.name);
    to.directory.entries.set(to.name, node);
    this.#changes.push({ node, from, to });
  }

  sync(path: string): void {
    const directory = this.directory(path, 'fsync');
    let left: Change[] = [];
    for (const change of this.#changes) {
      const { node, from, to } = change;
      if (from?.directory === directory) {
        // Where the file loses its old name it has its new one, also in a directory that is not synced yet.
        if (to) left = left.filter((earlier) => !isSame(earlier.to, to));
        apply(change);
      } else if (to?.directory === directory) {
        apply({ node, to });
        if (from) left.push({ node, from });
      } else left.push(change);
    }
    this.#changes = left;
  }

  cutPower(random: Random): void {
    const likely = random();
    for (const { node, from, to } of this.#changes) {
      if (random() > likely) continue;
      apply({ node, to });
      if (to === undefined || random() < 0.8) apply({ node, from });
    }
    this.#changes = [];
    const seen = new Set<StrictNode>();
    for (const directory of this.#directories(this.#root, 'durable')) {
      for (const [name, node] of directory.durable) {
        // Two names of one file are two files from here on: the seam makes no links.
        if (node instanceof StrictContent && seen.has(node)) directory.durable.set(name, node.copy());
        seen.add(node);
      }
      directory.entries = new Map(directory.durable);
    }
    for (const node of this.files()) node.cutPower(random);
  }

  *files(): Generator<StrictContent> {
    for (const directory of this.#directories(this.#root, 'entries'))
      for (const node of directory.entries.values()) if (node instanceof StrictContent) yield node;
  }

  *#directories(directory: StrictDirectory, view: 'entries' | 'durable'): Generator<StrictDirectory> {
    yield directory;
    for (const node of directory[view].values())
      if (node instanceof StrictDirectory) yield* this.#directories(node, view);
  }

  #place(path: string, operation: string): Place {
    return {
      directory: this.directory(dirname(path), operation),
      name: path.slice(path.lastIndexOf('/') + 1),
    };
  }
}

function isSame(a: Place | undefined, b: Place): boolean {
  return a?.directory === b.directory && a.name === b.name;
}

function apply({ node, from, to }: Change): void {
  to?.directory.durable.set(to.name, node);
  if (from?.directory.durable.get(from.name) === node) from.directory.durable.delete(from.name);
}
