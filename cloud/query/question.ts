/** A question as it is asked: parameters of a request, checked. */
import { schemaFault } from '@sluice/common/errors';
import { z } from 'zod';

export const aggregates = ['count', 'min', 'max', 'mean', 'first', 'last'] as const;
export type Aggregate = (typeof aggregates)[number];
export const formats = ['json', 'csv', 'parquet', 'arrow'] as const;
export type Format = (typeof formats)[number];

const units: Record<string, number> = {
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
  w: 604_800_000,
};
const duration = /^(\d+(?:\.\d+)?)(ms|s|m|h|d|w)$/;

/** Milliseconds of `90s`, `1.5h`, or of a number of ms; NaN: it is none. */
export function durationOf(text: string): number {
  if (/^\d+$/.test(text)) return Number(text);
  const [, count, unit] = duration.exec(text) ?? [];
  return unit === undefined ? Number.NaN : Number(count) * units[unit]!;
}

/** Milliseconds since 1970, a date and time in ISO 8601, `now`, or `-5m`: so long ago. */
const instant = z.string().transform((text, context) => {
  const ago = text.startsWith('-') ? durationOf(text.slice(1)) : Number.NaN;
  const isRelative = !Number.isNaN(ago) && !/^-\d+$/.test(text);
  if (text === 'now') return { ago: 0 };
  if (isRelative) return { ago };
  const time = /^-?\d+$/.test(text) ? Number(text) : Date.parse(text);
  if (Number.isSafeInteger(time) && Math.abs(time) <= 8.64e15) return { time };
  context.addIssue('is neither milliseconds since 1970, a date and time in ISO 8601, nor like -5m');
  return z.NEVER;
});

/** `10m`: the span up to now. */
const lastSpan = z.string().transform((text, context) => {
  const ago = /^\d+$/.test(text) ? Number.NaN : durationOf(text);
  if (!Number.isNaN(ago)) return { ago };
  context.addIssue('is no duration, as 90s, 10m, 1h or 7d');
  return z.NEVER;
});

const several = z
  .union([z.string(), z.array(z.string())])
  .transform((given) => (Array.isArray(given) ? given : [given]));

/** `key:value` */
const tag = several.transform((given, context) =>
  given.map((text) => {
    const at = text.indexOf(':');
    if (at <= 0) context.addIssue('is not key:value');
    return { key: text.slice(0, at), value: text.slice(at + 1) };
  }),
);

const every = z.string().transform((text, context) => {
  const milliseconds = durationOf(text);
  if (Number.isInteger(milliseconds) && milliseconds >= 1) return milliseconds;
  context.addIssue('is no duration in whole milliseconds, as 500, 1s, 1m, 1h');
  return z.NEVER;
});

const aggregateList = several.transform((given, context) => {
  const named = given.flatMap((text) => text.split(','));
  for (const name of named)
    if (!aggregates.some((known) => known === name)) context.addIssue(`is none of ${aggregates.join(', ')}`);
  return named as Aggregate[];
});

const yes = z.enum(['true', 'false', '1', '0']).transform((text) => text === 'true' || text === '1');
const count = z.coerce.number().int().min(1);

export const spanSchema = {
  app_id: z.string().optional(),
  from: instant.optional(),
  to: instant.optional(),
  last: lastSpan.optional(),
};

export interface AskedSpan {
  from?: Instant | undefined;
  to?: Instant | undefined;
  last?: Instant | undefined;
}

/** Wall milliseconds. @param before, @param behind all times, where nothing is said */
export function resolveSpan(
  { from, to, last }: AskedSpan,
  now: number,
  before: number,
  behind: number,
): { from: number; to: number } {
  return { from: timeOf(last ?? from, now, before), to: timeOf(to, now, behind) };
}

/** What goes with what is the same of every span. */
export function checkSpan({ from, last }: AskedSpan, context: z.RefinementCtx): void {
  if (last !== undefined && from !== undefined)
    context.addIssue({ code: 'custom', path: ['last'], message: 'does not go with from' });
}

export const questionSchema = z
  .strictObject({
    ...spanSchema,
    part: several,
    stream: several.optional(),
    tag: tag.optional(),
    order: z.enum(['asc', 'desc']).default('asc'),
    limit: count.optional(),
    newest: count.max(100_000).optional(),
    // A number alone is `newest`, as it was called before.
    last: z
      .union([count.max(100_000), lastSpan], 'is no duration, as 90s, 10m, 1h or 7d, nor a number of values')
      .optional(),
    every: every.optional(),
    buckets: count.max(20_000).optional(),
    aggregate: aggregateList.optional(),
    raw: yes.default(false),
    format: z.enum(formats).default('json'),
  })
  .transform(({ last, newest, ...asked }) =>
    typeof last === 'number'
      ? { ...asked, last: undefined, newest: newest ?? last }
      : { ...asked, last, newest },
  )
  .superRefine((asked, context) => {
    const issue = (path: string, message: string) =>
      context.addIssue({ code: 'custom', path: [path], message });
    checkSpan(asked, context);
    if (asked.every !== undefined && asked.buckets !== undefined) issue('buckets', 'does not go with every');
    const isBucketed = asked.every !== undefined || asked.buckets !== undefined;
    if (asked.aggregate !== undefined && !isBucketed) issue('aggregate', 'needs every or buckets');
    if (asked.newest !== undefined && isBucketed) issue('newest', 'does not go with every or buckets');
    if (asked.newest !== undefined && asked.limit !== undefined) issue('newest', 'does not go with limit');
    if (asked.buckets !== undefined && (asked.from ?? asked.last) === undefined)
      issue('buckets', 'needs from or last');
  });

export type Question = z.infer<typeof questionSchema>;
export type Instant = z.infer<typeof instant>;

export const gapsSchema = z
  .strictObject({
    ...spanSchema,
    part: several,
    stream: several.optional(),
    format: z.enum(['json', 'csv']).default('json'),
  })
  .superRefine(checkSpan);
export type GapsQuestion = z.infer<typeof gapsSchema>;

/** Of a list: how many at most, and how many are passed; without `offset` all are answered, or none. */
export const pageSchema = {
  limit: count.max(10_000).default(10_000),
  offset: z.coerce.number('is no whole number').int().min(0).max(100_000_000).optional(),
};

export const streamsSchema = z.strictObject({
  app_id: z.string().optional(),
  part: z.string().optional(),
  ...pageSchema,
});
export type StreamsQuestion = z.infer<typeof streamsSchema>;

const select = 'a SELECT, as the body, as ?sql=…, or as {"sql": …} in JSON';

export const sqlSchema = z
  .strictObject({
    ...spanSchema,
    sql: z.string(`is missing: ${select}`).min(1, `is empty: ${select}`).max(100_000),
    part: several.optional(),
    format: z.enum(formats).default('json'),
  })
  .superRefine(checkSpan);
export type SqlQuestion = z.infer<typeof sqlSchema>;

export function timeOf(instant: Instant | undefined, now: number, otherwise: number): number {
  if (instant === undefined) return otherwise;
  return instant.time ?? Math.floor(now - instant.ago);
}

/** What was wrong with a question, as a sentence. */
export function sentenceOf({ issues: [issue] }: z.ZodError): string {
  return `${issue!.path.join('.') || 'query'}: ${schemaFault(issue!)}`;
}
