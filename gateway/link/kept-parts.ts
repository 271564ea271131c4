/** What is kept of parts beside their blocks, as it is read at a start: by hand it may have become anything. */
import { schemaFault } from '@sluice/common/errors';
import { z } from 'zod';

const boot = z.object({ counter: z.number(), random: z.number() });
const streams = z.array(z.tuple([z.number(), z.object({ captured: z.number(), acknowledged: z.number() })]));
const numbers = z.array(z.number());
const loss = z.object({ boot: z.string(), stream: z.number(), cause: z.string(), readings: z.number() });
const over = z.object({ boot, streams, ended: numbers.optional(), since: z.number(), until: z.number() });

/** As far as a part is put together from it; what else a release adds is its own affair. */
const keptParts = z.array(
  z.object({
    name: z.string(),
    since: z.number(),
    boot,
    statusAt: z.number(),
    losses: z.array(loss),
    forgotten: z.number(),
    streams,
    over: z.array(over).optional(),
    corrections: z.array(z.object({ at: z.number(), stream: z.number(), ahead: z.number() })).optional(),
    seen: z.array(z.object({ boot, address: z.string(), at: z.number() })).optional(),
    ended: numbers.optional(),
  }),
);

/** @throws Error that names the first place where it is not what is kept of parts */
export function checkKeptParts(data: unknown): void {
  const { error } = keptParts.safeParse(data);
  const [issue] = error?.issues ?? [];
  if (issue !== undefined) throw new Error(`${issue.path.join('.') || 'all of it'}: ${schemaFault(issue)}`);
}
