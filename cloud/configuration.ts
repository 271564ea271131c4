/**
 * The cloud's configuration: a JSON file, checked whole. What is wrong is named by its path, and nothing is taken of it
 * then. Everything in it is optional.
 */
import { isMissing, schemaFault } from '@sluice/common/errors';
import { readTextFile } from '@sluice/common/text-file';
import { z } from 'zod';
import type { BrokerOptions } from './doors/broker';
import type { ObjectsOptions } from './jobs/platform-jobs';
import { leastLimit, sharesOf } from './stores/disk-shares';
import type { FunctionsOptions } from './stores/functions/functions';
import type { InfluxOptions } from './stores/influxdb/influxdb';
import type { MongoOptions } from './stores/mongodb/mongodb';

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
      share: text.regex(/^[^/+#]+$/, 'is no name of a group').optional(),
    })
    .refine(({ share, client_id }) => share === undefined || client_id !== undefined, {
      path: ['client_id'],
      error: 'is missing: of those that share, each has its own',
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
    .discriminatedUnion(
      'version',
      [
        z.strictObject({
          version: z.literal(1),
          url: server,
          username: text.optional(),
          password: text.optional(),
        }),
        z.strictObject({ version: z.literal(2), url: server, organization: text, token: text }),
      ],
      { error: 'is 1 or 2' },
    )
    .optional(),
  live: z.strictObject({ interval_ms: z.int().min(100).max(3_600_000).default(1_000) }).optional(),
  mongodb: z
    .strictObject({
      url: url(/^mongodb(\+srv)?$/, 'mongodb://mongodb.example:27017'),
      database: text,
      collection: text.default('messages'),
    })
    .optional(),
});

/** What it says, as options of a cloud. */
export interface CloudConfiguration {
  timeZone?: string;
  rawAsJson?: readonly string[];
  broker?: BrokerOptions;
  objects?: ObjectsOptions;
  functions?: Pick<FunctionsOptions, 'url' | 'authorization'>;
  influxdb?: InfluxOptions;
  mongodb?: MongoOptions;
  inboxBytes?: number;
  seriesBytes?: number;
  dayBytes?: number;
  liveInterval?: number;
}

/** One place that is wrong. */
export interface ConfigurationFault {
  kind: 'unknown' | 'missing' | 'type' | 'range' | 'value';
  /** `broker.url`, `$` for the whole. */
  path: string;
  message: string;
  /** Of one that is unknown: what there is. */
  known: readonly string[];
}

/** @throws with every place that is wrong */
export function readConfiguration(path: string): CloudConfiguration {
  return parseConfiguration(readTextFile(path), path);
}

/** @param name what errors call it @throws with every place that is wrong */
export function parseConfiguration(json: string, name: string): CloudConfiguration {
  let content: unknown;
  try {
    // Editors of Windows put a mark before it.
    content = JSON.parse(json.replace(/^\ufeff/, ''));
  } catch (error) {
    throw new Error(`${name} is not JSON: ${(error as Error).message}`);
  }
  const checked = schema.safeParse(content);
  if (!checked.success)
    throw new Error(
      checked.error.issues
        .flatMap(faultsIn)
        .map(({ path, message }) => `${name}: ${path}: ${message}`)
        .join('\n'),
    );
  const {
    limit_gb,
    time_zone,
    projects = {},
    broker,
    objects,
    functions,
    influxdb,
    live,
    mongodb,
  } = checked.data;
  return {
    ...(limit_gb !== undefined && limitedTo(limit_gb * 1e9)),
    ...(time_zone !== undefined && { timeZone: time_zone }),
    rawAsJson: Object.keys(projects).filter((appId) => projects[appId]!.raw === 'json'),
    ...(broker !== undefined && { broker: brokerOf(broker) }),
    ...(objects !== undefined && { objects: objectsOf(objects) }),
    ...(functions !== undefined && { functions }),
    ...(influxdb !== undefined && { influxdb }),
    ...(live !== undefined && { liveInterval: live.interval_ms }),
    ...(mongodb !== undefined && { mongodb }),
  };
}

type Content = z.infer<typeof schema>;

/** @param bytes of all that a cloud keeps */
export function limitedTo(
  bytes: number,
): Pick<CloudConfiguration, 'inboxBytes' | 'seriesBytes' | 'dayBytes'> {
  const { inbox, series, days } = sharesOf(bytes);
  return { inboxBytes: inbox, seriesBytes: series, dayBytes: days };
}

function brokerOf({ url, username, password, authority, client_id, share }: NonNullable<Content['broker']>) {
  return {
    url,
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(authority !== undefined && { authority }),
    ...(client_id !== undefined && { clientId: client_id }),
    ...(share !== undefined && { share }),
  };
}

function objectsOf(of: NonNullable<Content['objects']>): ObjectsOptions {
  const { endpoint, region, access_key_id, secret_access_key, data, metadata } = of;
  return { endpoint, region, accessKeyId: access_key_id, secretAccessKey: secret_access_key, data, metadata };
}

/** What no other configuration has, but a cloud's. */
export const configurationMembers: readonly string[] = Object.keys(schema.shape);

/** @param content of a file, JSON that is read */
export function configurationFaults(content: unknown): ConfigurationFault[] {
  return schema.safeParse(content).error?.issues.flatMap(faultsIn) ?? [];
}

function faultsIn(issue: z.core.$ZodIssue): ConfigurationFault[] {
  const known = membersAt(schema, issue.path);
  const path = pathText(issue.path);
  if (issue.code === 'unrecognized_keys')
    return issue.keys.map((key) => ({
      kind: 'unknown',
      path: pathText([...issue.path, key]),
      message: `is none of ${known.join(', ')}`,
      known,
    }));
  return [{ kind: kindOf(issue), message: schemaFault(issue), path, known }];
}

function kindOf(issue: z.core.$ZodIssue): ConfigurationFault['kind'] {
  switch (issue.code) {
    case 'invalid_type':
      return isMissing(issue) ? 'missing' : 'type';
    case 'too_small':
      return issue.origin === 'string' ? 'value' : 'range';
    case 'too_big':
      return 'range';
    default:
      return 'value';
  }
}

function membersAt(from: z.core.$ZodType, path: readonly PropertyKey[]): string[] {
  if (from instanceof z.ZodOptional || from instanceof z.ZodDefault) return membersAt(from.unwrap(), path);
  if (from instanceof z.ZodDiscriminatedUnion)
    return [...new Set(from.options.flatMap((option) => membersAt(option, path)))];
  const [first, ...rest] = path;
  if (from instanceof z.ZodRecord) return membersAt(from.valueType, rest);
  if (!(from instanceof z.ZodObject)) return [];
  if (first === undefined) return Object.keys(from.shape);
  const member = from.shape[String(first)] as z.core.$ZodType | undefined;
  return member === undefined ? [] : membersAt(member, rest);
}

function pathText(path: readonly PropertyKey[]): string {
  const text = path.reduce<string>(
    (text, key) => `${text}${typeof key === 'number' ? `[${key}]` : `${text && '.'}${String(key)}`}`,
    '',
  );
  return text === '' ? '$' : text;
}

function isTimeZone(zone: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: zone });
    return true;
  } catch {
    return false;
  }
}
