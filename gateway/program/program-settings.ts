/** What the gateway's program is told, by a file of settings, flags and the environment: flags first, the file last. */

import process from 'node:process';
import { schemaFault } from '@sluice/common/errors';
import { readTextFile } from '@sluice/common/text-file';
import { z } from 'zod';

const portRule = 'is a whole number from 1 to 65531';
const port = z.coerce.number(portRule).int(portRule).min(1, portRule).max(65_531, portRule);
const text = z.string().min(1);
/** In the folder where the program is called. */
export const usualDirectory = '.sluice-gateway';

const schema = z.strictObject({
  configuration: text,
  name: text.default('main'),
  appId: z
    .string()
    .regex(/^[\w-]+$/, 'takes letters, digits, underscores and dashes')
    .default('sluice'),
  directory: text.default(usualDirectory),
  port: port.default(8470),
  host: text.default('127.0.0.1'),
  insecure: z.boolean().default(false),
  certificate: text.optional(),
  privateKey: text.optional(),
  parts: text.optional(),
  link: text.default('0.0.0.0'),
  viam: text.default('127.0.0.1'),
  cloud: z.url({ protocol: /^https?$/, error: 'is no http: or https: URL' }).default('http://127.0.0.1:8472'),
  cloudKey: text.optional(),
  cloudReadKey: text.optional(),
  alerts: text.optional(),
  logLevel: z.enum(['error', 'warn', 'info', 'debug'], 'is one of error, warn, info, debug').default('info'),
});

export type ProgramSettings = z.infer<typeof schema>;

/** What is secret is never a flag, which every user of the machine can read. */
const secrets = { cloudKey: 'SLUICE_CLOUD_KEY', cloudReadKey: 'SLUICE_CLOUD_READ_KEY' } as const;

/**
 * @param flags those that were given
 * @param file path of a JSON object of the same names
 * @throws a sentence that names the file and the setting
 */
export function programSettings(flags: Record<string, unknown>, file: string | undefined): ProgramSettings {
  const told: Record<string, unknown> = file === undefined ? {} : readSettings(file);
  for (const [name, variable] of Object.entries(secrets))
    if (process.env[variable]) told[name] = process.env[variable];
  const parsed = schema.safeParse({ ...told, ...flags });
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0]!;
  const { path, message, code } = issue;
  const where = file === undefined ? '' : `${file}: `;
  if (path[0] === 'configuration')
    throw new Error(`${where}no configuration is given: the machine's, as a path`);
  const what = code === 'unrecognized_keys' ? message : `${path.join('.')}: ${schemaFault(issue)}`;
  throw new Error(`${where}${what}`);
}

function readSettings(file: string): Record<string, unknown> {
  const text = readTextFile(file);
  let settings: unknown;
  try {
    settings = JSON.parse(text);
  } catch (error) {
    throw new Error(`${file}: ${(error as Error).message}`);
  }
  if (typeof settings !== 'object' || settings === null || Array.isArray(settings))
    throw new Error(`${file}: is no JSON object`);
  return { ...settings };
}
