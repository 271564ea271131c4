/** Packages of others, copied from where npm has installed them, with all that they depend on. */
import { cpSync, existsSync, readFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import process from 'node:process';

interface PackageFile {
  version: string;
  libc?: string[];
  dependencies?: Record<string, string>;
  optionalDependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
}

/** What no program reads. */
const leftOut = /\.(map|[cm]?ts|tsbuildinfo|yml)$/;

/**
 * Copies packages into the `node_modules` of another folder, each to the same place below it.
 * @param from the folder whose `node_modules` they are in
 * @returns their versions, without those of what they depend on
 * @throws when one is not installed
 */
export function copyPackages(names: readonly string[], from: string, to: string): Record<string, string> {
  const copied = new Set<string>();
  const copy = (folder: string): PackageFile => {
    const own = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as PackageFile;
    if (copied.has(folder) || !isForThisLibrary(own)) return own;
    copied.add(folder);
    cpSync(folder, join(to, relative(from, folder)), {
      recursive: true,
      filter: (path) => path === folder || (basename(path) !== 'node_modules' && !leftOut.test(path)),
    });
    for (const name of Object.keys(own.dependencies ?? {})) {
      const needed = installed(name, folder, from);
      if (needed !== undefined) copy(needed);
      else if (own.optionalDependencies?.[name] === undefined)
        throw new Error(`${relative(from, folder)} needs ${name}, which is not installed`);
    }
    // Those of other systems are not installed, nor peers that nobody wants.
    for (const name of Object.keys({ ...own.optionalDependencies, ...own.peerDependencies })) {
      const wanted = installed(name, folder, from);
      if (wanted !== undefined) copy(wanted);
    }
    return own;
  };
  return Object.fromEntries(
    names.map((name) => {
      const folder = installed(name, from, from);
      if (folder === undefined) throw new Error(`${name} is not installed`);
      return [name, copy(folder).version];
    }),
  );
}

/** As Node looks for it. */
function installed(name: string, user: string, root: string): string | undefined {
  for (let folder = user; ; folder = dirname(folder)) {
    const place = join(folder, 'node_modules', name);
    if (existsSync(join(place, 'package.json'))) return place;
    if (folder === root) return undefined;
  }
}

/** npm installs for every C library where it does not see which there is. */
function isForThisLibrary({ libc }: PackageFile): boolean {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  return libc === undefined || libc.includes(header.glibcVersionRuntime === undefined ? 'musl' : 'glibc');
}
