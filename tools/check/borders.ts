/**
 * What is wrong with the arrows of a tree.
 *
 *   arrow     an import from one room to another that the table of rooms does not allow
 *   kind      a product that imports test code, or firmware that imports Node's
 *   circle    files that import each other in a loop: every import is an arrow here, those of types alone and those made
 *             when the program runs too, and tests are files like all others. The smallest sets of files of which each
 *             leads to each other are named, and a file that imports itself
 *   package   a package that the workspace's package.json does not name; types may come from its devDependencies, what
 *             tests need also from the root's
 *   unknown   an import that leads nowhere, or names its module by an expression
 */
import type { Room } from './rooms';
import type { Arrow, Need, SourceTree } from './source-tree';

export interface Workspace {
  folder: string;
  name?: string;
  dependencies: ReadonlySet<string>;
  devDependencies: ReadonlySet<string>;
  /** It is published as a bundle that holds the other workspaces: these are its devDependencies. */
  bundles?: boolean;
}

export interface Fault {
  kind: 'arrow' | 'kind' | 'circle' | 'package' | 'unknown';
  message: string;
}

/** What imports the SDK's modules by their names, which are no packages: the compiler checks these. */
const firmware =
  /^(main\.ts|modules\/|proto\/|host-sim\/(moddable|examples)\/|test\/(contract|flash-)|bench\/(programs|rv32)\/|typings\/)/;

export function isTest(path: string): boolean {
  return /\.test\.ts$|(^|\/)test-[^/]*(\.ts|\/)/.test(path) || path.startsWith('host-sim/examples/');
}

function isNodeAside(path: string): boolean {
  return path.endsWith('.node.ts');
}

export function roomOf(path: string, rooms: Readonly<Record<string, Room>>): string | undefined {
  const names = Object.keys(rooms).filter((name) => path === name || path.startsWith(`${name}/`));
  return names.sort((a, b) => b.length - a.length)[0];
}

/** @param root the package.json of the root as a workspace; `workspaces` are the others */
export function faultsOf(
  tree: SourceTree,
  rooms: Readonly<Record<string, Room>>,
  root: Workspace,
  workspaces: readonly Workspace[],
): Fault[] {
  return [
    ...tableFaults(rooms),
    ...tree.files.flatMap((file) => (roomOf(file, rooms) ? [] : [fault('arrow', `${file} is in no room`)])),
    ...tree.arrows.flatMap((arrow) => arrowFaults(arrow, rooms)),
    ...circlesOf(tree).map((files) => fault('circle', files.join(' ↔ '))),
    ...tree.needs.flatMap((need) => packageFaults(need, root, workspaces)),
    ...tree.unknown.flatMap(({ from, line, specifier }) => {
      if (specifier === undefined && /^(bench|test)\//.test(from)) return [];
      return [fault('unknown', `${from}:${line} imports ${specifier ?? 'by an expression'}`)];
    }),
  ];
}

function fault(kind: Fault['kind'], message: string): Fault {
  return { kind, message };
}

function covers(names: readonly string[], room: string): boolean {
  return names.some((name) => room === name || room.startsWith(`${name}/`));
}

/** Rooms only name what stands above them, so the table itself has no circle. */
function tableFaults(rooms: Readonly<Record<string, Room>>): Fault[] {
  const order = Object.keys(rooms);
  return order.flatMap((name, place) => {
    const below = order.slice(place + 1).filter((other) => covers(rooms[name]!.may, other));
    return below.map((other) =>
      fault('arrow', `the table lets ${name} import ${other}, which stands below it`),
    );
  });
}

function arrowFaults({ from, to, line }: Arrow, rooms: Readonly<Record<string, Room>>): Fault[] {
  const [room, other] = [roomOf(from, rooms), roomOf(to, rooms)];
  if (!room || !other) return [];
  const aside = isTest(from) || isNodeAside(from);
  if (isTest(to) && !aside && room !== 'test' && room !== 'bench')
    return [fault('kind', `${from}:${line} is a product and imports the test ${to}`)];
  if (isNodeAside(to) && !aside && room.startsWith('modules/'))
    return [fault('kind', `${from}:${line} is firmware and imports Node's ${to}`)];
  const { may, tests = [] } = rooms[room]!;
  if (room === other || covers(may, other) || (aside && covers(tests, other))) return [];
  return [
    fault(
      'arrow',
      `${from}:${line} → ${to}: ${room} may import ${may.join(', ') || 'nothing'}, not ${other}`,
    ),
  ];
}

function packageFaults(
  { from, name, line, typeOnly }: Need,
  root: Workspace,
  all: readonly Workspace[],
): Fault[] {
  if (name.startsWith('node:')) {
    const bare =
      /^(main\.ts|modules\/|proto\/|host-sim\/moddable\/)/.test(from) && !isTest(from) && !isNodeAside(from);
    return bare ? [fault('kind', `${from}:${line} runs on a device and imports ${name}`)] : [];
  }
  if (firmware.test(from)) return [];
  const own = all.find(({ folder }) => from.startsWith(`${folder}/`));
  const named = [root.devDependencies, root.dependencies];
  const isBundled = own?.bundles && all.some((other) => other.name === name);
  if (own && !isTest(from))
    named.splice(0, 2, own.dependencies, ...(typeOnly || isBundled ? [own.devDependencies] : []));
  else if (own) named.push(own.dependencies, own.devDependencies);
  if (
    named.some((names) => names.has(name)) ||
    (own === undefined && all.some((other) => name === other.folder))
  )
    return [];
  return [
    fault(
      'package',
      `${from}:${line} needs ${name}, which ${own?.folder ?? 'the root'}'s package.json does not name`,
    ),
  ];
}

/** Tarjan's algorithm (1972): the strongly connected components of more than one file, and files that import themselves. */
export function circlesOf({ files, arrows }: Pick<SourceTree, 'files' | 'arrows'>): string[][] {
  const targets = new Map<string, string[]>(files.map((file) => [file, []]));
  for (const { from, to } of arrows) targets.get(from)?.push(to);
  const index = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const open = new Set<string>();
  const circles: string[][] = [];
  const visit = (file: string): void => {
    index.set(file, index.size);
    lowest.set(file, index.get(file)!);
    stack.push(file);
    open.add(file);
    for (const target of targets.get(file) ?? []) {
      if (!index.has(target)) visit(target);
      if (open.has(target)) lowest.set(file, Math.min(lowest.get(file)!, lowest.get(target)!));
    }
    if (lowest.get(file) !== index.get(file)) return;
    const circle = stack.splice(stack.indexOf(file));
    for (const member of circle) open.delete(member);
    if (circle.length > 1 || targets.get(file)?.includes(file)) circles.push(circle.sort());
  };
  for (const file of files) if (!index.has(file)) visit(file);
  return circles;
}
