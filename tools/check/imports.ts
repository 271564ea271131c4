/** What a source file imports: every module that it names, for values or for types, now or when it runs. */
import { parseSync, Visitor } from 'oxc-parser';

export interface Import {
  /** As it is written: `./block`, `@sluice/common/access`, `node:fs`. Undefined: only known when the program runs. */
  specifier: string | undefined;
  line: number;
  /** Gone when the program runs: `import type …`, `import('…').Type`. */
  typeOnly: boolean;
}

/** @throws when the text does not parse, naming `path` */
export function importsOf(path: string, text: string): Import[] {
  const parsed = parseSync(path, text);
  const fault = parsed.errors[0];
  if (fault) throw new Error(`${path} does not parse: ${fault.message}`);
  const found: (Omit<Import, 'line'> & { start: number })[] = [];
  const add = (source: { value: string | undefined; start: number }, typeOnly: boolean) =>
    found.push({ specifier: source.value, start: source.start, typeOnly });
  new Visitor({
    ImportDeclaration({ source, importKind, specifiers }) {
      const types = specifiers.filter(
        (each) => each.type === 'ImportSpecifier' && each.importKind === 'type',
      );
      add(source, importKind === 'type' || (specifiers.length > 0 && types.length === specifiers.length));
    },
    ExportAllDeclaration: ({ source, exportKind }) => void add(source, exportKind === 'type'),
    ExportNamedDeclaration: ({ source, exportKind }) => void (source && add(source, exportKind === 'type')),
    ImportExpression: ({ source, start }) => void add({ value: literalOf(source), start }, false),
    TSImportType: ({ source }) => void add(source, true),
    TSExternalModuleReference: ({ expression }) => void add(expression as never, false),
  }).visit(parsed.program);
  found.sort((a, b) => a.start - b.start);
  return found.map(({ start, ...each }) => ({ ...each, line: text.slice(0, start).split('\n').length }));
}

function literalOf(source: object): string | undefined {
  const node = source as { type: string; value?: unknown; quasis?: { value: { cooked: string } }[] };
  if (node.type === 'Literal' && typeof node.value === 'string') return node.value;
  return node.type === 'TemplateLiteral' && node.quasis?.length === 1
    ? node.quasis[0]!.value.cooked
    : undefined;
}
