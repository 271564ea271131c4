/**
 * Which file each import of the tree leads to, and which packages each file needs.
 *
 * In: source texts by path, package.json of each workspace. Out: arrows between files, needs of packages.
 */
import { posix } from 'node:path';
import { importsOf } from './imports';

/** One file imports another. */
export interface Arrow {
  from: string;
  to: string;
  line: number;
}

/** One file imports a package, by the package's name. */
export interface Need {
  from: string;
  name: string;
  line: number;
  typeOnly: boolean;
}

export interface SourceTree {
  files: readonly string[];
  arrows: Arrow[];
  needs: Need[];
  /** Relative imports that lead nowhere, and modules imported by an expression. */
  unknown: { from: string; line: number; specifier: string | undefined }[];
}

/** What firmware calls its modules, besides their paths from the root. */
const aliases: readonly (readonly [prefix: string, folder: string])[] = [
  ['modules/', 'modules/'],
  ['proto/', 'proto/'],
  ['sim/network/', 'host-sim/moddable/network/'],
];

/** @param workspaces folder by package name, with the pattern by which it exports: `./*.ts` */
export function readTree(
  texts: ReadonlyMap<string, string>,
  workspaces: ReadonlyMap<string, { folder: string; exports: string }>,
): SourceTree {
  const tree: SourceTree = { files: [...texts.keys()], arrows: [], needs: [], unknown: [] };
  const fileAt = (path: string) => {
    const typed = path.replace(/\.js$/, '.ts');
    const declared = path.replace(/\.js$/, '.d.ts');
    return [path, declared, `${path}.ts`, `${path}.d.ts`, typed, `${path}/index.ts`].find((each) =>
      texts.has(each),
    );
  };
  const find = (from: string, specifier: string): string | undefined => {
    if (specifier.startsWith('.')) return fileAt(posix.join(posix.dirname(from), specifier));
    const alias = aliases.find(([prefix]) => specifier.startsWith(prefix));
    if (alias) return fileAt(alias[1] + specifier.slice(alias[0].length));
    const workspace = workspaces.get(packageOf(specifier));
    if (!workspace) return undefined;
    const exported = workspace.exports.replace('*', specifier.slice(packageOf(specifier).length + 1));
    return fileAt(posix.join(workspace.folder, exported));
  };
  for (const [from, text] of texts) {
    for (const { specifier, line, typeOnly } of importsOf(from, text)) {
      const to = specifier === undefined ? undefined : find(from, specifier);
      if (to) tree.arrows.push({ from, to, line });
      const own = specifier !== undefined && workspaces.has(packageOf(specifier));
      if (specifier !== undefined && (own || (!to && !isPath(specifier))))
        tree.needs.push({ from, name: packageOf(specifier), line, typeOnly });
      if (!to && (specifier === undefined || own || isPath(specifier)))
        tree.unknown.push({ from, line, specifier });
    }
  }
  return tree;
}

function isPath(specifier: string): boolean {
  return specifier.startsWith('.') || aliases.some(([prefix]) => specifier.startsWith(prefix));
}

/** `@scope/name/file` is of `@scope/name`; `node:fs` and `embedded:io/analog` are of themselves. */
function packageOf(specifier: string): string {
  const parts = specifier.split('/');
  if (specifier.includes(':')) return specifier;
  return parts.slice(0, specifier.startsWith('@') ? 2 : 1).join('/');
}
