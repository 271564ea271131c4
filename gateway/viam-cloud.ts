/** Viam's cloud as a destination, where the machine's configuration has a `cloud`, as a viam-server's has. */

import process from 'node:process';
import { schemaFault } from '@sluice/common/errors';
import { z } from 'zod';
import { machineLimits, readJson } from '../modules/config/json';
import { lenientJson } from '../modules/config/lenient';
import type { Item } from './outbox/items';
import type { Outbox } from './outbox/outbox';
import type { DataSyncOptions, DataSyncUpload } from './sync/destinations/data-sync';

const schema = z.object({
  id: z.string().min(1),
  secret: z.string().min(1).optional(),
  api_key: z.object({ id: z.string().min(1), key: z.string().min(1) }).optional(),
  app_address: z.url({ protocol: /^https?$/ }).default('https://app.viam.com'),
});

export type ViamCloud = Pick<DataSyncOptions<never>, 'address' | 'partId' | 'credentials'>;

/** What is secret need not stand in the configuration. */
const secretVariable = 'SLUICE_VIAM_SECRET';

/** @returns undefined: nothing goes there @throws Error that names what is wrong, and no secret */
export function viamCloudOf(configuration: string, environment = process.env): ViamCloud | undefined {
  const { value } = readJson(lenientJson(configuration).text, machineLimits);
  const cloud = value?.kind === 'object' ? value.members().find('cloud') : undefined;
  if (!cloud) return undefined;
  const { data, error } = schema.safeParse(JSON.parse(cloud.text()));
  if (error) {
    const issue = error.issues[0]!;
    throw new Error(`${['cloud', ...issue.path].join('.')}: ${schemaFault(issue)}`);
  }
  const { id, api_key: key, app_address: address } = data;
  const secret = data.secret ?? environment[secretVariable];
  if (key) return { address, partId: id, credentials: { type: 'api-key', entity: key.id, payload: key.key } };
  if (secret)
    return { address, partId: id, credentials: { type: 'robot-secret', entity: id, payload: secret } };
  throw new Error(`cloud: it has neither secret nor api_key, and ${secretVariable} is not set`);
}

/** undefined: its owner has deleted or changed it. */
export async function viamUpload(outbox: Outbox, item: Item): Promise<DataSyncUpload | undefined> {
  if (item.type === 'blocks') {
    const file = await outbox.read(item);
    return file && { type: 'blocks', file };
  }
  const content = await outbox.content(item);
  if (content === undefined) return undefined;
  if (item.type === 'binary') return { type: 'binary', metadata: item.metadata, ...content };
  return { type: 'file', metadata: item.metadata, modified: item.modified, ...content };
}
