/**
 * The cloud's configuration: a JSON file, checked whole. What is wrong is named by its path, and nothing is taken of it
 * then. Everything in it is optional.
 */
import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { CloudOptions } from './cloud';
import { leastLimit, sharesOf } from './disk-shares';

const text = z.string().min(1);
const url = (protocols: RegExp, example: string) =>
  z.url({ protocol: protocols, error: `is no address such as ${example}` });

const server = url(/^https?$/, 'http://127.0.0.1:8086');
const timeZone = text.refine(isTimeZone, 'is no time zone; Europe/Berlin is one');

const schema = z.strictObject({
  limit_gb: z
    .number()
    .min(leastLimit / 1e9)
    .optional(),
  time_zone: timeZone.optional(),
  projects: z.record(text, z.strictObject({ raw: z.enum(['blocks', 'json']).optional() })).optional(),
  broker: z
    .strictObject({
      url: url(/^mqtts?$/, 'mqtts://broker.example:8883'),
      username: text.optional(),
      password: text.optional(),
      authority: text.optional(),
      client_id: text.optional(),
    })
    .optional(),
  objects: z
    .strictObject({
      endpoint: url(/^https?$/, 'https://minio.example:9000').optional(),
      region: text.default('us-east-1'),
      access_key_id: text,
      secret_access_key: text,
      data: text.default('data'),
      metadata: text.default('metadata'),
    })
    .optional(),
  functions: z
    .strictObject({ url: url(/^https?$/, 'https://openfaas.example'), authorization: text.optional() })
    .optional(),
  influxdb: z
    .discriminatedUnion('version', [
      z.strictObject({
        version: z.literal(1),
        url: server,
        username: text.optional(),
        password: text.optional(),
      }),
      z.strictObject({ version: z.literal(2), url: server, organization: text, token: text }),
    ])
    .optional(),
  mongodb: z
    .strictObject({
      url: url(/^mongodb(\+srv)?$/, 'mongodb://mongodb.example:27017'),
      database: text,
      collection: text.default('messages'),
    })
    .optional(),
});

/** What it says, as options of a cloud. */
export type CloudConfiguration = Pick<
  CloudOptions,
  | 'timeZone'
  | 'rawAsJson'
  | 'broker'
  | 'objects'
  | 'functions'
  | 'influxdb'
  | 'mongodb'
  | 'inboxBytes'
  | 'seriesBytes'
  | 'dayBytes'
>;

/** @throws with every place that is wrong */
export async function readConfiguration(path: string): Promise<CloudConfiguration> {
  return parseConfiguration(await readFile(path, 'utf8'), path);
}

/** @param name what errors call it @throws with every place that is wrong */
export function parseConfiguration(json: string, name: string): CloudConfiguration {
  let content: unknown;
  try {
    content = JSON.parse(json);
  } catch (error) {
    throw new Error(`${name} is not JSON: ${(error as Error).message}`);
  }
  const checked = schema.safeParse(content);
  if (!checked.success)
    throw new Error(checked.error.issues.map((issue) => `${name}: ${sentence(issue)}`).join('\n'));
  const { limit_gb, time_zone, projects = {}, broker, objects, functions, influxdb, mongodb } = checked.data;
  return {
    ...(limit_gb !== undefined && limitedTo(limit_gb * 1e9)),
    ...(time_zone !== undefined && { timeZone: time_zone }),
    rawAsJson: Object.keys(projects).filter((appId) => projects[appId]!.raw === 'json'),
    ...(broker !== undefined && { broker: brokerOf(broker) }),
    ...(objects !== undefined && { objects: objectsOf(objects) }),
    ...(functions !== undefined && { functions }),
    ...(influxdb !== undefined && { influxdb }),
    ...(mongodb !== undefined && { mongodb }),
  };
}

type Content = z.infer<typeof schema>;

/** @param bytes of all that a cloud keeps */
export function limitedTo(bytes: number): Pick<CloudOptions, 'inboxBytes' | 'seriesBytes' | 'dayBytes'> {
  const { inbox, series, days } = sharesOf(bytes);
  return { inboxBytes: inbox, seriesBytes: series, dayBytes: days };
}

function brokerOf({ url, username, password, authority, client_id }: NonNullable<Content['broker']>) {
  return {
    url,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(authority !== undefined && { authority }),
    ...(client_id !== undefined && { clientId: client_id }),
  };
}

function objectsOf(of: NonNullable<Content['objects']>): NonNullable<CloudOptions['objects']> {
  const { endpoint, region, access_key_id, secret_access_key, data, metadata } = of;
  return { endpoint, region, accessKeyId: access_key_id, secretAccessKey: secret_access_key, data, metadata };
}

function sentence({ path, message }: z.core.$ZodIssue): string {
  const place = path.reduce<string>(
    (text, key) => `${text}${typeof key === 'number' ? `[${key}]` : `${text && '.'}${String(key)}`}`,
    '',
  );
  return place === '' ? message : `${place}: ${message}`;
}

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
