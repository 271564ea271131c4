/** The JSON Schema of a machine's configuration, for editors: with the attributes of each model that runs here. */
import { z } from 'zod';
import { drivers } from '../resources/registry';
import { dataManagerAttributes, machine } from './schema';

interface Node {
  [member: string]: unknown;
}

const asJson = (schema: z.ZodType): Node => {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: 'input' }) as Node;
  return rest;
};

/** For `docs/reference/machine.schema.json`. */
export function machineJsonSchema(): string {
  const schema = asJson(machine);
  const properties = schema.properties as Record<string, { items: Node }>;
  const items = (list: string) => properties[list]!.items;
  items('components').allOf = drivers.filter(({ api }) => api.includes(':component:')).map(ofModel);
  items('services').allOf = [
    ...drivers.filter(({ api }) => api.includes(':service:')).map(ofModel),
    when({ type: { enum: ['data_manager', 'rdk:service:data_manager'] } }, asJson(dataManagerAttributes)),
  ];
  const head = {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'Configuration of a main part',
    $comment: 'Generated from gateway/machine/schema.ts by `npm run generate`.',
  };
  return `${JSON.stringify({ ...head, ...schema }, null, 2)}\n`;
}

function ofModel({ api, model, attributes }: (typeof drivers)[number]): Node {
  const type = api.split(':')[2];
  return when(
    { type: { enum: [type, api] }, model: { enum: [model, `rdk:builtin:${model}`] } },
    asJson(attributes),
  );
}

function when(properties: Node, attributes: Node): Node {
  return {
    if: { properties, required: Object.keys(properties) },
    // biome-ignore lint/suspicious/noThenProperty: it is JSON Schema's own word
    then: { properties: { attributes } },
  };
}
