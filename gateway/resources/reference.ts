/** The reference of everything that can be configured on the main part, from its own specifications. */
import { z } from 'zod';
import { apis } from './methods';
import { drivers } from './registry';

interface Property {
  type?: string | string[];
  anyOf?: Property[];
  items?: Property;
  enum?: unknown[];
  default?: unknown;
  description?: string;
  additionalProperties?: unknown;
}

/** Markdown, for `docs/reference/resources.md`. */
export function resourceReference(): string {
  return [
    '# Resources of the main part',
    '',
    'Generated from `gateway/resources` by `npm run generate`. What a part has itself is in [device.md](device.md).',
    '',
    '## Models',
    ...apis.flatMap(({ api }) => {
      const models = drivers.filter((driver) => driver.api === api);
      return models.length === 0 ? [] : ['', `### \`${api}\``, ...models.flatMap(modelLines)];
    }),
    '',
    '## Methods',
    '',
    'Requests and answers have the members of Viam’s protocol. A method that is captured is listed by the name that `capture_methods` has for it.',
    '',
    '| API | method | request | captured as | with `additional_params` | kept as |',
    '| --- | --- | --- | --- | --- | --- |',
    ...apis.flatMap(({ api, rows }) =>
      rows.map(({ name, request, captured }) => {
        const members = Object.keys((request as z.ZodObject).shape);
        const [row] = captured;
        const cells = [
          `\`${api}\``,
          `\`${name}\``,
          quoted(members),
          row ? `\`${row.as}\`` : '',
          quoted(row?.parameters ?? []),
          row?.kind ?? '',
        ];
        return `| ${cells.join(' | ')} |`;
      }),
    ),
    '',
  ].join('\n');
}

function modelLines({ model, doc, attributes }: (typeof drivers)[number]): string[] {
  const { properties = {} } = z.toJSONSchema(attributes, { io: 'input' }) as {
    properties?: Record<string, Property>;
  };
  const rows = Object.entries(properties).map(
    ([name, property]) =>
      `| \`${name}\` | ${typeOf(property)} | ${property.default === undefined ? '' : `\`${JSON.stringify(property.default)}\``} | ${property.description ?? ''} |`,
  );
  const table = ['', '| attribute | type | default | |', '| --- | --- | --- | --- |', ...rows];
  return ['', `**\`${model}\`** ${doc}`, ...(rows.length > 0 ? table : [])];
}

function typeOf({ type, anyOf, items, enum: choices }: Property): string {
  if (anyOf) return anyOf.map(typeOf).join(' or ');
  if (choices) return choices.map((each) => `\`${each}\``).join(', ');
  if (type === 'array') return `list of ${items ? typeOf(items) : 'anything'}`;
  return [type ?? 'anything'].flat().join(' or ');
}

function quoted(names: readonly string[]): string {
  return names.map((each) => `\`${each}\``).join(', ');
}
