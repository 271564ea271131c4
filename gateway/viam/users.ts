/** Who may call, as a Viam machine's configuration lists them: `auth.handlers`, and the part's own secret. */
import { schemaFault } from '@sluice/common/errors';
import type { User } from '@sluice/common/viam';
import { z } from 'zod';
import { machineLimits, readJson } from '../../modules/config/json';
import { lenientJson } from '../../modules/config/lenient';

const handlers = z.array(
  z.discriminatedUnion('type', [
    z.object({ type: z.literal('api-key'), config: z.record(z.string(), z.unknown()) }),
    z.object({
      type: z.literal('robot-location-secret'),
      config: z.object({ secrets: z.array(z.string().min(1)).default([]), secret: z.string().optional() }),
    }),
  ]),
);

const machine = z.object({
  auth: z.object({ handlers: handlers.default([]) }).optional(),
  cloud: z.object({ id: z.string(), secret: z.string().min(1).optional() }).optional(),
});

/** @throws Error that names the place of what is wrong: nobody is let in by a list that cannot be read */
export function usersOf(configuration: string): User[] {
  const { value, fault } = readJson(lenientJson(configuration).text, machineLimits);
  if (fault) throw new Error(`line ${fault.line}, column ${fault.column}: ${fault.message}`);
  const members = value.kind === 'object' ? value.members() : undefined;
  const member = (name: string): unknown => {
    const found = members?.find(name);
    return found ? JSON.parse(found.text()) : undefined;
  };
  const { data, error } = machine.safeParse({ auth: member('auth'), cloud: member('cloud') });
  if (error) {
    const issue = error.issues[0]!;
    throw new Error(`${issue.path.join('.')}: ${schemaFault(issue)}`);
  }
  const users = (data.auth?.handlers ?? []).flatMap((handler): User[] =>
    handler.type === 'api-key' ? apiKeys(handler.config) : secrets(handler.config),
  );
  const { id, secret } = data.cloud ?? {};
  // By itself it closes nothing: it is there for the cloud, and lets its holder in where users are listed.
  if (users.length > 0 && secret !== undefined && id !== undefined)
    users.push({ type: 'robot-secret', entity: id, payload: secret });
  return users;
}

/** `{ "<id>": "<key>", …, "keys": ["<id>", …] }` */
function apiKeys(config: Record<string, unknown>): User[] {
  return Object.entries(config).flatMap(([entity, payload]) =>
    entity !== 'keys' && entity !== 'key' && typeof payload === 'string' && payload !== ''
      ? [{ type: 'api-key', entity, payload }]
      : [],
  );
}

function secrets({ secrets: several, secret }: { secrets: string[]; secret?: string | undefined }): User[] {
  const all = secret === undefined ? several : [...several, secret];
  return all.map((payload) => ({ type: 'robot-location-secret', payload }));
}
