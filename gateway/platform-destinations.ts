/** Ways to the IoT platform as the machine's configuration lists them: `destinations`, beside our own cloud and Viam's. */

import { readFileSync } from 'node:fs';
import process from 'node:process';
import { schemaFault } from '@sluice/common/errors';
import { z } from 'zod';
import { machineLimits, readJson } from '../modules/config/json';
import { lenientJson } from '../modules/config/lenient';
import { isLoopback } from '../proto/loopback';
import type { Item } from './outbox/items';
import type { Outbox } from './outbox/outbox';
import type { PlatformHttpOptions } from './sync/destinations/platform-http';
import type { PlatformUpload } from './sync/destinations/platform-messages';
import type { PlatformMqttOptions } from './sync/destinations/platform-mqtt';

const common = {
  name: z.string().regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be a word of letters, digits and dashes'),
  app_id: z.string().regex(/^[^/+#]{1,200}$/, 'must be the name of a project'),
  insecure: z.boolean().default(false),
};

const schema = z
  .array(
    z.discriminatedUnion('type', [
      z.strictObject({
        ...common,
        type: z.literal('platform-mqtt'),
        address: z.url({ protocol: /^mqtts?$/ }),
        user: z.string().optional(),
        password: z.string().optional(),
        authority: z.string().optional(),
      }),
      z.strictObject({
        ...common,
        type: z.literal('platform-http'),
        address: z.url({ protocol: /^https?$/ }),
        key: z.string().optional(),
        lines: z.boolean().optional(),
      }),
    ]),
  )
  .max(8);

type Listed = z.output<typeof schema>[number];

/** As one of `destinationTypes` is opened, but for what it reads. */
export type PlatformDestinationPlan =
  | { name: string; type: 'platform-mqtt'; options: Omit<PlatformMqttOptions<Item>, 'read'> }
  | { name: string; type: 'platform-http'; options: Omit<PlatformHttpOptions<Item>, 'read'> };

/**
 * @param taken names of other destinations
 * @returns those of the configuration; secrets also from `SLUICE_DESTINATION_<NAME>`
 * @throws Error that names the place of what is wrong, and no secret
 */
export function platformDestinationsOf(
  configuration: string,
  taken: readonly string[],
  environment = process.env,
): PlatformDestinationPlan[] {
  const { value } = readJson(lenientJson(configuration).text, machineLimits);
  const listed = value?.kind === 'object' ? value.members().find('destinations') : undefined;
  if (!listed) return [];
  const { data, error } = schema.safeParse(JSON.parse(listed.text()));
  if (error) {
    const issue = error.issues[0]!;
    throw new Error(`${['destinations', ...issue.path].join('.')}: ${schemaFault(issue)}`);
  }
  const names = new Set(taken);
  return data.map((each, index) => {
    if (names.has(each.name)) throw new Error(`destinations.${index}.name: ${each.name} is taken`);
    names.add(each.name);
    const secret = environment[`SLUICE_DESTINATION_${each.name.toUpperCase().replaceAll('-', '_')}`];
    return planOf(each, secret, `destinations.${index}`);
  });
}

function planOf(listed: Listed, given: string | undefined, path: string): PlatformDestinationPlan {
  const { name, address, app_id: appId } = listed;
  const secret = (listed.type === 'platform-mqtt' ? listed.password : listed.key) ?? given;
  if (secret !== undefined) checkPlainText(listed, path);
  if (listed.type === 'platform-http') {
    return { name, type: listed.type, options: { address, appId, key: secret, lines: listed.lines } };
  }
  const { user, authority } = listed;
  const read = authority === undefined ? {} : { authority: readFileSync(authority, 'utf8') };
  return { name, type: listed.type, options: { address, appId, user, password: secret, ...read } };
}

function checkPlainText({ address, insecure }: Listed, path: string): void {
  const { protocol, hostname } = new URL(address);
  if (insecure || /^(https|mqtts):$/.test(protocol) || isLoopback(hostname)) return;
  throw new Error(
    `${path}.address: a secret goes out in the clear, unless "insecure": true says that it may`,
  );
}

/** undefined: its owner has deleted it. */
export async function platformUpload(
  outbox: Outbox,
  item: Item,
  remote: string | undefined,
): Promise<PlatformUpload | undefined> {
  if (item.type === 'blocks') {
    const file = await outbox.read(item);
    return file && { type: 'blocks', file, remote };
  }
  const { type, name, metadata } = item;
  const content = await outbox.content(item);
  if (content === undefined) return undefined;
  const time = item.type === 'file' ? item.modified : item.metadata.requested;
  return { type, name, metadata, bytes: content.bytes, time };
}
