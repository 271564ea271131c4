/** Stream declarations of a part, checked, as the metadata of its capture files. */
import type { CaptureFileMetadata } from '../../modules/block/file';
import type { link } from '../../proto/link.js';
import { limits } from './limits';

const kinds = ['integer', 'boolean', 'double', 'record'] as const;
const owners = ['part', 'main'] as const;

export class DeclarationError extends Error {}

function text(value: string | null | undefined, name: string, longest: number): string {
  if (typeof value !== 'string' || value === '') throw new DeclarationError(`${name} is missing`);
  if (value.length > longest) throw new DeclarationError(`${name} is longer than ${longest}`);
  return value;
}

/** @throws DeclarationError that names what is wrong. */
export function metadataOf(
  part: string,
  boot: { counter: number; random: number },
  declaration: link.IStreamDeclaration,
): CaptureFileMetadata {
  const kind = kinds[declaration.kind ?? 0];
  const owner = owners[declaration.owner ?? 0];
  if (kind === undefined || owner === undefined) throw new DeclarationError('kind or owner is unknown');
  const parameters = Object.entries(declaration.parameters ?? {});
  if (parameters.length > limits.parameters) throw new DeclarationError('too many parameters');
  for (const [key, value] of parameters) {
    text(key, 'parameter', limits.name);
    if (value.length > limits.parameter) throw new DeclarationError(`parameter ${key} is too long`);
  }
  const tags = declaration.tags ?? [];
  if (tags.length > limits.tags) throw new DeclarationError('too many tags');
  for (const tag of tags) text(tag, 'tag', limits.name);
  const { periodNumerator: numerator, periodDenominator: denominator } = declaration;
  if (!numerator || !denominator) throw new DeclarationError('the period is missing');
  return {
    part,
    boot: { counter: boot.counter, random: boot.random },
    stream: declaration.number ?? 0,
    owner,
    resource: text(declaration.resource, 'resource', limits.resource),
    method: text(declaration.method, 'method', limits.name),
    parameters: Object.fromEntries(parameters),
    kind,
    period: { numerator, denominator },
    ...rangeOf(declaration.range),
    tags: [...tags],
    ...retentionOf(declaration.retention),
  };
}

function rangeOf(range: link.IRange | null | undefined): Pick<CaptureFileMetadata, 'range'> {
  if (!range) return {};
  const { min = 0, max = 0, step = 0, unit = '' } = range;
  if (![min, max, step].every(Number.isFinite) || unit!.length > limits.name)
    throw new DeclarationError('the range is not one');
  return { range: { min: min!, max: max!, step: step!, unit: unit! } };
}

function retentionOf(retention: link.IRetention | null | undefined): Pick<CaptureFileMetadata, 'retention'> {
  if (!retention) return {};
  const { days, binaryLimitGb, tabularLimitGb } = retention;
  const set = Object.entries({ days, binaryLimitGb, tabularLimitGb }).filter(([, value]) => value);
  return set.length === 0 ? {} : { retention: Object.fromEntries(set) };
}
