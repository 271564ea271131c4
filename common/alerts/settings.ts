/** What alerts are raised for, and where they go: one JSON file, everything in it optional, checked whole. */
import { z } from 'zod';
import { schemaFault } from '../errors';
import { readTextFile } from '../text-file';

const text = z.string().min(1);
const minutes = z.number().positive().max(100_000);
const url = (protocol: RegExp, example: string) =>
  z.url({ protocol, error: `is no address such as ${example}` });

const schema = z.strictObject({
  part_away_mins: minutes.nullable().default(10),
  readings_lost: z.boolean().default(true),
  /** Without another loss. */
  readings_lost_quiet_mins: minutes.default(60),
  disk_used_share: z.number().gt(0).lt(1).nullable().default(0.85),
  destination_behind_mins: minutes.nullable().default(10),
  stage_behind_mins: minutes.nullable().default(10),
  certificate_days: z.number().positive().max(3_650).nullable().default(14),
  /** Boards are flashed anew meanwhile. */
  authority_days: z.number().positive().max(3_650).nullable().default(365),
  webhook: z
    .strictObject({ url: url(/^https?$/, 'https://alerts.example/hook'), authorization: text.optional() })
    .optional(),
  mqtt: z
    .strictObject({
      url: url(/^mqtts?$/, 'mqtts://broker.example:8883'),
      topic: text.regex(/^[^+#\0]+$/, 'takes no wildcards').default('sluice/alerts'),
      username: text.optional(),
      password: text.optional(),
      /** Path of the authority's certificate, PEM, where it is not one of the system's. */
      authority: text.optional(),
    })
    .optional(),
});

/** By the path of an object: what it may have. */
const members: Readonly<Record<string, readonly string[]>> = {
  '': Object.keys(schema.shape),
  webhook: Object.keys(schema.shape.webhook.unwrap().shape),
  mqtt: Object.keys(schema.shape.mqtt.unwrap().shape),
};

export type AlertSettings = z.infer<typeof schema>;

export const defaultAlertSettings: AlertSettings = schema.parse({});

function sentencesOf(issue: z.core.$ZodIssue, name: string): string[] {
  const { code, path } = issue;
  if (code !== 'unrecognized_keys')
    return [`${[name, path.join('.')].filter(Boolean).join(': ')}: ${schemaFault(issue)}`];
  const known = members[path.join('.')]!.join(', ');
  return issue.keys.map((key) => `${name}: ${[...path, key].join('.')}: is not read: there are ${known}`);
}

/** @throws with every place that is wrong */
export function readAlertSettings(path: string): AlertSettings {
  return parseAlertSettings(readTextFile(path), path);
}

/** @param name what errors call it @throws with every place that is wrong */
export function parseAlertSettings(json: string, name: string): AlertSettings {
  let content: unknown;
  try {
    content = JSON.parse(json);
  } catch (error) {
    throw new Error(`${name} is not JSON: ${(error as Error).message}`);
  }
  const checked = schema.safeParse(content);
  if (checked.success) return checked.data;
  throw new Error(checked.error.issues.flatMap((issue) => sentencesOf(issue, name)).join('\n'));
}
